"""Makes the sample journals of restores beside this file: `python tests/samples/restores.py` writes them anew.

Each function tells one restore, second by second from the fault. They are invented; their proportions are the lab's.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telling import SOURCE, Tale, after, finding, iso

from recovery.journal import Event, Kind, following

HERE = Path(__file__).parent
MOMENT = "2026-03-14 02:17:41.399000+00:00"
TITLES = {
    "can_be_reached": "Check that the moment can be reached",
    "fetch": "Fetch the backup",
    "replay": "Replay up to the moment",
    "compare": "Compare with the live rows",
    "prove": "Prove what was restored",
    "approve_repair": "Have the repair approved",
    "repair": "Repair the live rows",
    "measure_restore": "Measure what was achieved",
    "drop_scratch": "Give up the scratch cluster, or keep it",
    "tear_down": "Remove the scratch cluster",
}
OF_TABLE = (("customers.public.accounts", 4, 0, 0, 0), ("orders.public.orders", 180, 26, 3, 2))


@dataclass
class RestoreTale(Tale):
    """A restore's journal being told."""

    def asks(self, at: float, *, scope: str = "beside", **asked: Any) -> None:
        """Open the operation."""
        known = {"region": SOURCE, "scope": scope, "time": iso(-0.001), "estate": "estate.yaml"}
        told: dict[str, Any] = {
            "procedure": "pitr-restore",
            "parameters": known | {"dry_run": False, "apply": False, "tables": [], "reason": ""} | asked,
            "region": SOURCE,
            "scope": scope,
            "moment": MOMENT,
            "objectives": {"rto_s": 900.0, "rpo_s": 300.0},
            "estate": "eden",
            "estate_digest": "5f0c1d8e2b7a49c3" * 4,
            "code_version": "0.1.0",
            "started_by": self.actor,
            "prefect_run": "surgical restore of us-east-1" if scope == "surgical" else f"{scope} restore",
        }
        fields: dict[str, Any] = {"time": after(at), "operation": self.operation, "actor": self.actor}
        self.events.append(following(self.events, **fields, kind=Kind.OPENED, data=told))

    def started(self, at: float, step: str, *, region: str | None = None, attempt: int = 1) -> None:
        """A step starts, or starts again."""
        told: dict[str, Any] = {"attempt": attempt, "title": TITLES[step], "mutating": step == "repair"}
        self.tell(at, Kind.STARTED, step=step, region=region, touches=["scratch 127.0.10.1:5499"], **told)

    def acted(self, start: float, end: float, step: str, summary: str, result: Any) -> None:
        """A step in the region, from start to end."""
        self.step(start, end, step, summary, region=SOURCE, result=result)


def chosen(*, predicted_s: float | None = 9.8) -> Any:
    backup = {"label": "20260314-010002F", "kind": "full", "repository": 1, "started_at": iso(-4659)}
    return {
        "moment": MOMENT,
        "backup": backup
        | {"stopped_at": iso(-4648), "stop_lsn": "0/2B000100", "wal_stop": "00000001000000000000002B"}
        | {"cluster_bytes": 667_000_000, "stored_bytes": 88_000_000, "damaged": False},
        "place": SOURCE,
        "reachable": {"first": iso(-608_000), "last": iso(598.2)},
        "predicted_s": predicted_s,
        "fault_at": iso(0),
        "findings": [
            finding(
                "a repository answers", "us-east-1: WAL …11 to …3F", "", remedy="another one is used; mend it"
            ),
            finding(
                "the moment can be reached", "20260314-010002F in us-east-1", "a week back to 02:27:39 UTC"
            ),
            finding("the disk has room for a second cluster", "61.4 GB are free", "0.8 GB"),
            finding("the same major version of PostgreSQL is installed", "15.20", "15.20"),
        ],
    }


def fetched() -> Any:
    return {
        "folder": "/srv/scratch/restore-1",
        "backup": "20260314-010002F",
        "cluster_bytes": 667_000_000,
        "length_s": 1.94,
    }


def replayed() -> Any:
    return {"lsn": "0/3A0021F8", "last_commit_at": iso(-0.38), "length_s": 3.12}


def proved(**wrong: str) -> Any:
    """The ladder; *wrong* says what `pages` or `tables` showed where they do not hold."""
    rungs = [
        ("The repository's files are as they were written", True, "us-east-1: nothing is wrong", 1.31),
        ("It stands at the moment", True, "0/3A0021F8, last commit 02:17:41.020 UTC", 0.01),
        ("The rows are those of the ledger", None, "no ledger was taken at this moment", 0.0),
        ("Every page's checksum is right", "pages" not in wrong, wrong.get("pages", "nothing is wrong"), 2.2),
        ("Heaps and indexes are sound", True, "nothing is wrong", 1.87),
        ("Every node group's tables are there", "tables" not in wrong, "12 tables in 4 databases", 0.06),
    ]
    keys = ("name", "held", "shown", "length_s")
    return {"rungs": [dict(zip(keys, rung, strict=True)) for rung in rungs], "promote_s": 0.41}


def damage() -> Any:
    keys = ("table", "updates", "inserts", "deletes", "kept")
    tables = [dict(zip(keys, table, strict=True)) for table in OF_TABLE]
    return {
        "tables": tables,
        "plan": "operations/restore-2/plan.jsonl",
        "digest": "c0ffee42" * 8,
        "length_s": 0.74,
    }


def achieved(rto_s: float | None, *, rpo_s: float | None = 0.38, **phases: float) -> Any:
    known = {"fetch": 1.94, "replay": 3.12, "promote": 0.41, "validate": 5.45}
    reason = None if rpo_s is not None else "nobody said when the fault was"
    return {"rto_s": rto_s, "rpo_s": rpo_s, "rpo_reason": reason, "rows_after": 7, "phases": known | phases}


def up_to_the_replay(tale: RestoreTale) -> None:
    """What every restore begins with."""
    tale.acted(
        600.1, 601.0, "can_be_reached", "20260314-010002F from us-east-1 (4 of 4 checks hold)", chosen()
    )
    tale.acted(601.1, 603.1, "fetch", "667 MB in 1.9 s (344 MB/s)", fetched())


def beside() -> list[Event]:
    """A scratch cluster, for looking."""
    tale = RestoreTale("restore-20260314-022741-1a2b", actor="a.meyer@ops-1:3107")
    tale.asks(600, reason="INC-2301: what did the price list look like before the import?")
    up_to_the_replay(tale)
    tale.acted(603.2, 606.4, "replay", "replayed to 0/3A0021F8 in 3.1 s", replayed())
    tale.acted(606.5, 612.4, "prove", "5 of 5 proofs hold", proved())
    tale.acted(612.5, 612.9, "measure_restore", "RTO 12.4 s, RPO 0.38 s", achieved(12.4))
    tale.acted(613, 613.1, "drop_scratch", "scratch 127.0.10.1:5499 stays", "scratch 127.0.10.1:5499")
    summary = f"{SOURCE} as it was at {MOMENT} is beside the live cluster: scratch 127.0.10.1:5499."
    then = ["look at it there, then run `dr restore drop restore-20260314-022741-1a2b`"]
    tale.tell(613.2, Kind.CLOSED, outcome="restored beside", summary=summary, next=then)
    return tale.events


def surgical(tale: RestoreTale, *, apply: bool) -> None:
    """Up to the plan of a surgical restore, proved."""
    tables = [table[0] for table in OF_TABLE]
    tale.asks(
        600, scope="surgical", apply=apply, tables=tables, reason="INC-2301: the import set every price to 0"
    )
    up_to_the_replay(tale)
    tale.acted(603.2, 606.4, "replay", "replayed to 0/3A0021F8 in 3.1 s", replayed())
    told = "213 rows in 2 tables to be brought back; 2 changed again since are left to a person"
    tale.acted(606.5, 607.3, "compare", told, damage())
    tale.acted(607.4, 613.3, "prove", "5 of 5 proofs hold", proved())


def repaired() -> list[Event]:
    """The damaged rows alone, two of them left to a person."""
    tale = RestoreTale("restore-20260314-022741-2b3c", actor="a.meyer@ops-1:3107")
    surgical(tale, apply=True)
    tale.step(613.4, 641.7, "approve_repair", "approved by b.okafor", result={"approver": "b.okafor"})
    tale.tell(641.8, Kind.POINT_OF_NO_RETURN)
    result = {"rows": 213, "undo": "operations/restore-2/undo.jsonl", "verified": 213, "length_s": 0.52}
    tale.acted(641.9, 642.5, "repair", "213 rows brought back, 213 read back as planned", result)
    phases = achieved(42.5, compare=0.74, repair=0.52)
    tale.acted(642.6, 643, "measure_restore", "RTO 42.5 s, RPO 0.38 s", phases)
    tale.acted(643.1, 643.6, "drop_scratch", "removed", "removed")
    then = ["decide about the 2 rows that were written again since: they are in the plan"]
    summary = (
        f"{SOURCE}: 213 rows in 2 tables are as they were; 2 that changed again since are left to a person."
    )
    tale.tell(643.7, Kind.CLOSED, outcome="repaired", summary=summary, next=then)
    return tale.events


def planned() -> list[Event]:
    """The plan of a repair, and nothing else."""
    tale = RestoreTale("restore-20260314-022741-3c4d", actor="a.meyer@ops-1:3107")
    surgical(tale, apply=False)
    tale.acted(613.4, 613.8, "measure_restore", "RTO 13.3 s, RPO 0.38 s", achieved(13.3, compare=0.74))
    then = ["read operations/restore-2/plan.jsonl, then start it again with `Repair the live rows`"]
    summary = f"{SOURCE}: 213 rows in 2 tables to be brought back; nothing was changed."
    tale.tell(613.9, Kind.CLOSED, outcome="planned", summary=summary, next=then)
    return tale.events


def refused() -> list[Event]:
    """The replay did not reach the moment: what was made beside the live cluster is removed."""
    tale = RestoreTale("restore-20260314-022741-4d5e", actor="a.meyer@ops-1:3107")
    tale.asks(600, reason="INC-2301")
    up_to_the_replay(tale)
    tale.started(603.2, "replay", region=SOURCE)
    why = (
        "scratch 127.0.10.1:5499 ended by itself: recovery ended before configured recovery target was reached. "
        "WAL segment 00000001000000000000003A is missing; restore from us-west-2."
    )
    tale.tell(606.4, Kind.FAILED, step="replay", region=SOURCE, error=why, result=None)
    tale.tell(606.5, Kind.BACKING_OUT, why=why)
    tale.acted(606.6, 607.2, "tear_down", "removed", "removed")
    tale.tell(607.3, Kind.BACKED_OUT)
    return tale.events


def unproved() -> list[Event]:
    """A page's checksum is wrong; a scratch cluster for looking is kept all the same."""
    tale = RestoreTale("restore-20260314-022741-5e6f", actor="a.meyer@ops-1:3107")
    tale.asks(600, reason="quarterly test")
    up_to_the_replay(tale)
    tale.acted(603.2, 606.4, "replay", "replayed to 0/3A0021F8 in 3.1 s", replayed())
    wrong = 'checksum verification failed in file "base/16412/16620", block 7'
    tale.acted(606.5, 612.4, "prove", "4 of 5 proofs hold", proved(pages=wrong))
    tale.acted(612.5, 612.9, "measure_restore", "RTO 12.4 s, RPO 0.38 s", achieved(12.4))
    then = ["find out which backups have the wrong page: start with the one before"]
    tale.tell(
        613, Kind.CLOSED, outcome="restored beside", summary="It is beside the live cluster.", next=then
    )
    return tale.events


def interrupted() -> list[Event]:
    """Its process was killed while it replayed."""
    tale = RestoreTale("restore-20260314-022741-6f70", actor="a.meyer@ops-1:3107")
    tale.asks(600, reason="INC-2301")
    up_to_the_replay(tale)
    tale.started(603.2, "replay", region=SOURCE)
    return tale.events


def resumed() -> list[Event]:
    """The same, gone on with by another process, twenty minutes later: beyond its RTO."""
    tale = RestoreTale("restore-20260314-022741-6f70", actor="a.meyer@ops-1:3107", events=interrupted())
    tale.actor = "b.okafor@ops-2:811"
    tale.tell(1800, Kind.NOTED, text="Resumed by b.okafor@ops-2:811.")
    for step, at in (("can_be_reached", 601.0), ("fetch", 603.1)):
        tale.tell(1800.1, Kind.SKIPPED, step=step, region=SOURCE, why="done before", done_at=iso(at))
    tale.started(1800.2, "replay", region=SOURCE, attempt=2)
    tale.done(1803.4, "replay", "replayed to 0/3A0021F8 in 3.1 s", region=SOURCE, result=replayed())
    tale.acted(1803.5, 1809.4, "prove", "5 of 5 proofs hold", proved())
    tale.acted(1809.5, 1810, "measure_restore", "RTO 1209.4 s, RPO 0.38 s", achieved(1209.4))
    tale.tell(
        1810.1, Kind.CLOSED, outcome="restored beside", summary="It is beside the live cluster.", next=[]
    )
    return tale.events


TALES = (beside, repaired, planned, refused, unproved, interrupted, resumed)


def path_of(name: str) -> Path:
    """Where a sample is kept."""
    return HERE / f"restore-{name}.jsonl"


def as_lines(events: list[Event]) -> bytes:
    """A journal as its file has it."""
    return b"".join(event.to_json() + b"\n" for event in events)


if __name__ == "__main__":
    for tell in TALES:
        path_of(tell.__name__).write_bytes(as_lines(tell()))
