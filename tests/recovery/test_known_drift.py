"""A failover's report says what the newest comparison had found, or that there was none."""

from collections.abc import Callable
from typing import Any

from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.known_drift import UNKNOWN
from recovery.operation_journal import read
from recovery.report.compose import compose

EAST = "us-east-1"
TABLE = orders("eden_task").name
Flow = Callable[..., Any]


def remarks(estate: FakeEstate) -> list[str]:
    return [note.text for note in compose(read(estate.outside.journal, "failover-1")).notes]


def test_a_failover_tells_how_far_the_regions_were_alike_before(
    estate: FakeEstate, reconcile: Flow, leave: Flow
) -> None:
    estate.region(EAST).tables.put(TABLE, {("7",): "(7,east's)"})
    reconcile(estate)
    estate.loses(EAST)

    leave(estate)

    (told,) = [text for text in remarks(estate) if "comparison-1" in text]
    assert "0 min before, comparison-1 had ended: The regions have drifted apart." in told
    assert "1 differ" in told


def test_a_failover_without_a_comparison_says_so(estate: FakeEstate, leave: Flow) -> None:
    estate.loses(EAST)

    leave(estate)

    assert UNKNOWN in remarks(estate)
