"""The values of an estate file for tests in memory: the lab's ten blocks, made quick, and a `recovery` block."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
TEN_BLOCKS = yaml.safe_load((ROOT / "lab" / "estate.yaml").read_text())
WEST, EAST = "us-west-2", "us-east-1"
QUICK = {
    "global_load_balancing": {
        "health_checks": {"interval_seconds": 0.01},
        "failover": {"cooldown_seconds": 0.001},
    },
    "automated_failover": {
        "traffic_shifting": {
            "increment_percent": 50,
            "increment_interval_seconds": 0.02,
            "verification_period_seconds": 0.02,
        },
        "rollback": {"cooldown_period_minutes": 0.001},
    },
}
"""Timings of tests, in place of the lab's."""


def merged(values: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return *values* with those of *more* in place of them, block by block."""
    result = dict(values)
    for key, value in more.items():
        within = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if within else value
    return result


def recovery_block(folder: Path) -> dict[str, Any]:
    return {
        "estate": "tested",
        "secrets_directory": str(folder / "secrets"),
        "reports_directory": str(folder / "reports"),
        "journal": {
            "stores": [
                {"kind": "directory", "place": place, "path": str(folder / place)}
                for place in (EAST, WEST, "witness")
            ]
        },
        "route53": {
            "hosted_zone_id": "Z1",
            "record_ttl_seconds": 1,
            "authoritative_servers": ["127.0.0.1:53"],
            "health_checks": {EAST: "check-us-east-1", WEST: "check-us-west-2"},
            "stop_objects": {
                EAST: {"bucket": "stops-west", "region": WEST, "key": "stop"},
                WEST: {"bucket": "stops-east", "region": EAST, "key": "stop"},
            },
        },
        "gateways": {EAST: {"address": "127.0.0.1"}, WEST: {"address": "127.0.0.2"}},
        "postgres": {"application_roles": ["eden_app"]},
        "prober": {"url": "http://127.0.0.1:8099", "window_ms": 50, "windows": 2},
        "deadlines": {
            "confirm_seconds": 0.3,
            "ready_seconds": 1,
            "fence_seconds": 1,
            "drain_seconds": 0.3,
            "take_over_seconds": 1,
            "shift_seconds": 1,
            "verify_seconds": 2,
        },
        "backups": {
            "repositories": {EAST: {"bucket": "backups-east"}, WEST: {"bucket": "backups-west"}},
            "hosts": {region: database_host(folder, region) for region in (EAST, WEST)},
        },
    }


def database_host(folder: Path, region: str) -> dict[str, Any]:
    return {
        "address": "127.0.0.1",
        "scratch_directory": str(folder / "scratch" / region),
        "data_directory": str(folder / "data" / region),
    }
