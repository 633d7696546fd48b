"""A clock on which nobody waits: it goes on, and each wait moves it ahead. For flows run hundreds of times."""

import time
from datetime import datetime, timedelta, tzinfo
from importlib import import_module
from threading import Lock
from typing import Self

import pytest

WAITS = ("recovery.waiting", "recovery.epoch")
LENGTHS = (
    *WAITS,
    "recovery.readiness.asking",
    "tasks.answers",
    "tasks.comparing_keys",
    "tasks.marks",
    "tasks.reprotecting",
    "tasks.step",
    "tasks.verification",
)
INSTANTS = (
    "flows.cross_region_reconciliation",
    "recovery.fakes.world",
    "tasks.backing_up",
    "tasks.comparing",
    "tasks.comparing_tables",
    "tasks.conflicting",
    "tasks.conflicts",
    "tasks.marks",
    "tasks.preflight",
    "tasks.repair_planning",
    "tasks.run",
)
"""Modules that ask what time it is: each is told by the same clock."""


class Unhurried:
    """The clock."""

    def __init__(self) -> None:
        """Be at the machine's time."""
        self._ahead_s, self._lock = 0.0, Lock()

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put it in place of the machine's, by name: a module that is renamed, or asks no more, fails here."""
        clock = self

        class Instant(datetime):
            """As the standard library's, but for what time it is."""

            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:  # type: ignore[override] # ours has a zone
                return clock.now(tz)  # type: ignore[return-value] # an instant of the standard library's

        for name in WAITS:
            patch.setattr(import_module(name), "Event", lambda: clock)
        for name in LENGTHS:
            patch.setattr(import_module(name), "monotonic", clock.monotonic)
        for name in INSTANTS:
            patch.setattr(import_module(name), "datetime", Instant)

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead_s

    def now(self, zone: tzinfo | None) -> datetime:
        return datetime.now(zone) + timedelta(seconds=self._ahead_s)

    def wait(self, seconds: float) -> bool:
        """In place of an event's that nobody sets: it is over at once, and it is so much later."""
        with self._lock:
            self._ahead_s += seconds
        return False
