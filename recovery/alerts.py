"""Alerts as the places that have them tell them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ActiveAlert:
    """An alert as the Prometheus that evaluates its rule has it, firing now."""

    labels: Mapping[str, str]
    """Without the external ones, which are added on the way out."""
    active_at: datetime
    """When its condition began, before the rule's `for`."""


@dataclass(frozen=True)
class HeldAlert:
    """An alert as an Alertmanager holds it: firing, and nothing keeps it from being delivered."""

    fingerprint: str
    starts_at: datetime
    """After the rule's `for`, cut to the ms."""
    labels: Mapping[str, str]
    """With the external ones of whoever sent it."""
    annotations: Mapping[str, str]
