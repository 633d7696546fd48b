"""What is told of a test's end: the page for an overdue one waits for it, and for nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from tested import EAST, MANUAL, Drill, Make

from recovery.event_names import DRILL_PASSED
from recovery.fakes.world import wall_clock

Heard = Callable[..., list[Any]]


@pytest.mark.parametrize(("scenario", "scope"), [("planned-move", "live"), ("region-loss", "full")])
def test_a_test_that_passed_is_told_once(
    make_estate: Make, drill: Drill, heard: Heard, scenario: str, scope: str
) -> None:
    """Production's tests break nothing, and count: else the page for an overdue one comes though it passed."""
    drill(make_estate(**MANUAL), scenario, scope=scope)

    assert [event.payload for event in heard(DRILL_PASSED)] == [{"operation": "dr-test-1"}]


def test_a_test_that_failed_is_not_told_as_passed(make_estate: Make, drill: Drill, heard: Heard) -> None:
    """Its failover met its objectives; what it was to find out did not hold."""
    estate = make_estate()
    estate.watching.clear()

    drill(estate, "gray-failure")

    assert heard(DRILL_PASSED) == []


def test_a_tabletop_is_not_told_as_passed(make_estate: Make, drill: Drill, heard: Heard) -> None:
    """It proves no recovery: a year of tabletops is a year without a test."""
    drill(make_estate(), scope="tabletop")

    assert heard(DRILL_PASSED) == []


def test_a_failover_alone_is_no_test(make_estate: Make, leave: Callable[..., str], heard: Heard) -> None:
    """The way back is missing."""
    estate = make_estate()
    estate.loses(EAST)

    leave(estate, injected_at=wall_clock())

    assert heard(DRILL_PASSED) == []
