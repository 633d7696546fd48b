"""The failover flow on an estate in memory: what it ends with, and what it refuses before anything changed."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from recovery import operation_journal
from recovery.epoch import Claim, holder_of, take
from recovery.errors import EpochHeld, NotReady, OperationClosed
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.journal import Event, Kind
from recovery.operation import Mode

SOURCE, TARGET = "us-east-1", "us-west-2"
Leave = Callable[..., str]


def journal_of(estate: FakeEstate, operation: str = "failover-1") -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, operation)


def closing(estate: FakeEstate) -> Event:
    return next(event for event in journal_of(estate) if event.kind is Kind.CLOSED)


def is_free(estate: FakeEstate) -> bool:
    return holder_of(estate.outside.journal, estate.name) is None


def test_a_lost_region_is_failed_over(estate: FakeEstate, leave: Leave) -> None:
    """The target depends on nothing of the source, and gets all customers, by two switches."""
    estate.loses(SOURCE)

    told = leave(estate)

    assert told.startswith("failover-1: ")
    assert closing(estate).data["outcome"] == "restored"
    assert estate.region(TARGET).accepts_writes
    assert not estate.region(TARGET).follows
    assert estate.shares == {TARGET: 1.0}
    assert estate.stops[SOURCE].is_there
    assert estate.route53.weights() == {SOURCE: 0, TARGET: 100}
    assert is_free(estate)


def test_a_lost_region_that_comes_back_gets_no_customers(estate: FakeEstate, leave: Leave) -> None:
    estate.loses(SOURCE)
    leave(estate)

    estate.finds(SOURCE)

    assert estate.shares == {TARGET: 1.0}


def test_a_planned_move_loses_nothing_and_drains_in_the_estate_s_steps(
    make_estate: Callable[..., FakeEstate], leave: Leave
) -> None:
    shifting = {"traffic_shifting": {"increment_percent": 20}}
    estate = make_estate(automated_failover=shifting)

    leave(estate, Mode.PLANNED)

    events = journal_of(estate)
    done = {event.step: event.data["result"] for event in events if event.kind is Kind.DONE}
    assert closing(estate).data["outcome"] == "moved"
    assert done["drain"] == {"original": {SOURCE: 50, TARGET: 50}, "steps": [70, 90, 100]}
    assert done["measure_exposure"]["caught_up"] is True
    assert done["measure"]["rows"]["lost"] == []
    assert done["measure"]["rows"]["acknowledged"] > 0
    assert done["measure"]["interruptions"]["longest_s"] == 0
    assert not estate.region(SOURCE).accepts_writes
    assert estate.region(TARGET).accepts_writes


def test_what_had_not_arrived_is_told_as_lost(estate: FakeEstate, leave: Leave) -> None:
    """Below the RPO a failover goes on; the rows that are gone are in its report."""
    estate.replication_lags(SOURCE, by=timedelta(seconds=0.5))
    estate.loses(SOURCE)

    leave(estate)

    done = {event.step: event.data["result"] for event in journal_of(estate) if event.kind is Kind.DONE}
    assert 0.4 < done["measure_exposure"]["exposure_s"] < 0.6
    assert done["measure"]["rows"]["lost"]
    assert done["measure"]["interruptions"]["clients"] == 1
    assert done["measure"]["interruptions"]["longest_s"] > 0


def breaks_postgres(estate: FakeEstate) -> None:
    estate.region(TARGET).database.down = True


def lags(estate: FakeEstate) -> None:
    estate.replication_lags(SOURCE, by=timedelta(minutes=15))


def sickens(estate: FakeEstate) -> None:
    estate.region(TARGET).gateway.sick = True


def fills(estate: FakeEstate) -> None:
    estate.region(TARGET).gateway.sessions = 500


@pytest.mark.parametrize(
    ("breaks", "told"),
    [
        (breaks_postgres, r"us-west-2's PostgreSQL is in its role: .* did not answer.*start it"),
        (
            lags,
            r"commits: 9\d\d\.\d\d s, above the lag threshold of 60 s \(limit: RPO 300 s\); let replication",
        ),
        (sickens, r"us-west-2's services answer through its gateway: .*HTTP 503.*\(limit: all of them\)"),
        (fills, r"gateway has room: 1000 sessions expected \(limit: 800 sessions.*raise maxconn"),
    ],
)
def test_an_unfit_target_is_refused_before_anything_changed(
    estate: FakeEstate, leave: Leave, breaks: Callable[[FakeEstate], None], told: str
) -> None:
    """The refusal names the check, the value, the limit and what would do."""
    breaks(estate)
    estate.loses(SOURCE)
    before = estate.state()

    with pytest.raises(NotReady, match=told):
        leave(estate)

    assert estate.state() == before
    assert not [event for event in journal_of(estate) if event.data.get("mutating")]
    assert is_free(estate)


def test_a_target_that_is_stopped_is_not_moved_to(estate: FakeEstate, leave: Leave) -> None:
    """Its stop object is kept in the source: while that is there, it is looked at."""
    estate.stops[TARGET].put()
    before = estate.state()

    told = r"may be answered by the global name: stopped by its stop object .*fail back first"
    with pytest.raises(NotReady, match=told):
        leave(estate, Mode.PLANNED)

    assert estate.state() == before


def test_a_planned_move_from_a_source_that_does_not_replicate_is_refused(
    estate: FakeEstate, leave: Leave
) -> None:
    estate.link_cut = True
    before = estate.state()

    with pytest.raises(NotReady, match="a mark written in us-east-1 arrives in us-west-2"):
        leave(estate, Mode.PLANNED)

    assert estate.state() == before


def hears_nothing(estate: FakeEstate) -> None:
    estate.link_cut = True


def is_blind(estate: FakeEstate) -> None:
    estate.region(SOURCE).gateway.down = True


def accuses(estate: FakeEstate) -> None:
    estate.prober.accuses.add(SOURCE)


def hears_no_prober(estate: FakeEstate) -> None:
    estate.prober.down = True


@pytest.mark.parametrize(
    "witnesses",
    [
        [],
        [hears_nothing],
        [is_blind],
        [accuses],
        [hears_nothing, is_blind],
        [hears_nothing, hears_no_prober],
        [is_blind, hears_no_prober],
    ],
    ids=lambda witnesses: "+".join(one.__name__ for one in witnesses) or "none",
)
def test_a_source_that_may_serve_is_not_failed_over(
    estate: FakeEstate, leave: Leave, witnesses: list[Callable[[FakeEstate], None]]
) -> None:
    """One witness is never enough, and a prober that sees the source serve has a veto: a partition is no fault."""
    for testify in witnesses:
        testify(estate)
    before = estate.state()

    with pytest.raises(NotReady, match=r"us-east-1 to be called at fault was awaited .*2 of 3 witnesses"):
        leave(estate)

    assert estate.state() == before
    assert estate.region(SOURCE).accepts_writes


@pytest.mark.parametrize("mode", Mode)
def test_a_dry_run_changes_nothing_and_tells_every_step(estate: FakeEstate, leave: Leave, mode: Mode) -> None:
    if mode is Mode.UNPLANNED:
        estate.loses(SOURCE)
    before = estate.state()

    plan = leave(estate, mode, dry_run=True)

    assert estate.state() == before
    assert estate.outside.journal.keys("") == set()
    assert "## 8. Take over the data layer (changes the estate)" in plan
    changing = [line for line in plan.splitlines() if line.endswith("(changes the estate)")]
    assert len(changing) == (4 if mode is Mode.PLANNED else 3)
    for endpoint in (
        "postgres us-east-1:5432",
        "postgres us-west-2:5432",
        "gateway us-east-1:443",
        "Route 53",
    ):
        assert endpoint in plan


def test_a_second_operation_is_told_who_holds_the_estate(estate: FakeEstate, leave: Leave) -> None:
    estate.loses(SOURCE)
    since = wall_clock()
    take(estate.outside.journal, estate.name, Claim(operation="other-1", holder="ann@box:7", since=since))

    with pytest.raises(EpochHeld, match=rf"other-1 since {since:%Y-%m-%d %H:%M:%S} UTC \(ann@box:7\)"):
        leave(estate)

    assert estate.region(TARGET).follows


def test_an_operation_that_has_ended_is_not_begun_again(estate: FakeEstate, leave: Leave) -> None:
    estate.loses(SOURCE)
    leave(estate)
    before = estate.state()

    with pytest.raises(OperationClosed, match=r"failover-1 ended at .*start a new one"):
        leave(estate)

    assert estate.state() == before


def test_a_region_that_was_left_is_no_target(estate: FakeEstate, leave: Leave) -> None:
    """After a failover, failing over once more would go to the fenced region: it says that, and holds."""
    leave(estate, Mode.PLANNED)
    before = estate.state()

    with pytest.raises(NotReady, match=r"us-east-1 can not take over: .*fail"):
        leave(estate, source=TARGET, id="failover-2", mode=Mode.UNPLANNED, **witnessed(estate))

    assert estate.state() == before


def witnessed(estate: FakeEstate) -> dict[str, Any]:
    """Have two witnesses call the target at fault, which serves."""
    estate.prober.accuses.add(TARGET)
    estate.region(TARGET).gateway.down = True
    return {}
