"""The intake as a process of its own, with an estate that is not there but for those who tell of it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml
from posting import TOKEN
from storm import PLACES, Episode

from lab.process import wait_until

TEMPLATE = Path(__file__).parents[1] / "lab" / "estate.yaml"
REGIONS = PLACES[:2]
UP_DEADLINE_S = 60.0
NOBODY = "http://127.0.0.1:9"
NOWHERE = dict(zip(REGIONS, ("127.0.0.8", "127.0.0.9"), strict=True))
REGION = {
    "probes": 20,
    "last_good_at": None,
    "first_failed_at": None,
    "p50_latency_ms": 5,
    "p95_latency_ms": 9,
    "last_error": None,
    "writable": True,
    "requests": 100,
    "error_rate": 0.0,
    "answers": 50,
}


class Tellers(ThreadingHTTPServer):
    """The three Prometheus servers, with the alerts that go on firing, and a prober that finds one region bad."""

    daemon_threads = True

    def __init__(self, fires: Iterable[Episode]) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        told: dict[str, list[dict[str, Any]]] = {place: [] for place in PLACES}
        for episode in fires:
            told[episode.place].append(
                {"labels": episode.labels, "state": "firing", "activeAt": episode.starts_at.isoformat()}
            )
        self.alerts = {
            place: json.dumps({"status": "success", "data": {"alerts": alerts}}).encode()
            for place, alerts in told.items()
        }

    def url(self, name: str) -> str:
        """Return the address of a place's Prometheus, or of the prober."""
        return f"http://127.0.0.1:{self.server_port}/{name}"


class _Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Tellers

    def do_GET(self) -> None:
        """Answer with what is known beforehand: it costs the machine next to nothing."""
        name = self.path.split("/")[1]
        answer = self.server.alerts.get(name) or json.dumps(_evidence()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def _evidence() -> dict[str, Any]:
    bad = REGION | {"failed": 20, "consecutive_failures": 20}
    good = REGION | {"failed": 0, "consecutive_failures": 0}
    everybody = {"requests": 100, "failed": 50, "success": 0.5, "by_region": {REGIONS[1]: 50}}
    regions = {REGIONS[0]: bad, REGIONS[1]: good}
    return {"at": datetime.now(UTC).isoformat(), "window_s": 30, "global": everybody, "regions": regions}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@dataclass
class Intake:
    """The intake in *folder*, which is asked and asks; it may be killed and started again."""

    folder: Path
    tellers: Tellers
    port: int = field(default_factory=_free_port)
    peak_bytes: int = 0
    """The most memory that any of its processes had resident at once, once each has ended."""
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        (self.folder / "token").write_text(TOKEN)
        estate, config = self.folder / "estate.yaml", self.folder / "intake.yaml"
        values = yaml.safe_load(TEMPLATE.read_text())
        for block in ("postgres_multi_region", "redis_multi_region"):
            for region in values[block]["regions"]:
                region |= {"host": NOWHERE[region["name"]], "port": 9}
        estate.write_text(yaml.safe_dump(values | {"recovery": _recovery(self.folder, self.tellers)}))
        config.write_text(
            yaml.safe_dump(
                {
                    "listen": f"127.0.0.1:{self.port}",
                    "spool": str(self.spool),
                    "estate": str(estate),
                    "token_files": [str(self.folder / "token")],
                }
            )
        )

    @property
    def spool(self) -> Path:
        """Its file."""
        return self.folder / "spool.sqlite"

    @property
    def evaluations(self) -> Path:
        """What it wrote down of its verdicts."""
        return self.folder / "evaluations.jsonl"

    @property
    def operations(self) -> list[Path]:
        """Everything in the estate's journal: what was begun."""
        return [path for place in PLACES for path in (self.folder / place).rglob("*") if path.is_file()]

    def start(self) -> None:
        """Start its process; it answers some seconds later."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deployments.intake", "--config", str(self.folder / "intake.yaml")],
                env=os.environ | _environment(self.folder),
                stdout=log,
                stderr=log,
            )

    def wait(self) -> None:
        """Return once it answers."""
        wait_until(self._answers, what="the intake's answer", deadline_s=UP_DEADLINE_S)

    def kill(self) -> None:
        """End it by SIGKILL."""
        if self._process is None or self._process.poll() is not None:
            return
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
        self.peak_bytes = max(self.peak_bytes, int(peak.split()[1]) * 1024)
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        with urlopen(f"http://127.0.0.1:{self.port}/health", timeout=1) as answer:
            return bool(answer.status == HTTPStatus.OK)


def _environment(folder: Path) -> Mapping[str, str]:
    return {
        "PREFECT_API_URL": f"{NOBODY}/api",
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "MPLCONFIGDIR": str(folder / "matplotlib"),
        "DO_NOT_TRACK": "1",
    }


def _recovery(folder: Path, tellers: Tellers) -> dict[str, Any]:
    """The eleventh block: an automation at the lab's pace, a journal in folders, nobody else at home."""
    stops = {
        region: {"bucket": "stops", "region": other, "key": region}
        for region, other in (REGIONS, REGIONS[::-1])
    }
    return {
        "estate": "alone",
        "secrets_directory": str(folder),
        "reports_directory": str(folder / "reports"),
        "journal": {"stores": [{"kind": "directory", "place": p, "path": str(folder / p)} for p in PLACES]},
        "route53": {
            "hosted_zone_id": "Z1",
            "record_ttl_seconds": 1,
            "authoritative_servers": ["127.0.0.1:9"],
            "health_checks": {region: f"check-{region}" for region in REGIONS},
            "stop_objects": stops,
        },
        "gateways": {r: {"address": NOWHERE[r], "port": 9} for r in REGIONS},
        "postgres": {"application_roles": ["eden_app"]},
        "prober": {"url": tellers.url("prober")},
        "automation": {
            "hold_seconds": 2,
            "evaluations": 3,
            "evaluate_seconds": 1,
            "hysteresis_seconds": 3,
            "observers": {place: {"prometheus": tellers.url(place)} for place in PLACES},
        },
    }
