"""An Alertmanager in memory: alerts as they were sent to it, silences as people made them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from recovery.alerts import HeldAlert
from recovery.errors import Unavailable
from recovery.silences import Silence

WATCHDOG = "Watchdog"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class FakeAlertmanager:
    """It tells what it holds, or does not answer while it is `away`."""

    endpoint = "Alertmanager fake"

    def __init__(self, *, watchdog: str | None = None) -> None:
        """Hold nothing yet, but the *watchdog* of an observer, where one is named."""
        self.away = False
        self.made: list[Silence] = []
        self._held: list[HeldAlert] = []
        if watchdog is not None:
            self.take({"alertname": WATCHDOG, "observer": watchdog}, LONG_AGO, watchdog)

    def take(self, labels: Mapping[str, str], starts_at: datetime, fingerprint: str) -> None:
        """Hold an alert that fires."""
        self._held.append(HeldAlert(fingerprint, starts_at, labels, {}))

    def resolve(self) -> None:
        """Have all but the watchdogs end."""
        self._held = [alert for alert in self._held if _is_watchdog(alert)]

    def held(self) -> list[HeldAlert]:
        """Return the alerts that no silence covers, and that are no watchdog."""
        self._answers()
        return [
            alert
            for alert in self._held
            if not _is_watchdog(alert)
            and not any(silence.active and _covers(silence, alert.labels) for silence in self.made)
        ]

    def heard(self) -> frozenset[str]:
        """Return the observers of its watchdogs."""
        self._answers()
        return frozenset(alert.labels.get("observer", "") for alert in self._held if _is_watchdog(alert))

    def silences(self) -> list[Silence]:
        """Return the silences that were made."""
        self._answers()
        return list(self.made)

    def _answers(self) -> None:
        if self.away:
            raise Unavailable(f"{self.endpoint} did not answer.")


def _is_watchdog(alert: HeldAlert) -> bool:
    return alert.labels.get("alertname") == WATCHDOG


def _covers(silence: Silence, labels: Mapping[str, str]) -> bool:
    return all(matcher.may_match(labels.get(matcher.name, "")) for matcher in silence.matchers)
