"""What an alert's labels say: whose word it is, of which region, and whether it is a signal at all."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from recovery.signals import SignalClass
from recovery.votes import PROBER

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
    UNLISTED = "unlisted"
    """Who says it, or who sent it, is none that the estate lists: kept, and no signal."""


def observer_of(labels: Labels) -> str | None:
    """Return whose own look it is: the label `observer`, else who sent it."""
    return labels.get("observer", "").removeprefix(MONITORING_PREFIX) or monitoring_of(labels)


def monitoring_of(labels: Labels) -> str | None:
    """Return whose Prometheus sent it, which is whose API can confirm it.

    It is not always the observer: two Prometheus servers may alert on what the one prober saw.
    """
    return labels.get("prometheus", "").removeprefix(MONITORING_PREFIX) or None


def is_listed(labels: Labels, observers: Collection[str]) -> bool:
    """Whether it is a word that may count: sent by one of *observers*, of its own look or of the prober's.

    Any holder of a token can invent an observer, or two that agree. What one place sends as the look of
    another is nobody's word either: the API of neither could confirm or deny it.
    """
    sender = monitoring_of(labels)
    return sender in observers and observer_of(labels) in {sender, PROBER}


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


def reading_of(labels: Labels, regions: Collection[str], observers: Collection[str] | None = None) -> Reading:
    """Return what an alert with these labels is; without *observers* it is not asked who says it."""
    if observer_of(labels) is None:
        return Reading.NO_OBSERVER
    if observers is not None and not is_listed(labels, observers):
        return Reading.UNLISTED
    if is_watchdog(labels):
        return Reading.HEARTBEAT
    if class_of(labels) is None:
        return Reading.NO_CLASS
    return Reading.UNATTRIBUTED if region_of(labels, regions) is None else Reading.SIGNAL
