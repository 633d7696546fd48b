"""How long a recovery would take with an estate's timings, if every part took as long as it may.

A worst case, not an expectation: what a recovery achieved is measured, from outside.
"""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import assert_never

from recovery.estate import EstateFile
from recovery.estate_file.marks import entries
from recovery.estate_file.recovery_block import Deadlines, Route53
from recovery.operation import Mode

UNPLANNED_WAIT_S = 3.0
"""How long an unplanned failover waits for what a fenced source that still answers has to send."""
TTL_KEY = "recovery.route53.record_ttl_seconds"


@dataclass(frozen=True)
class Phase:
    """One part of a recovery: the longest it may take, and the keys that say so."""

    name: str
    seconds: float
    keys: tuple[str, ...]
    defaulted: bool
    """True where the file is silent about every key, and a default was used."""


@dataclass(frozen=True)
class Forecast:
    """The phases of a recovery, one after the other, at their longest."""

    mode: Mode
    phases: tuple[Phase, ...]

    @property
    def total(self) -> timedelta:
        """All phases together. The time a person takes to decide is not in it."""
        return timedelta(seconds=sum(phase.seconds for phase in self.phases))

    @property
    def longest(self) -> Phase:
        """The phase that shortening would help the most."""
        return max(self.phases, key=lambda phase: phase.seconds)

    def meets(self, rto: timedelta) -> bool:
        """Tell whether the worst case is within the objective."""
        return self.total <= rto


def forecast(estate: EstateFile, mode: Mode) -> Forecast:
    """Return the worst case for leaving a region of *estate*, unplanned or planned.

    Unplanned: detection + hold + steps + the records' time to live. Planned: nobody detects anything, and traffic
    moves in ceil(100 / increment) steps, each of which waits for what was answered before it to expire.
    """
    match mode:
        case Mode.UNPLANNED:
            before = (_detection(estate), *_hold(estate), *_deadlines(estate, "ready", "fence"))
            moved = (_wait_for_source(estate), *_deadlines(estate, "take_over", "shift"))
            return Forecast(mode, (*before, *moved, _time_to_live(estate), *_deadlines(estate, "verify")))
        case Mode.PLANNED:
            before = (*_deadlines(estate, "confirm", "ready"), *_planned_shift(estate))
            return Forecast(
                mode, (*before, *_deadlines(estate, "fence", "drain", "take_over", "shift", "verify"))
            )
        case _:
            assert_never(mode)


def wait_for_source_s(estate: EstateFile, mode: Mode) -> float:
    """Return how long is waited for what the fenced source has to send; seconds."""
    allowed_s = float(_allowed(estate).drain_seconds)
    return min(UNPLANNED_WAIT_S, allowed_s) if mode is Mode.UNPLANNED else allowed_s


def drain_s(estate: EstateFile) -> float:
    """Return how long traffic that is moved in steps may take, by the same phases: seconds."""
    return sum(phase.seconds for phase in _planned_shift(estate))


_NAMES = {
    "confirm": "see the source sound",
    "ready": "check the target",
    "fence": "fence the source",
    "drain": "drain the source",
    "take_over": "promote the target",
    "shift": "shift the traffic",
    "verify": "verify the service",
}


def _detection(estate: EstateFile) -> Phase:
    """The slower of two witnesses: Route 53's health checks, and the alert's window.

    A health check that began just before the fault passes; the threshold counts from the
    next one, and the last of them waits for its timeout.
    """
    checks = estate.global_load_balancing.health_checks
    by_dns = checks.interval_seconds * checks.failure_threshold + checks.timeout_seconds
    by_alert = estate.automated_failover.detection.detection_window_seconds
    if by_alert > by_dns:
        keys: tuple[str, ...] = ("automated_failover.detection.detection_window_seconds",)
        return _phase(estate, "detect, by alert", by_alert, *keys)
    within = "global_load_balancing.health_checks"
    keys = (f"{within}.interval_seconds", f"{within}.failure_threshold", f"{within}.timeout_seconds")
    return _phase(estate, "detect, by Route 53", by_dns, *keys)


def _hold(estate: EstateFile) -> tuple[Phase, ...]:
    seconds = _allowed(estate).confirm_seconds
    return (_phase(estate, "hold until confirmed", seconds, "recovery.deadlines.confirm_seconds"),)


def _wait_for_source(estate: EstateFile) -> Phase:
    seconds = wait_for_source_s(estate, Mode.UNPLANNED)
    return _phase(estate, "hear the fenced source out", seconds, "recovery.deadlines.drain_seconds")


def _deadlines(estate: EstateFile, *steps: str) -> tuple[Phase, ...]:
    allowed = _allowed(estate).model_dump()
    return tuple(
        _phase(estate, _NAMES[step], allowed[f"{step}_seconds"], f"recovery.deadlines.{step}_seconds")
        for step in steps
    )


def _planned_shift(estate: EstateFile) -> tuple[Phase, ...]:
    shifting = estate.automated_failover.traffic_shifting
    within = "automated_failover.traffic_shifting"
    steps = ceil(100 / shifting.increment_percent) if shifting.gradual else 1
    pace = "increment_percent" if shifting.gradual else "gradual"
    keys = [f"{within}.{pace}", f"{within}.increment_interval_seconds", TTL_KEY]
    moved = steps * (float(shifting.increment_interval_seconds) + _time_to_live(estate).seconds)
    name = f"shift in {steps} step{'s' if steps > 1 else ''}"
    watched = shifting.verification_period_seconds
    return (
        _phase(estate, name, moved, *keys),
        _phase(estate, "watch the target", watched, f"{within}.verification_period_seconds"),
    )


def _time_to_live(estate: EstateFile) -> Phase:
    settings = estate.recovery
    default: int = Route53.model_fields["record_ttl_seconds"].default
    seconds = settings.route53.record_ttl_seconds if settings else default
    return _phase(estate, "old answers expire", seconds, TTL_KEY)


def _allowed(estate: EstateFile) -> Deadlines:
    return estate.recovery.deadlines if estate.recovery else Deadlines()


def _phase(estate: EstateFile, name: str, seconds: float, *keys: str) -> Phase:
    given = {entry.path for entry in entries(estate) if entry.given}
    return Phase(name, float(seconds), keys, defaulted=given.isdisjoint(keys))
