"""What watches the regions: a Prometheus and an Alertmanager in each, and one of both in the third place.

Each place looks for itself. A region's monitoring is lost with its region; the third place's is not.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from lab import process
from lab.account import owned
from lab.asking import answer
from lab.place import OUTSIDE, PORTS, REGIONS, ROOT, Lab, other

FILES = Path("data") / "monitoring"
UP_DEADLINE_S = 30.0
WRITTEN_DEADLINE_S = 30.0
SMALL = {"GOMAXPROCS": "1"}
PLACES = (*REGIONS, OUTSIDE)
PACE = {
    "scrape": 1,
    "evaluate": 1,
    "hold": 0,
    "group_wait": 0,
    "group_interval": 1,
    "repeat": 10,
    "watchdog_repeat": 2,
}
"""Seconds. A test cannot wait for a real estate's pace."""
ELSEWHERE = ("prometheus", "intake")
"""Jobs that a Prometheus does not wait for: other places may be down, the intake starts after it."""
RESEND_DELAY = "2s"
"""Alertmanager forgets an alert that was not sent again for four of these: so long a dead watchdog lives."""


@dataclass(frozen=True)
class Monitoring:
    """The files of all of it, made from the estate as an operator makes them."""

    name: str = "monitoring"
    region: None = None
    needs: tuple[str, ...] = ("estate",)

    def start(self, lab: Lab) -> None:
        """Write the configurations, who is scraped, and the token to show at the intake."""
        folder = lab.folder / FILES
        folder.mkdir(parents=True, exist_ok=True)
        token = folder / "intake-token"
        token.touch(mode=0o600)
        token.write_text(lab.secret("intake-token"))
        intake = {"url": lab.intake_url, "credentials_file": str(token)}
        command = [sys.executable, "-m", "deployments.monitoring", "--estate", str(lab.estate_file)]
        command += ["--folder", str(folder), "--pace", json.dumps(PACE), "--intake", json.dumps(intake)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=WRITTEN_DEADLINE_S)
        for place in PLACES:
            (folder / place / "targets").mkdir(exist_ok=True)
            for job, targets in _targets(lab, place).items():
                (folder / place / "targets" / f"{job}.yml").write_text(yaml.safe_dump(targets))
        owned(folder)

    def prove(self, lab: Lab) -> str:
        """How many rules there are."""
        rules = [(lab.folder / FILES / place / "rules.yml").read_text() for place in PLACES]
        return f"{sum(text.count('- alert:') for text in rules)} rules, made from the estate file"


@dataclass(frozen=True)
class Alertmanager:
    """One place's Alertmanager: alone, so that no place waits for another one."""

    place: str
    needs: tuple[str, ...] = ("monitoring",)

    @property
    def name(self) -> str:
        """One a place."""
        return f"alertmanager-{self.place}"

    @property
    def region(self) -> str | None:
        """The region it is lost with."""
        return self.place if self.place in REGIONS else None

    def start(self, lab: Lab) -> None:
        """Start it, with what it remembers of earlier calls."""
        data = lab.folder / "data" / self.name
        data.mkdir(exist_ok=True)
        owned(data)
        address = f"{lab.monitoring_address(self.place)}:{PORTS.alertmanager}"
        command = [
            "/usr/bin/prometheus-alertmanager",
            f"--config.file={lab.folder / FILES / self.place / 'alertmanager.yml'}",
            f"--storage.path={data}",
            f"--web.listen-address={address}",
            f"--web.external-url=http://{address}",
            "--cluster.listen-address=",
        ]
        process.start(lab, self.name, command, region=self.region, env=SMALL)

    def prove(self, lab: Lab) -> str:
        """It is ready."""
        url = f"http://{lab.monitoring_address(self.place)}:{PORTS.alertmanager}/-/ready"
        process.wait_until(lambda: answer(url), what=f"{self.name}'s readiness", deadline_s=UP_DEADLINE_S)
        return "ready"


@dataclass(frozen=True)
class Prometheus:
    """One place's Prometheus."""

    place: str

    @property
    def name(self) -> str:
        """One a place."""
        return f"prometheus-{self.place}"

    @property
    def region(self) -> str | None:
        """The region it is lost with."""
        return self.place if self.place in REGIONS else None

    @property
    def needs(self) -> tuple[str, ...]:
        """Whom it tells, and what it scrapes of its own place."""
        if self.place not in REGIONS:
            return (f"alertmanager-{self.place}", "prober")
        scraped = ("gateway", "postgres-exporter", "redis-exporter", "alertmanager")
        return tuple(f"{part}-{self.place}" for part in scraped)

    def start(self, lab: Lab) -> None:
        """Start it, with what it has seen before."""
        data = lab.folder / "data" / self.name
        data.mkdir(exist_ok=True)
        owned(data)
        address = f"{lab.monitoring_address(self.place)}:{PORTS.prometheus}"
        command = [
            "/usr/bin/prometheus",
            f"--config.file={lab.folder / FILES / self.place / 'prometheus.yml'}",
            f"--storage.tsdb.path={data}",
            "--storage.tsdb.retention.time=2h",
            f"--rules.alert.resend-delay={RESEND_DELAY}",
            f"--web.listen-address={address}",
            f"--web.external-url=http://{address}",
        ]
        process.start(lab, self.name, command, region=self.region, env=SMALL)

    def prove(self, lab: Lab) -> str:
        """It scrapes its own place's targets, and its watchdog has reached its own and the witness's Alertmanager.

        The other places may be down just now.
        """
        base = f"http://{lab.monitoring_address(self.place)}:{PORTS.prometheus}"

        def watches() -> str | None:
            found = json.loads(answer(f"{base}/api/v1/targets?state=active"))["data"]["activeTargets"]
            own = {t["labels"]["job"]: t["health"] for t in found if t["labels"]["job"] not in ELSEWHERE}
            heard = all(self._heard(lab, place) for place in {self.place, OUTSIDE})
            return f"scrapes {', '.join(own)}; its watchdog is heard" if _all_up(own) and heard else None

        return process.wait_until(watches, what=f"{self.name}'s targets", deadline_s=UP_DEADLINE_S)

    def _heard(self, lab: Lab, place: str) -> bool:
        """Whether the Alertmanager at *place* knows this Prometheus' watchdog."""
        alerts = f"http://{lab.monitoring_address(place)}:{PORTS.alertmanager}/api/v2/alerts"
        return bool(json.loads(answer(f"{alerts}?filter=alertname=Watchdog&filter=observer={self.place}")))


def _all_up(health: dict[str, str]) -> bool:
    return bool(health) and set(health.values()) == {"up"}


def _targets(lab: Lab, place: str) -> dict[str, list[dict[str, object]]]:
    """Return whom the Prometheus at *place* scrapes and tells, by job."""
    tells = [f"{lab.monitoring_address(at)}:{PORTS.alertmanager}" for at in dict.fromkeys((place, OUTSIDE))]
    here = lab.monitoring_address(place)
    if place in REGIONS:
        ports = {
            "gateway": PORTS.gateway_metrics,
            "services": PORTS.services,
            "postgres": PORTS.postgres_exporter,
            "redis": PORTS.redis_exporter,
        }
        # From one region to the other goes what the link lets through.
        elsewhere = {other(place): lab.across(other(place))}
    else:
        ports = {"prober": PORTS.prober, "intake": PORTS.intake}
        elsewhere = {region: lab.address(region) for region in REGIONS}
    return {
        "alertmanager": [{"targets": tells}],
        "prometheus": [
            {"targets": [f"{address}:{PORTS.prometheus}"], "labels": {"region": region}}
            for region, address in elsewhere.items()
        ],
        **{job: [{"targets": [f"{here}:{port}"]}] for job, port in ports.items()},
    }
