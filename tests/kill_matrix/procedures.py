"""What is killed: each procedure with its command, what makes the lab ready for it, and what puts the lab back."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from release import archived
from scene import Scene

from kill_matrix.rows import Damage, Rows, rows_of
from lab.faults import Fault, break_it, heal
from lab.parts.postgres import connected
from lab.place import EAST, REGIONS, WEST

DATABASE, TABLE = "eden_task", "public.dr_probe"
HERE_ONLY = """
SELECT pg_replication_origin_create('planted') WHERE pg_replication_origin_oid('planted') IS NULL;
SELECT pg_replication_origin_session_setup('planted');
"""
"""What a session changes after it comes from somewhere else, and is forwarded nowhere."""


DELETE_FIRST = """
DELETE FROM dr_probe t WHERE id IN (SELECT id FROM dr_probe ORDER BY id LIMIT 50) RETURNING id, md5(t::text)
"""
DELETE_NEWEST = """
DELETE FROM dr_probe t
WHERE id = (SELECT max(id) FROM dr_probe WHERE region = %s AND written_at < now() - interval '2 s')
RETURNING id, md5(t::text)
"""
"""Of those that the other region wrote, and has had time to send: written since any comparison, it never arrived."""


@dataclass(frozen=True)
class Asked:
    """A command, and the rows that are damaged before it."""

    command: Sequence[str]
    damage: Damage = field(default_factory=Damage)


Prepare = Callable[[Scene], Asked]


@dataclass(frozen=True)
class Procedure:
    """One procedure: `prepare` returns what is asked for, and `put_back` has the lab as it was."""

    name: str
    prepare: Prepare
    put_back: Callable[[Scene], None] = lambda _scene: None
    watched: bool = False
    """Whether it asks the monitoring, without which a lab is up sooner."""


def _region_lost(scene: Scene) -> Asked:
    at = break_it(scene.lab, Fault.REGION, EAST)
    return Asked(["failover", EAST, "--injected-at", at.isoformat()])


def _planned(_scene: Scene) -> Asked:
    return Asked(["failover", EAST, "--mode", "planned"])


def _lost_and_returned(scene: Scene) -> Asked:
    done(scene, *_region_lost(scene).command)
    heal(scene.lab, REGIONS, lambda _proof: None)
    return Asked(["failback", EAST])


def brought_back(scene: Scene) -> None:
    heal(scene.lab, REGIONS, lambda _proof: None)
    done(scene, "failback", EAST)


def _damaged(*options: str) -> Prepare:
    def prepare(scene: Scene) -> Asked:
        transaction, rows = _deleted(scene)
        before = ["--before-transaction", str(transaction)]
        return Asked(
            ["restore", "run", EAST, *options, *before, "--reason", "matrix"], Damage(DATABASE, rows)
        )

    return prepare


def _latest(*options: str) -> Prepare:
    """Return what asks for the newest state: all rows of now have to be in it, since they are archived."""

    def prepare(scene: Scene) -> Asked:
        rows = rows_of(scene, EAST, DATABASE)
        for region in REGIONS:
            archived(scene, region)
        return Asked(
            ["restore", "run", EAST, *options, "--latest", "--reason", "matrix"], Damage(DATABASE, rows)
        )

    return prepare


def _drifted(scene: Scene) -> Asked:
    """Delete a row in each region that the other one keeps, and have a plan made that brings both back."""
    rows: Rows = {}
    for region, author in ((EAST, WEST), (WEST, EAST)):
        with connected(scene.lab, region, DATABASE) as connection:
            connection.execute(HERE_ONLY)
            rows |= dict(connection.execute(DELETE_NEWEST, [author]).fetchall())
    told = scene.dr("reconcile", "--group", DATABASE, "--then", "plan", "--reason", "matrix").told
    found = re.search(r"comparison-[0-9a-z-]+", told)
    assert found, told
    return Asked(["reconcile", "repair", found[0], "--reason", "matrix"], Damage(DATABASE, rows))


def _deleted(scene: Scene) -> tuple[int, Rows]:
    """Have a transaction delete rows that customers were promised; return its number, and the rows."""
    with connected(scene.lab, EAST, DATABASE) as connection, connection.transaction():
        rows = dict(connection.execute(DELETE_FIRST).fetchall())
        row = connection.execute("SELECT txid_current()").fetchone()
    return (int(row[0]) if row else 0), rows


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
    Procedure(
        "drill",
        lambda _scene: Asked(["drill", "planned-move", "--scope", "live", "--reason", "matrix"]),
        watched=True,
    ),
)
