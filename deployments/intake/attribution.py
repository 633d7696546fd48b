"""From a stored alert to the signal that the verdict hears."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from deployments.intake.labels import class_of, is_listed, region_of
from deployments.intake.store import StoredAlert
from recovery.signals import Signal

CONFIRMED_FOR = timedelta(minutes=1)
"""Four rounds of asking an observer's API: after that nobody knows what it says now."""
STALE_AFTER = timedelta(hours=1)
"""Alertmanager tells of an alert within seconds: one that is first told so late may be a replay."""


@dataclass(frozen=True)
class Listed:
    """Whom the estate names: the regions that are judged, and the places whose word counts."""

    regions: Collection[str]
    observers: Collection[str]


def signal_of(alert: StoredAlert, listed: Listed, now: datetime) -> Signal | None:
    """Return the signal of *alert*, whose region is None unless it is a listed one.

    None: it has no class, its observer is not listed, or it is stale.
    """
    signal = class_of(alert.labels)
    if signal is None or alert.observer is None or is_stale(alert, now):
        return None
    if not is_listed(alert.labels, listed.observers):
        return None
    return Signal(
        key=alert.key,
        region=region_of(alert.labels, listed.regions),
        observer=alert.observer,
        signal=signal,
        service=alert.labels.get("service"),
        active_at=alert.active_at or min(alert.starts_at, alert.first_seen_at),
        ended_at=alert.ended_at,
        confirmed=is_confirmed(alert, now),
    )


def is_confirmed(alert: StoredAlert, now: datetime) -> bool:
    """Whether the API of the monitoring that sent it said the same a moment ago."""
    return alert.confirmed_at is not None and now - alert.confirmed_at <= CONFIRMED_FOR


def is_stale(alert: StoredAlert, now: datetime) -> bool:
    """Whether it was old when it first came, and no API confirms it: a replay looks like that."""
    return alert.first_seen_at - alert.starts_at > STALE_AFTER and not is_confirmed(alert, now)
