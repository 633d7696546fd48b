"""A failover needs nothing of what may be lost: each step says what it touches, and what it does without that."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from declared import TellingStore

from recovery import operation_journal
from recovery.blackout import Area
from recovery.epoch import Epoch, holder_of
from recovery.errors import NeedsTheLost, NotReady, Unavailable
from recovery.fakes.estate import FakeEstate
from recovery.journal import Kind
from recovery.operation import Failover, Mode
from recovery.operation_journal import OperationJournal
from recovery.traffic import CONTROL_PLANE
from tasks import blackout, planning
from tasks.run import FailoverRun

SOURCE, TARGET = "us-east-1", "us-west-2"
MakeEstate = Callable[..., FakeEstate]
Leave = Callable[..., str]
NO_STOPS: dict[str, Any] = {"route53": {"stop_objects": None}}
FENCES = 3


def loses_source(estate: FakeEstate) -> None:
    """With its S3, where the target's stop object is kept."""
    estate.loses(SOURCE)
    estate.stops[TARGET].down = True


def accuses_source(estate: FakeEstate) -> None:
    """It answers whom the steps ask, and customers are not served: so each step asks all it ever asks."""
    estate.prober.accuses.add(SOURCE)
    estate.region(SOURCE).gateway.sick = True


def loses_everything_global(estate: FakeEstate) -> None:
    loses_source(estate)
    estate.route53.down = True


def leaves_it_sound(_estate: FakeEstate) -> None:
    pass


def a_run(estate: FakeEstate, mode: Mode = Mode.UNPLANNED) -> FailoverRun:
    journal = estate.outside.journal
    operation = Failover(source=SOURCE, mode=mode)
    return FailoverRun(
        operation, estate, OperationJournal(journal, "none", actor="test"), Epoch(journal, estate.name, 0)
    )


@pytest.mark.parametrize(
    ("mode", "breaks"),
    [
        (Mode.UNPLANNED, loses_source),
        (Mode.UNPLANNED, accuses_source),
        (Mode.UNPLANNED, loses_everything_global),
        (Mode.PLANNED, leaves_it_sound),
    ],
)
def test_each_step_calls_only_what_it_has_declared(
    make_estate: MakeEstate, leave: Leave, mode: Mode, breaks: Callable[[FakeEstate], None]
) -> None:
    store = TellingStore()
    estate = store.watches(make_estate([store]))
    breaks(estate)

    leave(estate, mode)

    assert store.undeclared() == {}
    assert {step.name for step, _look in planning.procedure(mode)} - {"approve"} <= store.called().keys()


def test_steps_that_put_back_declare_what_they_call(make_estate: MakeEstate, leave: Leave) -> None:
    store = TellingStore()
    estate = store.watches(make_estate([store]))
    estate.region(SOURCE).database.fails("beat", Unavailable("no answer"), after=1)

    with pytest.raises(NotReady, match="not all has arrived"):
        leave(estate, Mode.PLANNED)

    assert store.undeclared() == {}
    assert {"unfence", "put_back"} <= store.called().keys()


def test_with_every_connection_to_the_source_refused_it_is_left_and_each_attempt_was_foreseen(
    make_estate: MakeEstate, leave: Leave
) -> None:
    """Each endpoint that was tried is one that some step declares, with what it does without it."""
    store = TellingStore()
    estate = store.watches(make_estate([store]))
    loses_source(estate)
    run = a_run(estate)
    dark = blackout.may_be_dark(run)[Area.SOURCE]
    foreseen = {
        (step.name, one.endpoint)
        for step, _look in planning.procedure(Mode.UNPLANNED)
        for one in blackout.dependences(run, step)
        if one.without
    }

    leave(estate)

    refused = {step: Counter(one for one in calls if one in dark) for step, calls in store.called().items()}
    tried = {(step, endpoint) for step, counts in refused.items() for endpoint in counts}
    closing = operation_journal.read(estate.outside.journal, "failover-1")[-1]
    assert (closing.kind, closing.data["outcome"]) == (Kind.CLOSED, "restored")
    assert tried <= foreseen
    assert sum(refused["fence"].values()) == FENCES
    assert not {step for step, _ in tried} - {"confirm_source", "can_take_over", "fence"}


def test_what_the_fence_found_silent_is_not_asked_again(estate: FakeEstate, leave: Leave) -> None:
    """Each question would cost a time-out where packets are lost, while customers wait."""
    estate.loses(SOURCE)

    leave(estate)

    assert not {"beat", "sequences", "fence"} & {*estate.region(SOURCE).database.log}


def test_a_part_that_answers_again_is_fenced_after_all(estate: FakeEstate, leave: Leave) -> None:
    """It took no connection when it was looked for first: that alone does not make it lost."""
    estate.prober.accuses.add(SOURCE)
    estate.region(SOURCE).gateway.sick = True
    estate.region(SOURCE).database.fails("takes_connections", Unavailable("no answer"), times=1)

    leave(estate)

    assert "fence" in estate.region(SOURCE).database.log
    assert not estate.region(SOURCE).accepts_writes


def test_a_target_that_is_forced_unhealthy_is_refused_though_its_stop_object_is_lost(
    estate: FakeEstate, leave: Leave
) -> None:
    """The object that does not answer stops nothing; the zone, which does, says that nobody would come there."""
    loses_source(estate)
    estate.route53.mark_unhealthy(TARGET)

    with pytest.raises(NotReady, match="may be answered by the global name: forced unhealthy"):
        leave(estate)


def test_the_stop_object_alone_moves_the_traffic(estate: FakeEstate, leave: Leave) -> None:
    """Route 53's control plane is in one region; a failover that waits for it may wait for the lost one."""
    loses_everything_global(estate)

    leave(estate)

    assert estate.shares == {TARGET: 1.0}


def test_without_a_stop_object_an_unplanned_failover_is_refused_before_anything_is_done(
    make_estate: MakeEstate, leave: Leave
) -> None:
    estate = make_estate(recovery=NO_STOPS)
    estate.loses(SOURCE)
    before = estate.state()

    with pytest.raises(
        NeedsTheLost, match=rf"'Send all traffic to the target' needs {CONTROL_PLANE[:10]}.*stop_objects"
    ):
        leave(estate)

    assert estate.state() == before
    assert operation_journal.operations(estate.outside.journal) == []
    assert holder_of(estate.outside.journal, estate.name) is None


def test_a_planned_move_may_need_both(make_estate: MakeEstate, leave: Leave) -> None:
    estate = make_estate(recovery=NO_STOPS)

    leave(estate, Mode.PLANNED)

    assert estate.shares == {TARGET: 1.0}


def test_a_dry_run_tells_what_each_step_does_without_what_may_be_lost(
    make_estate: MakeEstate, leave: Leave
) -> None:
    plan = leave(make_estate(), dry_run=True)
    refused = leave(make_estate(recovery=NO_STOPS), dry_run=True)

    assert (
        "where postgres us-east-1:5432 does not answer: a part that does not answer is taken as lost" in plan
    )
    assert f"where {CONTROL_PLANE} does not answer: the stop object alone is enough" in plan
    assert "Would be refused" not in plan
    assert "Would be refused: An unplanned failover must not need what may be lost" in refused
