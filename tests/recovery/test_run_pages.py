"""What Prefect has to show of an operation is told by its journal: runs, steps with their times, and the end."""

from datetime import UTC, datetime, timedelta
from typing import Any

from recovery.journal import Event, Kind, following
from recovery.run_pages import Page, page

BEGAN = datetime(2026, 11, 27, 10, tzinfo=UTC)


def journal(*told: tuple[Kind, str | None, dict[str, Any]]) -> list[Event]:
    """Return a journal with an event each second."""
    events: list[Event] = []
    for second, (kind, step, data) in enumerate(told):
        at = BEGAN + timedelta(seconds=second)
        events.append(
            following(
                events, time=at, operation="failover-1", kind=kind, step=step, actor="ada@host:1", data=data
            )
        )
    return events


def opened(run: str | None) -> tuple[Kind, None, dict[str, Any]]:
    return Kind.OPENED, None, {"prefect_run_id": run}


def resumed(run: str | None) -> tuple[Kind, None, dict[str, Any]]:
    return Kind.NOTED, None, {"text": "Resumed by ada.", "prefect_run_id": run}


def started(step: str, task_run: str | None = None) -> tuple[Kind, str, dict[str, Any]]:
    return Kind.STARTED, step, {"title": step.capitalize(), "task_run_id": task_run}


def done(step: str) -> tuple[Kind, str, dict[str, Any]]:
    return Kind.DONE, step, {"summary": f"{step} is done"}


def failed(step: str) -> tuple[Kind, str, dict[str, Any]]:
    return Kind.FAILED, step, {"error": f"{step} does not answer"}


CLOSED = (Kind.CLOSED, None, {"outcome": "restored", "summary": "west serves."})


def shown(*told: tuple[Kind, str | None, dict[str, Any]]) -> Page:
    made = page(journal(*told))
    assert made is not None
    return made


def test_a_step_is_shown_once_with_the_times_of_its_attempts() -> None:
    """Prefect repeats a step within one task run."""
    ended = shown(opened("a"), started("fence"), failed("fence"), started("fence"), done("fence"), CLOSED)

    (step,) = ended.runs[0].steps
    assert (step.title, step.attempts, step.seq) == ("Fence", 2, 2)
    assert (step.began_at - BEGAN, step.ending and step.ending.at - BEGAN) == (
        timedelta(seconds=1),
        timedelta(seconds=4),
    )
    assert step.ending
    assert (step.ending.went_well, step.ending.told) == (True, "fence is done")


def test_a_step_that_is_called_again_has_a_run_for_each_call() -> None:
    """What was done is skipped the second time, in a task run of its own; its attempts are one."""
    skipped = (Kind.SKIPPED, "fence", {"why": "done before", "task_run_id": "t2"})
    ended = shown(
        opened("a"),
        started("fence", "t1"),
        failed("fence"),
        started("fence", "t1"),
        done("fence"),
        skipped,
        CLOSED,
    )

    assert [(step.task_run_id, step.attempts, step.skipped) for step in ended.runs[0].steps] == [
        ("t1", 2, False),
        ("t2", 1, True),
    ]


def test_an_operation_that_was_gone_on_with_has_a_run_for_each_process() -> None:
    """A step that the first one was killed in has no end there."""
    skipped = (Kind.SKIPPED, "fence", {"why": "done before"})
    ended = shown(
        opened("a"),
        started("fence"),
        done("fence"),
        started("shift"),
        resumed("b"),
        skipped,
        started("shift"),
        done("shift"),
        CLOSED,
    )

    first, second = ended.runs
    assert (first.run_id, second.run_id) == ("a", "b")
    assert [(step.title, step.ending is not None) for step in first.steps] == [
        ("Fence", True),
        ("Shift", False),
    ]
    assert [(step.title, step.skipped) for step in second.steps] == [("Fence", True), ("Shift", False)]


def test_how_it_ended_is_told_in_words() -> None:
    """A move that went well is one; one that was put back, or given up, is not."""
    stopped = (Kind.NOTED, None, {"text": "Stopped: no answer", "error": "no answer"})
    moved = shown(opened(None), CLOSED)
    put_back = shown(opened(None), stopped, (Kind.BACKED_OUT, None, {}))
    given_up = shown(
        opened(None), (Kind.CLOSED, None, {"outcome": "stopped", "summary": "Given up: by hand"})
    )

    assert (moved.ending.went_well, moved.ending.told) == (True, "restored. west serves.")
    assert (put_back.ending.went_well, put_back.ending.told) == (False, "backed out: no answer.")
    assert not given_up.ending.went_well


def test_one_that_stopped_is_shown_and_one_that_may_be_at_work_is_not() -> None:
    """Whether a process is dead only its successor tells."""
    stopped = (Kind.NOTED, None, {"text": "Stopped: no answer", "error": "no answer"})

    assert page(journal(opened("a"), started("fence"))) is None
    assert page(journal(opened("a"), started("fence"), failed("fence"), stopped)) is not None
    assert page([]) is None
