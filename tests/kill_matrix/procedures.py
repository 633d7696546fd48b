"""What is killed: each procedure with its command, what makes the lab ready for it, and what puts the lab back."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scene import Scene

from lab.faults import Fault, break_it, heal
from lab.parts.postgres import connected
from lab.place import EAST, REGIONS, WEST

DATABASE, TABLE = "eden_task", "public.dr_probe"
Prepare = Callable[[Scene], Sequence[str]]
HERE_ONLY = """
SELECT pg_replication_origin_create('planted') WHERE pg_replication_origin_oid('planted') IS NULL;
SELECT pg_replication_origin_session_setup('planted');
"""
"""What a session changes after it comes from somewhere else, and is forwarded nowhere."""


@dataclass(frozen=True)
class Procedure:
    """One procedure: `prepare` returns its command, and `put_back` has the lab as it was."""

    name: str
    prepare: Prepare
    put_back: Callable[[Scene], None] = lambda _scene: None


def _region_lost(scene: Scene) -> Sequence[str]:
    at = break_it(scene.lab, Fault.REGION, EAST)
    return ["failover", EAST, "--injected-at", at.isoformat()]


def _planned(_scene: Scene) -> Sequence[str]:
    return ["failover", EAST, "--mode", "planned"]


def _returned(scene: Scene) -> Sequence[str]:
    done(scene, "failover", EAST, "--mode", "planned")
    return ["failback", EAST]


def _lost_and_returned(scene: Scene) -> Sequence[str]:
    done(scene, *_region_lost(scene))
    heal(scene.lab, REGIONS, lambda _proof: None)
    return ["failback", EAST]


def brought_back(scene: Scene) -> None:
    heal(scene.lab, REGIONS, lambda _proof: None)
    done(scene, "failback", EAST)


def _damaged(*options: str) -> Prepare:
    def prepare(scene: Scene) -> Sequence[str]:
        transaction = _delete_rows(scene)
        return [
            "restore",
            "run",
            EAST,
            *options,
            "--before-transaction",
            str(transaction),
            "--reason",
            "matrix",
        ]

    return prepare


def _latest(*options: str) -> Prepare:
    return lambda _scene: ["restore", "run", EAST, *options, "--latest", "--reason", "matrix"]


def _drifted(scene: Scene) -> Sequence[str]:
    """Delete a row in each region that the other one keeps, and have a plan made that brings both back."""
    for region, nth in ((EAST, 2001), (WEST, 2002)):
        with connected(scene.lab, region, DATABASE) as connection:
            connection.execute(HERE_ONLY)
            connection.execute(
                "DELETE FROM dr_probe WHERE id = (SELECT id FROM dr_probe ORDER BY id LIMIT 1 OFFSET %s)",
                [nth],
            )
    told = scene.dr("reconcile", "--group", DATABASE, "--then", "plan", "--reason", "matrix").told
    found = re.search(r"comparison-[0-9a-z-]+", told)
    assert found, told
    return ["reconcile", "repair", found[0], "--reason", "matrix"]


def _delete_rows(scene: Scene) -> int:
    """Have a transaction delete rows that customers were promised; return its number once both regions lack them."""
    query = "DELETE FROM dr_probe WHERE id IN (SELECT id FROM dr_probe ORDER BY id LIMIT 50)"
    with connected(scene.lab, EAST, DATABASE) as connection, connection.transaction():
        connection.execute(query)
        row = connection.execute("SELECT txid_current()").fetchone()
    return int(row[0]) if row else 0


def done(scene: Scene, *command: str) -> str:
    """Run `dr` to its end, and return what it said; `AssertionError` where it fails."""
    ended = scene.dr(*command)
    assert ended.status == 0, f"dr {' '.join(command)} ended with {ended.status}: {ended.told[-600:]}"
    return ended.told


ALL = (
    Procedure("failover-unplanned", _region_lost, brought_back),
    Procedure("failover-planned", _planned, brought_back),
    Procedure("failback", _lost_and_returned),
    Procedure("restore-beside", _latest("--no-keep")),
    Procedure(
        "restore-surgical", _damaged("--scope", "surgical", "--table", f"{DATABASE}.{TABLE}", "--apply")
    ),
    Procedure("restore-in-place", _damaged("--scope", "in place")),
    Procedure("restore-two-region", _latest("--scope", "two region")),
    Procedure("repair", _drifted),
    Procedure("drill", lambda _scene: ["drill", "planned-move", "--scope", "live", "--reason", "matrix"]),
)
