"""Secrets reach the clients, and nothing else: with the real `Estate.load`, and nobody there to answer."""

import json
import socket
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from recovery.errors import RecoveryError
from recovery.operation import Failover

SOURCE = "us-east-1"
ADDRESSES = {SOURCE: "127.0.0.1", "us-west-2": "127.0.0.2"}
CANARY = "canary-5f1d"
SECRETS = ("postgres-operator", "redis", "aws-access-key-id", "aws-secret-access-key")


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken, and that nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        yield door.getsockname()[1]


@pytest.fixture
def estate_file(estate_values: dict[str, Any], tmp_path: Path, closed_port: int) -> Path:
    (tmp_path / "secrets").mkdir(mode=0o700)
    for name in SECRETS:
        secret = tmp_path / "secrets" / name
        secret.touch(mode=0o600)
        secret.write_text(f"{CANARY}-{name}")
    url = f"http://127.0.0.1:{closed_port}"
    for block in ("postgres_multi_region", "redis_multi_region"):
        for region in estate_values[block]["regions"]:
            region |= {"host": ADDRESSES[region["name"]], "port": closed_port}
    recovery = estate_values["recovery"]
    recovery |= {
        "aws": {
            "access_key_id_secret": "aws-access-key-id",
            "secret_access_key_secret": "aws-secret-access-key",
        },
        "redis": {"password_secret": "redis"},
        "prober": {"url": url},
    }
    recovery["postgres"]["password_secret"] = "postgres-operator"
    recovery["route53"] |= {"endpoint_url": url, "authoritative_servers": [f"127.0.0.1:{closed_port}"]}
    for stop in recovery["route53"]["stop_objects"].values():
        stop["endpoint_url"] = url
    for region, address in ADDRESSES.items():
        at = {"address": address, "port": closed_port, "scheme": "http", "admin": f"127.0.0.1:{closed_port}"}
        recovery["gateways"][region] = at
    file = tmp_path / "estate.yaml"
    file.write_text(yaml.safe_dump(estate_values))
    return file


def test_no_secret_is_told_by_a_failover_that_nobody_answers(
    estate_file: Path, prefect_api: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither by its plan, its journal, its report, its error, its log, nor by Prefect."""
    from flows.region_failover import region_failover  # noqa: PLC0415 - takes seconds

    asked = {"source": SOURCE, "estate": str(estate_file)}

    plan = region_failover(Failover(**asked, dry_run=True))
    with pytest.raises(RecoveryError, match="to be called at fault") as raised:
        region_failover(Failover(**asked))

    written = [path for path in tmp_path.rglob("*") if path.is_file() and "secrets" not in path.parts]
    told = [path.read_text() for path in written]
    told += [plan, caplog.text, "".join(traceback.format_exception(raised.value))]
    told += [json.dumps(prefect_api.artifacts), json.dumps(prefect_api.runs)]
    assert "not seen: postgres 127.0.0.1" in plan
    assert {"report.json", "report.html"} <= {path.name for path in written}
    assert any("journal" in path.parts for path in written)
    assert [text for text in told if CANARY in text] == []
