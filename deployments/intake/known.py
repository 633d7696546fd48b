"""The spool as the evaluations know it: signals, watchdogs, and what each monitoring's own APIs say of its alerts."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from pydantic import ValidationError

from deployments.intake.attribution import Listed, signal_of
from deployments.intake.labels import is_watchdog
from deployments.intake.payload import Alert, Status
from deployments.intake.store import Store, StoredAlert
from recovery.alerts import ActiveAlert, HeldAlert
from recovery.measurement import Frozen
from recovery.signals import Signal

EXTERNAL = "prometheus"
"""The label that a Prometheus adds on the way out: its own API does not have it."""
MILLISECOND_US = 1000


class Fetched(Frozen):
    """What Alertmanagers held that no delivery had brought."""

    new: int = 0
    malformed: int = 0


class Known:
    """Everything that was stored and may still count."""

    def __init__(self, store: Store, listed: Listed, *, remembered: timedelta) -> None:
        """Alerts that ended longer ago than *remembered* are left out, and the word of whoever is not *listed*."""
        self._store, self._listed, self._remembered = store, listed, remembered

    def signals(self, now: datetime) -> tuple[Signal, ...]:
        """Return the signal of each stored alert that is open, or ended lately."""
        found = (signal_of(alert, self._listed, now) for alert in self._in_hand(now))
        return tuple(signal for signal in found if signal is not None)

    def watchdogs(self) -> Mapping[str, datetime]:
        """Return when each region's monitoring was last heard."""
        heard = self._store.watchdogs()
        return {region: heard[region] for region in self._listed.regions if region in heard}

    def fetch(self, held: Iterable[HeldAlert], asked_at: datetime) -> Fetched:
        """Store what Alertmanagers hold and no delivery brought: it was lost, or cut by `max_alerts`.

        The limits are a delivery's. What is in hand already is not written again.
        """
        episodes = {_episode(alert): alert for alert in held if not is_watchdog(alert.labels)}
        if not episodes:
            return Fetched()
        for known in self._in_hand(asked_at):
            episodes.pop(_episode(known), None)
        missing = [_delivered(alert) for alert in episodes.values()]
        alerts = [alert for alert in missing if alert is not None]
        new = self._store.record(alerts, asked_at).new if alerts else 0
        return Fetched(new=new, malformed=len(missing) - len(alerts))

    def confirm(self, place: str, firing: Collection[ActiveAlert], asked_at: datetime) -> None:
        """Take over what the Prometheus of *place* said: of its stored alerts, those that fire, and since when."""
        active = {frozenset(alert.labels.items()): alert.active_at for alert in firing}
        theirs = self._store.open_alerts(ended_since=asked_at - self._remembered, monitoring=place)
        own = {a.fingerprint: frozenset((k, v) for k, v in a.labels.items() if k != EXTERNAL) for a in theirs}
        if own:
            known = {fingerprint: active[labels] for fingerprint, labels in own.items() if labels in active}
            self._store.confirm(place, known, asked_at=asked_at, among=own)

    def _in_hand(self, now: datetime) -> tuple[StoredAlert, ...]:
        return self._store.open_alerts(ended_since=now - self._remembered)


def _episode(alert: HeldAlert | StoredAlert) -> tuple[str, datetime]:
    """Name the episode as Alertmanager's API can: its starts are cut to the ms, those of deliveries are not."""
    at = alert.starts_at
    return alert.fingerprint, at.replace(microsecond=at.microsecond // MILLISECOND_US * MILLISECOND_US)


def _delivered(held: HeldAlert) -> Alert | None:
    """Return the alert as a delivery would have told it, None where it breaks a delivery's limits."""
    try:
        return Alert(
            fingerprint=held.fingerprint,
            status=Status.FIRING,
            starts_at=held.starts_at,
            labels=dict(held.labels),
            annotations=dict(held.annotations),
        )
    except ValidationError:
        return None
