"""Looking before judging: every place's own APIs, asked at once for what they hold true now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter

from deployments.intake.asking import Asking
from deployments.intake.known import Fetched, Known
from recovery.alerts import ActiveAlert, HeldAlert
from recovery.silences import Silence, Told, maintenance

FETCH_EVERY = timedelta(seconds=15)
"""At least: an estate that evaluates more often fetches more often, but no storm of deliveries makes it so."""


class Monitoring(Protocol):
    """One place's Prometheus, asked for its own alerts."""

    def firing(self) -> list[ActiveAlert]:
        """Return the alerts that fire there now, or raise `Unavailable`."""
        ...


class Alerting(Protocol):
    """One place's Alertmanager."""

    def held(self) -> list[HeldAlert]:
        """Return the alerts that it would deliver now, or raise `Unavailable`."""
        ...

    def silences(self) -> list[Silence]:
        """Return the silences that hold, and those that will, or raise `Unavailable`."""
        ...


@dataclass(frozen=True)
class Observer:
    """One place's monitoring."""

    prometheus: Monitoring
    alertmanager: Alerting | None = None


class Looking:
    """Asks all places at each look; it remembers which silences each of them told last."""

    def __init__(
        self,
        known: Known,
        observers: Mapping[str, Observer],
        *,
        registry: CollectorRegistry,
        every: timedelta = FETCH_EVERY,
    ) -> None:
        """Ask nobody yet; alerts are fetched *every* so often, the rest at each look."""
        self._known, self._every = known, min(every, FETCH_EVERY)
        alerting = {place: o.alertmanager for place, o in observers.items() if o.alertmanager}
        self._firing = Asking(
            {place: o.prometheus.firing for place, o in observers.items()}, action="confirm"
        )
        self._held = Asking({place: o.held for place, o in alerting.items()}, action="fetch")
        self._silences = Asking({place: o.silences for place, o in alerting.items()}, action="silences")
        self._silenced = tuple(alerting)
        self._told = {place: Told(missing="not asked: it names no Alertmanager") for place in observers}
        self._fetched_at: datetime | None = None
        self._counter = Counter(
            "dr_alerts_fetched",
            "Alerts that an Alertmanager held and no delivery had brought.",
            ["outcome"],
            registry=registry,
        )
        self._count(Fetched())

    def look(self, now: datetime) -> None:
        """Take over what the places answer; what does not answer says nothing, good or bad."""
        due = self._fetched_at is None or now - self._fetched_at >= self._every
        self._firing.begin()
        self._silences.begin()
        if due:
            self._fetched_at = now
            self._held.begin()
            self._count(self._known.fetch([a for held in self._held.answers().values() for a in held], now))
        for place, firing in self._firing.answers().items():
            self._known.confirm(place, firing, now)
        answered = self._silences.answers()
        for place in self._silenced:
            before = self._told[place].silences
            self._told[place] = (
                Told(answered[place], missing=None)
                if place in answered
                else Told(before, missing="does not answer")
            )

    def maintenance(self, *, source: str, target: str, now: datetime) -> str | None:
        """Return who works on *source* or *target*, or why that is not known; None where nobody does."""
        return maintenance(self._told, source=source, target=target, now=now)

    def _count(self, fetched: Fetched) -> None:
        for outcome, number in fetched:
            self._counter.labels(outcome).inc(number)
