"""Alerts as two Alertmanagers tell them: shuffled, again and again, in bodies of mixed size."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from recovery.signals import SignalClass

PEERS = ("http://alertmanager-1.example.com:9093", "http://alertmanager-2.example.com:9093")
PLACES = ("us-east-1", "us-west-2", "witness")
LARGEST_BODY = 1000
"""Alertmanager's `max_alerts`."""
MILLISECOND = timedelta(milliseconds=1)

Telling = tuple[str, int, str]
"""Fingerprint, start in microseconds since 1970, status: what may never be lost once it was answered with 202."""


@dataclass(frozen=True)
class Episode:
    """One alert from one start on, against the same region; *ends* says whether it is ever told as resolved."""

    number: int
    starts_at: datetime
    ends: bool

    @property
    def fingerprint(self) -> str:
        """Its name."""
        return f"{self.number:016x}"

    @property
    def place(self) -> str:
        """Whose Prometheus fires it."""
        return PLACES[self.number % len(PLACES)]

    @property
    def labels(self) -> dict[str, str]:
        """All but what its Prometheus adds on the way out."""
        signals = list(SignalClass)
        return {
            "alertname": "PodErrorRateHigh",
            "dr_signal": signals[self.number % len(signals)].value,
            "instance": f"10.1.{self.number // 256 % 256}.{self.number % 256}:8080",
            "job": "probe",
            "pod": f"checkout-{self.number}",
            "region": "us-east-1",
            "service": f"service-{self.number % 7}",
            "severity": "critical",
        }

    def told(self, status: str) -> tuple[Telling, str]:
        """Return what is told, and how a body has it."""
        ends_at = (
            (self.starts_at + MILLISECOND).isoformat() if status == "resolved" else "0001-01-01T00:00:00Z"
        )
        alert = {
            "status": status,
            "labels": self.labels | {"prometheus": f"monitoring-{self.place}"},
            "annotations": {"summary": f"Error ratio 31% in checkout-{self.number}"},
            "startsAt": self.starts_at.isoformat(),
            "endsAt": ends_at,
            "generatorURL": f"http://prometheus.{self.place}.example.com:9090/graph?g0.expr=error_ratio+%3E+0.05",
            "fingerprint": self.fingerprint,
        }
        start = round(self.starts_at.timestamp() * 1000) * 1000
        return (self.fingerprint, start, status), json.dumps(alert)


@dataclass(frozen=True)
class Delivery:
    """One body, and what it tells."""

    body: bytes
    tells: tuple[Telling, ...]


def episodes(count: int) -> list[Episode]:
    """Return *count* episodes that begin now; every second one ends."""
    now = datetime.now(UTC).replace(microsecond=0)
    return [Episode(n, now - n % 1000 * MILLISECOND, ends=n % 2 == 0) for n in range(count)]


def deliveries(told: Sequence[Episode], chance: random.Random) -> list[Delivery]:
    """Return everything told by both peers, and once more by one of them, in any order and grouping."""
    tellings = [e.told("firing") for e in told] + [e.told("resolved") for e in told if e.ends]
    found: list[Delivery] = []
    for peer in (*PEERS, chance.choice(PEERS)):
        shuffled = chance.sample(tellings, len(tellings))
        found += [_delivery(group, peer) for group in _groups(shuffled, chance)]
    chance.shuffle(found)
    return found


def _groups(
    tellings: list[tuple[Telling, str]], chance: random.Random
) -> Iterator[list[tuple[Telling, str]]]:
    """Cut into groups of 1 to 1,000, small ones as likely as large ones."""
    at = 0
    while at < len(tellings):
        size = round(LARGEST_BODY ** chance.random())
        yield tellings[at : at + size]
        at += size


def _delivery(group: Sequence[tuple[Telling, str]], peer: str) -> Delivery:
    head = json.dumps({"version": "4", "receiver": peer, "externalURL": peer, "truncatedAlerts": 0})
    body = f'{head[:-1]}, "alerts": [{", ".join(alert for _, alert in group)}]}}'
    return Delivery(body.encode(), tuple(telling for telling, _ in group))


def one_body(told: Sequence[Episode]) -> Delivery:
    """Return one body with all of them, firing."""
    return _delivery([episode.told("firing") for episode in told], PEERS[0])
