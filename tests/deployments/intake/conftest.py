"""What the intake's tests stand on: Alertmanager 0.25's own bodies, a spool in a folder, and a door."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deployments.intake.api import Door
from deployments.intake.auth import Tokens
from deployments.intake.metrics import Metrics
from deployments.intake.store import Store

REGIONS = ("us-east-1", "us-west-2")
RECEIVED = datetime(2026, 11, 22, 8, 32, tzinfo=UTC)
TOKEN = "t" * 32


@pytest.fixture
def sample() -> Callable[[str], bytes]:
    """Return what reads a body that Alertmanager 0.25.0 sent."""
    folder = Path(__file__).parent / "samples"
    return lambda name: (folder / f"am025-{name}.json").read_bytes()


@pytest.fixture
def body() -> Callable[..., bytes]:
    """Return what makes a body of alerts, each told as what differs from a usual one."""

    def of(*alerts: dict[str, Any], **more: Any) -> bytes:
        told = [
            {
                "status": "firing",
                "fingerprint": f"{number:016x}",
                "startsAt": "2026-11-22T08:31:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "labels": {
                    "alertname": "ErrorRateHigh",
                    "dr_signal": "errors",
                    "prometheus": "monitoring-us-east-1",
                    "region": "us-east-1",
                    "service": "checkout",
                },
            }
            | alert
            for number, alert in enumerate(alerts)
        ]
        return json.dumps({"version": "4", "alerts": told} | more).encode()

    return of


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty spool."""
    opened = Store(tmp_path / "spool.sqlite", retention=timedelta(days=7), expiry=timedelta(hours=1))
    yield opened
    opened.close()


@pytest.fixture
def door(store: Store, tmp_path: Path) -> Door:
    """Return a door for one token, at a fixed instant."""
    file = tmp_path / "token"
    file.write_text(TOKEN)
    return Door(store, Tokens([file]), REGIONS, Metrics(REGIONS), now=lambda: RECEIVED)
