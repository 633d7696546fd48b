"""What `dr` says while an operation goes on."""

import logging
from datetime import UTC, datetime

import pytest

from deployments.progress import WORDS, Lines
from recovery.journal import Event, Kind

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_line(lines: Lines, kind: Kind, *, step: str | None = None, **data: str) -> str:
    event = Event.model_construct(
        time=NOON, operation="failover-1", kind=kind, step=step, data=data, seq=1, actor="a"
    )
    return lines.format(logging.makeLogRecord({"event": event}))


def test_a_step_is_told_by_its_title() -> None:
    lines = Lines()

    assert (
        a_line(lines, Kind.STARTED, step="fence", title="Fence the source")
        == "12:00:00  Fence the source ..."
    )
    assert a_line(lines, Kind.DONE, step="fence", summary="by 2 means").endswith(
        "Fence the source: by 2 means"
    )
    assert a_line(lines, Kind.DONE, step="fence", summary="").endswith("  Fence the source")
    assert a_line(lines, Kind.FAILED, step="fence", error="no").endswith("Fence the source failed: no")


def test_what_an_event_carries_is_data() -> None:
    """Braces in a reason are no fields to fill in."""
    assert a_line(Lines(), Kind.NOTED, text="{operation} {title.__class__}").endswith(
        "{operation} {title.__class__}"
    )


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words(kind: Kind) -> None:
    data = {"why": "w", "error": "e", "text": "t", "outcome": "o"}

    assert a_line(Lines(), kind, step="fence", **data).startswith("12:00:00  ")
    assert kind in WORDS
