"""An Alertmanager in memory: alerts as they were sent to it, silences as people made them."""

from collections.abc import Mapping
from datetime import datetime

from recovery.alerts import HeldAlert
from recovery.errors import Unavailable
from recovery.silences import Silence


class FakeAlertmanager:
    """It tells what it holds, or does not answer while it is `away`."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.away = False
        self.made: list[Silence] = []
        self._held: list[HeldAlert] = []

    def take(self, labels: Mapping[str, str], starts_at: datetime, fingerprint: str) -> None:
        """Hold an alert that fires."""
        self._held.append(HeldAlert(fingerprint, starts_at, labels, {}))

    def held(self) -> list[HeldAlert]:
        """Return the alerts that no silence covers, and that are no watchdog."""
        self._answers()
        return [
            alert
            for alert in self._held
            if alert.labels.get("alertname") != "Watchdog"
            and not any(silence.active and _covers(silence, alert.labels) for silence in self.made)
        ]

    def silences(self) -> list[Silence]:
        """Return the silences that were made."""
        self._answers()
        return list(self.made)

    def _answers(self) -> None:
        if self.away:
            raise Unavailable("Alertmanager fake did not answer.")


def _covers(silence: Silence, labels: Mapping[str, str]) -> bool:
    return all(matcher.may_match(labels.get(matcher.name, "")) for matcher in silence.matchers)
