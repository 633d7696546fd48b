"""The spool as the evaluations know it: signals, watchdogs, and what each monitoring's own API says of its alerts."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from deployments.intake.attribution import signal_of
from deployments.intake.store import Store
from recovery.ports import ActiveAlert
from recovery.signals import Signal

EXTERNAL = "prometheus"
"""The label that a Prometheus adds on the way out: its own API does not have it."""


class Known:
    """Everything that was stored and may still count."""

    def __init__(self, store: Store, *, remembered: timedelta) -> None:
        """Alerts that ended longer ago than *remembered* are left out."""
        self._store, self._remembered = store, remembered

    def signals(self, regions: Collection[str], now: datetime) -> tuple[Signal, ...]:
        """Return the signal of each stored alert that is open, or ended lately."""
        alerts = self._store.open_alerts(ended_since=now - self._remembered)
        found = (signal_of(alert, regions, now) for alert in alerts)
        return tuple(signal for signal in found if signal is not None)

    def watchdogs(self) -> Mapping[str, datetime]:
        """Return when each place's monitoring was last heard."""
        return self._store.watchdogs()

    def confirm(self, place: str, firing: Collection[ActiveAlert], asked_at: datetime) -> None:
        """Take over what the Prometheus of *place* said: of its stored alerts, those that fire, and since when."""
        active = {frozenset(alert.labels.items()): alert.active_at for alert in firing}
        theirs = [
            a
            for a in self._store.open_alerts(ended_since=asked_at - self._remembered)
            if a.monitoring == place
        ]
        own = {a.fingerprint: frozenset((k, v) for k, v in a.labels.items() if k != EXTERNAL) for a in theirs}
        if own:
            known = {fingerprint: active[labels] for fingerprint, labels in own.items() if labels in active}
            self._store.confirm(place, known, asked_at=asked_at)
