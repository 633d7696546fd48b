"""A process that stood still while another one took its operation over: it does nothing more, wherever it wakes up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest
from replaced import a_release, live
from returning import with_unsent
from tested import MANUAL, is_as_it_was

from recovery import operation_journal
from recovery.errors import Refused, Superseded, Unavailable
from recovery.fakes.citizen import Citizen
from recovery.fakes.estate import FakeEstate
from recovery.journal import Kind
from recovery.operation import Mode
from recovery.waiting import wait_until

SOURCE, TARGET = "us-east-1", "us-west-2"
Flow = Callable[..., str]
Make = Callable[..., FakeEstate]

pytestmark = pytest.mark.usefixtures("unorchestrated", "in_real_time")


def stands_still(
    citizen: Citizen, verb: str, another: Callable[[], object], *, once: Callable[[], bool] = lambda: True
) -> None:
    """Have whoever calls *verb* stand still, *once* that is true, while *another* process does its work."""
    stood, beside = list[bool](), elsewhere(another)

    def still() -> None:
        if not stood and once():
            stood.append(True)
            beside()

    citizen.meanwhile(verb, still)


def elsewhere(work: Callable[[], object]) -> Callable[[], object]:
    """Return what does *work* as another process would: in no run of Prefect that is under way here."""
    context = copy_context()

    def done() -> object:
        with ThreadPoolExecutor(1) as process:
            return process.submit(context.run, work).result()

    return done


def under_way(estate: FakeEstate, operation: str) -> str | None:
    """The step that was begun last."""
    events = operation_journal.read(estate.outside.journal, operation)
    return next((event.step for event in reversed(events) if event.kind is Kind.STARTED), None)


def test_a_drain_moves_no_traffic_that_another_process_has_put_back(make_estate: Make, leave: Flow) -> None:
    """Its next share would send customers away from a region that nobody leaves: it has seen the last one arrive."""
    steps = {"increment_percent": 25, "increment_interval_seconds": 1}
    estate = make_estate(automated_failover={"traffic_shifting": steps})
    before, asked = estate.state(), list[str]()

    def saw_it_arrive() -> bool:
        """In the second window of a second, when the answers of before have expired; each is asked for twice."""
        asked.extend(["a window"] if estate.route53.weights()[TARGET] == 75 else [])
        return len(asked) == 4

    def backs_out() -> None:
        estate.region(SOURCE).cache.fails("fence", Refused("no"))
        with pytest.raises(Refused, match="no"):
            leave(estate, Mode.PLANNED)

    stands_still(estate.prober, "evidence", backs_out, once=saw_it_arrive)

    with pytest.raises(Superseded):
        leave(estate, Mode.PLANNED)

    assert estate.state() == before


def test_a_fence_closes_nothing_that_another_process_has_opened(estate: FakeEstate, leave: Flow) -> None:
    """A part that took no connection is waited for: that is time enough to be overtaken."""
    source, place = estate.region(SOURCE), estate.world.places[SOURCE]
    source.gateway.sick = True
    before, looks = estate.state(), list[str]()

    def backs_out() -> None:
        wait_until(lambda: ((place.shut_out and place.fenced) or None, ""), what="the others", deadline_s=5)
        estate.region(TARGET).database.fails("heartbeats", Refused("no"), after=1)
        with pytest.raises(Refused, match="no"):
            leave(estate)

    def silent_at_first() -> None:
        looks.append("took no connection")
        if len(looks) == 1:
            raise Unavailable("no answer")
        if len(looks) == 2:
            beside()

    beside = elsewhere(backs_out)
    source.cache.meanwhile("takes_connections", silent_at_first)

    with pytest.raises(Superseded):
        leave(estate)

    assert estate.state() == before


def test_a_wait_for_replication_begins_none_that_was_ended_since(
    make_estate: Make, leave: Flow, bring_back: Flow
) -> None:
    """The next failover has the region apply nothing more: the other one is left, and may come back with anything."""
    estate = with_unsent(make_estate(), leave)
    stays = estate.region(TARGET).database
    looks: list[str] = []

    def in_the_wait() -> bool:
        looks.extend(["looked"] if under_way(estate, "failback-2") == "replicate_both_ways" else [])
        return len(looks) == 2

    def backs_out() -> None:
        estate.region(SOURCE).database.fails("advance_sequences", Refused("no"))
        with pytest.raises(Refused, match="no"):
            bring_back(estate)
        stays.stop_applying()

    stands_still(stays, "subscriptions", backs_out, once=in_the_wait)

    with pytest.raises(Superseded):
        bring_back(estate)

    assert not estate.region(TARGET).follows


def test_of_a_step_that_woke_up_late_one_statement_is_carried_out_at_most(
    make_estate: Make, leave: Flow, bring_back: Flow
) -> None:
    """That is what remains: between the proof and what comes right after it, a process can stand still too."""
    estate = with_unsent(make_estate(), leave)
    place = estate.world.places[SOURCE]

    def backs_out() -> None:
        estate.route53.fails("mark_healthy", Refused("no"), times=1)
        with pytest.raises(Refused, match="no"):
            bring_back(estate)

    stands_still(estate.region(SOURCE).database, "unfence", backs_out)

    with pytest.raises(Superseded):
        bring_back(estate)

    assert (place.shut_out, place.cache_fenced, place.fenced) == (False, True, True)
    assert estate.route53.forced_unhealthy(SOURCE)
    assert estate.stops[SOURCE].is_there


def test_a_cluster_is_put_in_place_by_no_process_that_was_overtaken(make_estate: Make, restore: Flow) -> None:
    """What serves there is what the other process has left there."""
    estate = make_estate()
    bad = a_release(estate)
    before = live(estate, SOURCE)
    asked = {"scope": "in place", "before_transaction": bad}

    def backs_out() -> None:
        estate.region(SOURCE).database.fails("advance_sequences", Refused("no"))
        with pytest.raises(Refused, match="no"):
            restore(estate, **asked)

    stands_still(estate.copies[SOURCE].replacement, "put_in", backs_out)

    with pytest.raises(Superseded):
        restore(estate, **asked)

    assert live(estate, SOURCE) == before
    assert all(estate.region(name).accepts_writes for name in (SOURCE, TARGET))


def test_a_test_breaks_no_region_once_another_process_has_put_it_back(make_estate: Make, drill: Flow) -> None:
    estate = make_estate(**MANUAL)

    stands_still(
        estate.prober,
        "evidence",
        lambda: drill(estate, put_back=True),
        once=lambda: under_way(estate, "dr-test-1") == "region_loss",
    )

    with pytest.raises(Superseded):
        drill(estate, "region-loss")

    assert estate.faults.injected == []
    assert is_as_it_was(estate)
