"""Every step has a deadline; one that passes it, or is slower than it was before, is told of while it runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from prefect.events import Event as Told

from recovery import operation_journal
from recovery.epoch import Epoch
from recovery.event_names import STEP_OVERDUE, STEP_SLOW
from recovery.fakes.estate import FakeEstate
from recovery.forecast import forecast
from recovery.journal import Kind
from recovery.operation import Failover, Mode
from recovery.operation_journal import OperationJournal
from recovery.pace_history import FEWEST, remember, remembered
from recovery.waiting import wait_until
from tasks import planning
from tasks.run import FailoverRun

pytestmark = pytest.mark.usefixtures("paced", "in_real_time")

SOURCE, TARGET = "us-east-1", "us-west-2"
AGO = datetime(2026, 1, 1, tzinfo=UTC)
DEADLINE_S = 10
OFF_THE_PATH = {"approve", "measure"}
"""The time that people take is in no objective, and the report is made once customers are served."""
MakeEstate = Callable[..., FakeEstate]
Leave = Callable[..., str]
Heard = Callable[..., list[Told]]


def lasts_until_told_of(estate: FakeEstate, heard: Heard) -> None:
    """Have the take-over last until somebody is told that it does."""

    def lasting() -> None:
        wait_until(
            lambda: (heard(STEP_SLOW, STEP_OVERDUE) or None, "nothing"),
            what="the event",
            deadline_s=DEADLINE_S,
        )

    estate.region(TARGET).database.meanwhile("stop_applying", lasting)


def with_history(estate: FakeEstate, *, times: int) -> None:
    """Have earlier failovers remembered, whose take-over lasted a hundredth of a second."""
    for number in range(times):
        journal = OperationJournal(estate.outside.journal, f"failover-2026010{number}", actor="test")
        for kind, after_s in ((Kind.STARTED, 0.0), (Kind.DONE, 0.01)):
            journal.record(kind, AGO + timedelta(seconds=after_s), step="take_over", region=TARGET)
        remember(estate.outside.journal, estate.name, "failover", journal.events)


def notes_of(estate: FakeEstate, step: str) -> list[str]:
    events = operation_journal.read(estate.outside.journal, "failover-1")
    return [str(e.data["text"]) for e in events if (e.kind, e.step) == (Kind.NOTED, step)]


def test_a_step_slower_than_its_history_is_told_of_while_it_runs(
    make_estate: MakeEstate, leave: Leave, heard: Heard
) -> None:
    estate = make_estate(recovery={"deadlines": {"take_over_seconds": 30}})
    with_history(estate, times=FEWEST)
    estate.loses(SOURCE)
    lasts_until_told_of(estate, heard)

    leave(estate)

    told = heard(STEP_SLOW, STEP_OVERDUE)[0]
    assert (told.event, told.payload["step"], told.payload["operation"]) == (
        STEP_SLOW,
        "take_over",
        "failover-1",
    )
    assert notes_of(estate, "take_over")[0].endswith("the p75 of its last 4 is 0.0 s.")


def test_a_failover_that_ended_is_what_the_next_one_is_held_against(estate: FakeEstate, leave: Leave) -> None:
    estate.loses(SOURCE)

    leave(estate)

    kept = remembered(estate.outside.journal, estate.name, "failover")
    assert [*kept] == ["failover-1"]
    assert {"fence", "take_over", "shift", "verify"} <= kept["failover-1"].keys()


def test_too_little_history_tells_nothing(estate: FakeEstate, leave: Leave, heard: Heard) -> None:
    with_history(estate, times=FEWEST - 1)
    estate.loses(SOURCE)

    leave(estate)

    assert heard(STEP_SLOW, STEP_OVERDUE) == []
    assert notes_of(estate, "take_over") == []


def test_a_step_past_its_deadline_is_told_of_while_it_runs_and_goes_on(
    make_estate: MakeEstate, leave: Leave, heard: Heard
) -> None:
    estate = make_estate(recovery={"deadlines": {"take_over_seconds": 0.2}})
    estate.loses(SOURCE)
    lasts_until_told_of(estate, heard)

    leave(estate)

    assert [(told.event, told.payload["step"]) for told in heard(STEP_SLOW, STEP_OVERDUE)] == [
        (STEP_OVERDUE, "take_over")
    ]
    assert "its deadline is 0.2 s" in notes_of(estate, "take_over")[0]


def a_run(estate: FakeEstate, mode: Mode) -> FailoverRun:
    quorum = estate.outside.journal
    journal = OperationJournal(quorum, "none", actor="test")
    return FailoverRun(Failover(source=SOURCE, mode=mode), estate, journal, Epoch(quorum, estate.name, 0))


@pytest.mark.parametrize("mode", Mode)
def test_the_deadlines_on_the_critical_path_are_what_is_checked_against_the_rto(
    estate: FakeEstate, mode: Mode
) -> None:
    """One sum: that of the forecast, with what comes before the first step and what the records' age adds."""
    run = a_run(estate, mode)
    steps = [step for step, _look in planning.procedure(mode) if step.name not in OFF_THE_PATH]
    phases = forecast(estate.file, mode).phases
    beside = [phase.seconds for phase in phases if phase.name.startswith(("detect", "old answers"))]

    total = sum(step.deadline_s(run) for step in steps) + sum(beside)

    assert total == pytest.approx(forecast(estate.file, mode).total.total_seconds())


@pytest.mark.parametrize(("minutes", "times"), [(0.01, 1), (15, 0)])
def test_deadlines_beyond_the_rto_are_told_before_anything_is_done_and_refuse_nobody(
    make_estate: MakeEstate, leave: Leave, minutes: float, times: int
) -> None:
    estate = make_estate(disaster_recovery={"rto_minutes": minutes})
    estate.loses(SOURCE)

    plan = leave(estate, dry_run=True)
    leave(estate)

    opening, *_, closing = operation_journal.read(estate.outside.journal, "failover-1")
    assert plan.count("deadlines add up to more than the RTO") == times
    assert str(opening.data["beyond_rto"]).count("the unplanned worst case is") == times
    assert closing.data["outcome"] == "restored"


def test_every_step_of_a_plan_tells_its_deadline(estate: FakeEstate, leave: Leave) -> None:
    plan = leave(estate, Mode.PLANNED, dry_run=True)

    assert plan.count("- deadline: ") == len(planning.procedure(Mode.PLANNED))
