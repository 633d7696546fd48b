"""How long steps took before: a quartile of those that went through at once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from recovery.journal import Event, Kind, following
from recovery.pace_history import FEWEST, Pace, p75, paces

BEGAN = datetime(2026, 11, 27, tzinfo=UTC)


def a_journal(*told: tuple[Kind, str, float], region: str | None = "east") -> Sequence[Event]:
    """Events of steps, each with its second."""
    events: list[Event] = []
    for kind, step, second in told:
        at = BEGAN + timedelta(seconds=second)
        events.append(
            following(events, time=at, operation="failover-1", actor="t", kind=kind, step=step, region=region)
        )
    return events


def once(step: str, seconds: float) -> Sequence[Event]:
    return a_journal((Kind.STARTED, step, 0), (Kind.DONE, step, seconds))


@pytest.mark.parametrize(
    ("seconds", "quartile"), [([1], 1), ([4, 1, 3, 2], 3), ([1, 2, 3, 4, 5], 4), ([9] * 20, 9)]
)
def test_three_quarters_do_not_exceed_it(seconds: Sequence[float], quartile: float) -> None:
    assert p75(seconds) == quartile
    assert sum(one <= quartile for one in seconds) >= 0.75 * len(seconds)


def test_a_step_that_was_done_often_enough_has_a_pace() -> None:
    seen = [once("fence", seconds) for seconds in (1.0, 2.0, 3.0, 40.0)]

    assert len(seen) == FEWEST
    assert paces(seen) == {"fence": Pace(3.0, 4)}
    assert paces(seen[1:]) == {}


@pytest.mark.parametrize(
    "spoiled",
    [
        a_journal(
            (Kind.STARTED, "fence", 0),
            (Kind.FAILED, "fence", 1),
            (Kind.STARTED, "fence", 2),
            (Kind.DONE, "fence", 9),
        ),
        a_journal((Kind.STARTED, "fence", 0), (Kind.STARTED, "fence", 50), (Kind.DONE, "fence", 51)),
        a_journal((Kind.STARTED, "fence", 0), (Kind.FAILED, "fence", 1)),
        a_journal((Kind.SKIPPED, "fence", 0)),
    ],
    ids=["repeated", "resumed", "failed", "skipped"],
)
def test_a_step_that_did_not_go_through_at_once_tells_nothing(spoiled: Sequence[Event]) -> None:
    assert paces([spoiled] * FEWEST) == {}
