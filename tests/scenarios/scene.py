"""`dr` against a running lab, as a person runs it, and what is true there by queries of our own."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from blocks.estate import journal_of
from lab.parts.aws import route53, zone
from lab.parts.postgres import connected
from lab.parts.prefect import environment
from lab.place import ROOT, WEST, Lab
from lab.running import down, up
from lab.service.settings import DATABASES
from recovery import operation_journal
from recovery.evaluation import Evaluation, parsed
from recovery.journal import Event
from recovery.quorum import Quorum
from recovery.report.compose import compose
from recovery.report.document import Report

DR = str(Path(sys.executable).with_name("dr"))
DEADLINE_S = 200


def a_lab(name: str, *, automatic: bool = False) -> Iterator["Scene"]:
    """Bring a lab up, and down again whatever happened in it."""
    lab = up(f"{name}-{os.getpid()}", lambda _proof: None, automatic=automatic)
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
        return operation_journal.operations(self._quorum())

    def events(self, operation: str) -> list[Event]:
        """Return an operation's journal."""
        return list(operation_journal.read(self._quorum(), operation))

    def report(self) -> Report:
        """Return the report of the newest operation, composed from its journal."""
        return compose(self.events(self.operations()[-1]))

    def promised(self) -> set[tuple[str, int]]:
        """Return every row that the prober was promised, read from its ledger's file."""
        query = "SELECT client, seq FROM requests WHERE kind = 'write' AND outcome = 'acknowledged'"
        with closing(sqlite3.connect(self.lab.folder / "data" / "prober" / "ledger.sqlite")) as ledger:
            return set(ledger.execute(query))

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
        """Return what the intake made of its alerts."""
        kept = self.lab.folder / "data" / "intake" / "evaluations.jsonl"
        return list(parsed(kept.name, kept.read_text().splitlines()))

    def _quorum(self) -> Quorum:
        return journal_of(str(self.lab.estate_file))[1]
