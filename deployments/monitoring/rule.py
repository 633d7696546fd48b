"""One alert rule: what is looked at, which region it judges, and by whose look."""

from datetime import timedelta

from pydantic import JsonValue

from deployments.monitoring.pace import duration
from recovery.measurement import Frozen
from recovery.signals import SignalClass

CRITICAL = frozenset({SignalClass.HEALTH, SignalClass.ERRORS, SignalClass.MONITORING})
"""The classes that page; the others warn."""


class Look(Frozen):
    """Who judges which region."""

    region: str
    observer: str


class Rule(Frozen):
    """An alert rule of Prometheus."""

    alert: str
    expr: str
    look: Look
    signal: SignalClass | None
    """None: it is told by an Alertmanager's own routes, and says nothing about who is at fault."""
    summary: str
    service: str | None = None

    def rendered(self, hold: timedelta) -> dict[str, JsonValue]:
        """Return the rule as Prometheus reads it; it fires once it has held for *hold*."""
        labels: dict[str, JsonValue] = {
            "region": self.look.region,
            "severity": "critical" if self.signal in CRITICAL else "warning",
            "observer": self.look.observer,
        }
        if self.signal:
            labels["dr_signal"] = self.signal.value
        if self.service:
            labels["service"] = self.service
        return {
            "alert": self.alert,
            "expr": self.expr,
            "for": duration(hold),
            "labels": labels,
            "annotations": {"summary": self.summary},
        }


def share(part: str, whole: str, *, least: float, of: int) -> str:
    """Return the expression for: *part* is at least the share *least* of *whole*, which is at least *of*."""
    return f"{part} / {whole} >= {least:g} and {whole} >= {of}"
