"""What an alert's labels say: whose word it is, of which region, and whether it is a signal at all."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from recovery.signals import SignalClass

WATCHDOG = "Watchdog"
MONITORING_PREFIX = "monitoring-"
"""Prometheus servers are called `monitoring-REGION` by their external label `prometheus`."""

Labels = Mapping[str, str]


class Reading(StrEnum):
    """What one alert is to the intake."""

    SIGNAL = "signal"
    UNATTRIBUTED = "unattributed"
    """A signal whose region is none of the estate's."""
    HEARTBEAT = "heartbeat"
    """A Watchdog: its observer is alive."""
    NO_CLASS = "no_class"
    """Its `dr_signal` is missing, or none that we know."""
    NO_OBSERVER = "no_observer"
    """Nobody says it: it could pass for a second, independent word."""


def observer_of(labels: Labels) -> str | None:
    """Return whose own look it is: the label `observer`, else who sent it."""
    return labels.get("observer", "").removeprefix(MONITORING_PREFIX) or monitoring_of(labels)


def monitoring_of(labels: Labels) -> str | None:
    """Return whose Prometheus sent it, which is whose API can confirm it.

    It is not always the observer: two Prometheus servers may alert on what the one prober saw.
    """
    return labels.get("prometheus", "").removeprefix(MONITORING_PREFIX) or None


def class_of(labels: Labels) -> SignalClass | None:
    """Return the class of the signal, None where the label names none."""
    try:
        return SignalClass(labels.get("dr_signal", ""))
    except ValueError:
        return None


def region_of(labels: Labels, regions: Collection[str]) -> str | None:
    """Return the region that is judged, None where the label names none of *regions*."""
    named = labels.get("region")
    return named if named in regions else None


def is_watchdog(labels: Labels) -> bool:
    """Whether it is the alert that always fires."""
    return labels.get("alertname") == WATCHDOG


def reading_of(labels: Labels, regions: Collection[str]) -> Reading:
    """Return what an alert with these labels is."""
    if observer_of(labels) is None:
        return Reading.NO_OBSERVER
    if is_watchdog(labels):
        return Reading.HEARTBEAT
    if class_of(labels) is None:
        return Reading.NO_CLASS
    return Reading.UNATTRIBUTED if region_of(labels, regions) is None else Reading.SIGNAL
