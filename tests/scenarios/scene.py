"""`dr` against a running lab, as a person runs it, and what is true there by queries of our own."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from secrets import token_hex
from time import monotonic

import httpx

from blocks.journal_stores import journal_of
from lab.estate import AUTOMATION
from lab.parts.aws import route53, zone
from lab.parts.postgres import connected
from lab.parts.prefect import environment
from lab.place import PORTS, ROOT, WEST, Lab
from lab.running import down, up
from lab.service.settings import DATABASES
from recovery import operation_journal
from recovery.evaluation import Evaluation, parsed
from recovery.journal import Event
from recovery.quorum import Quorum
from recovery.report.compose import compose
from recovery.report.document import Report
from recovery.waiting import wait_until

DR = str(Path(sys.executable).with_name("dr"))
DEADLINE_S = 200
HOLD_S, EVALUATIONS = float(str(AUTOMATION["hold_seconds"])), int(str(AUTOMATION["evaluations"]))


def a_lab(
    name: str, *, watched: bool = True, automatic: bool = False, backed_up: bool = False
) -> Iterator["Scene"]:
    """Bring a lab up, and down again whatever happened in it."""
    named = f"{name}-{os.getpid()}"
    lab = up(named, lambda _proof: None, watched=watched, automatic=automatic, backed_up=backed_up)
    try:
        yield Scene(lab)
    finally:
        down(lab)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    told: str


class Scene:
    """A running lab, `dr` against it, and what is true in it by queries of our own."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def start(self, *arguments: str, estate: Path | None = None) -> subprocess.Popen[str]:
        """Start `dr`, and do not wait for it."""
        env = {**os.environ, **environment(self.lab), "DR_ESTATE": str(estate or self.lab.estate_file)}
        return subprocess.Popen(
            [DR, *arguments],
            env=env,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def dr(self, *arguments: str, estate: Path | None = None) -> Ended:
        """Run `dr`, and return its exit status and what it said."""
        with self.start(*arguments, estate=estate) as process:
            said, _ = process.communicate(timeout=DEADLINE_S)
        return Ended(process.returncode, said)

    def operations(self) -> list[str]:
        """Return the ids of the lab's operations."""
        return operation_journal.operations(self.quorum)

    def events(self, operation: str) -> list[Event]:
        """Return an operation's journal."""
        return list(operation_journal.read(self.quorum, operation))

    def report(self, operation: str | None = None) -> Report:
        """Return the report of an operation, by default the newest, composed from its journal."""
        return compose(self.events(operation or self.operations()[-1]))

    def promised(
        self,
        *,
        region: str | None = None,
        by: datetime | None = None,
        between: tuple[datetime, datetime] | None = None,
    ) -> set[tuple[str, int]]:
        """Return the rows that the prober was promised, read from its ledger's file.

        All, or those of one *region*, those committed *by* an instant, those asked for and promised *between* two.
        """
        query = "SELECT client, seq FROM requests WHERE kind = 'write' AND outcome = 'acknowledged'"
        query += " AND coalesce(region = :region, true) AND coalesce(committed_at <= :by, true)"
        query += " AND coalesce(started_at > :after, true) AND coalesce(ended_at < :until, true)"
        after, until = between or (None, None)
        instants = {"by": by, "after": after, "until": until}
        bounds = {name: at and round(at.timestamp() * 1e6) for name, at in instants.items()}
        with closing(sqlite3.connect(self.lab.folder / "data" / "prober" / "ledger.sqlite")) as ledger:
            return set(ledger.execute(query, {"region": region, **bounds}))

    def present(self, region: str = WEST) -> set[tuple[str, int]]:
        """Return every row of the prober in a region."""
        found: set[tuple[str, int]] = set()
        for database in DATABASES.values():
            with connected(self.lab, region, database) as connection:
                found |= set(connection.execute("SELECT client, seq FROM dr_probe").fetchall())
        return found

    def may_log_in(self, region: str) -> bool:
        """Return whether the applications may log in to the region's PostgreSQL."""
        query = "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'eden_app'"
        with connected(self.lab, region, "postgres") as connection:
            row = connection.execute(query).fetchone()
        return bool(row and row[0])

    def follows(self, region: str) -> set[bool]:
        """Return whether the region's subscriptions are enabled: one value where they agree."""
        found = set()
        for database in DATABASES.values():
            with connected(self.lab, region, database) as connection:
                found |= {
                    row[0] for row in connection.execute("SELECT sub_enabled FROM pglogical.subscription")
                }
        return found

    def weights(self) -> dict[str, int]:
        """Return the zone's weights."""
        records = route53(self.lab).list_resource_record_sets(HostedZoneId=zone(self.lab).zone_id)
        return {r["SetIdentifier"]: r["Weight"] for r in records["ResourceRecordSets"] if "Weight" in r}

    def evaluations(self) -> list[Evaluation]:
        """Return what the intake made of its alerts, each change once."""
        kept = self.lab.folder / "data" / "intake" / "evaluations.jsonl"
        whole, _, _ = kept.read_text().rpartition("\n") if kept.exists() else ("", "", "")
        return list(parsed(kept.name, whole.split("\n")))

    def post(self, *alerts: Mapping[str, object], token: str | None = None) -> int:
        """Deliver alerts to the intake as an Alertmanager does, and return the status of its answer."""
        bearer = {"Authorization": f"Bearer {token or self.lab.secret('intake-token')}"}
        body = {"version": "4", "alerts": alerts}
        return httpx.post(self.lab.intake_url, content=json.dumps(body), headers=bearer).status_code

    @contextmanager
    def told(self, *alerts: Mapping[str, object]) -> Iterator[None]:
        """Have the alerts fire at the intake for as long as the block runs."""
        assert self.post(*alerts) == HTTPStatus.ACCEPTED
        yield
        self.post(*({**alert, "status": "resolved"} for alert in alerts))

    def intake_metric(self, series: str) -> float:
        """Return the value of one of the intake's series, as it is written."""
        told = httpx.get(f"http://{self.lab.third_place}:{PORTS.intake}/metrics").text
        return next(
            float(line.rpartition(" ")[2]) for line in told.splitlines() if line.startswith(f"{series} ")
        )

    def firing(self) -> set[tuple[str, str | None]]:
        """Return the name and region of each alert that fires at the witness's Prometheus."""
        told = httpx.get(f"http://{self.lab.third_place}:{PORTS.prometheus}/api/v1/alerts").json()
        labels = [alert["labels"] for alert in told["data"]["alerts"] if alert["state"] == "firing"]
        return {(label["alertname"], label.get("region")) for label in labels}

    def stored(self) -> set[str]:
        """Return the fingerprints of the alerts in the intake's spool."""
        with closing(sqlite3.connect(self.lab.folder / "data" / "intake" / "spool.sqlite")) as spool:
            return {row[0] for row in spool.execute("SELECT fingerprint FROM alerts")}

    def judged_for_long(self) -> None:
        """Return once the intake has judged what it knows by now more often, and longer, than it holds a verdict.

        Each time by an alert that says nothing: it is news, so an evaluation that began after it takes it up.
        """
        until, at, evaluations = monotonic() + 1.5 * HOLD_S, 0.0, 0
        while evaluations <= EVALUATIONS or at < until:
            at = monotonic()
            self.post(an_alert(alertname="News"))
            wait_until(self._judged, what="an evaluation of the newest alert", deadline_s=30)
            evaluations += 1

    def _judged(self) -> tuple[bool | None, str]:
        age_s = self.intake_metric("dr_intake_oldest_unprocessed_seconds")
        return (True if age_s == 0 else None), f"{age_s} s without an evaluation"

    @property
    def quorum(self) -> Quorum:
        """The journal's stores."""
        return journal_of(str(self.lab.estate_file))[1]


def an_alert(*, at: datetime | None = None, **labels: str) -> dict[str, object]:
    """Return an alert that no monitoring knows, firing since *at* (now)."""
    since = (at or datetime.now(UTC)).isoformat()
    return {"status": "firing", "startsAt": since, "labels": labels, "fingerprint": token_hex(8)}
