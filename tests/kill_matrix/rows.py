"""The rows of a lab, by queries of our own: those that a procedure had to bring back, and what both regions have."""

from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
from scene import Scene

from lab.parts.postgres import connected
from lab.place import REGIONS
from lab.service.settings import DATABASES
from recovery.errors import DeadlinePassed
from recovery.waiting import wait_until

Rows = dict[int, str]
"""Of a table `dr_probe`: each row's digest, by its id."""
ARRIVES_S = 60.0
"""So long what one region has may take to be in the other one, under the prober's load."""
SELECT = "SELECT id, md5(t::text) FROM dr_probe t"
SEQUENCE = """
SELECT last_value, (SELECT max(id) FROM dr_probe WHERE (id - start_value) % increment_by = 0)
FROM pg_sequences WHERE sequencename = 'dr_probe_id_seq'
"""
"""Where a region's sequence stands, and the greatest id that was drawn of it."""


@dataclass(frozen=True)
class Damage:
    """Rows that are missing, and have to be in both regions once the procedure has ended."""

    database: str = ""
    rows: Rows = field(default_factory=dict)


def rows_of(scene: Scene, region: str, database: str) -> Rows:
    with connected(scene.lab, region, database) as connection:
        return dict(connection.execute(SELECT).fetchall())


def wrong(scene: Scene, damage: Damage) -> list[str]:
    """Return what is not as it has to be: rows that are missing or differ, and ids that would be drawn twice.

    Of regions that do not both apply what the other one writes, only what was to be brought back is asked.
    """
    if not all(_applies(scene, region) for region in REGIONS):
        return [f"{len(damage.rows)} rows are not brought back: the regions are apart"] if damage.rows else []
    told = [_missing(scene, region, damage) for region in REGIONS]
    for database in DATABASES.values():
        told += [_apart(scene, database, *pair) for pair in (REGIONS, REGIONS[::-1])]
        told += [_drawn_again(scene, region, database) for region in REGIONS]
    return [one for one in told if one]


def _applies(scene: Scene, region: str) -> bool:
    """Whether its subscriptions are enabled; a lost region does not answer, after an undisturbed run too."""
    try:
        return scene.follows(region) == {True}
    except psycopg.OperationalError:
        return False


def _missing(scene: Scene, region: str, damage: Damage) -> str:
    if not damage.rows:
        return ""
    return _awaited(
        lambda: _lacking(damage.rows, rows_of(scene, region, damage.database)),
        f"{region}: rows of {damage.database} that were to be brought back",
    )


def _apart(scene: Scene, database: str, here: str, there: str) -> str:
    """Tell where rows that *here* has now are not in the other region in time, or are others there."""
    now = rows_of(scene, here, database)
    return _awaited(
        lambda: _lacking(now, rows_of(scene, there, database)), f"{there}: rows of {database} that {here} has"
    )


def _lacking(wanted: Rows, found: Rows) -> list[int]:
    return sorted(number for number, row in wanted.items() if found.get(number) != row)


def _awaited(look: Callable[[], list[int]], what: str) -> str:
    """Return nothing once *look* finds no row that lacks or differs, else that it still does."""

    def none() -> tuple[bool | None, str]:
        lacking = look()
        return (None if lacking else True), f"{len(lacking)} lack or differ, such as {lacking[:5]}"

    try:
        wait_until(none, what=what, deadline_s=ARRIVES_S, poll_s=1)
    except DeadlinePassed as error:
        return str(error)
    return ""


def _drawn_again(scene: Scene, region: str, database: str) -> str:
    """Tell where the region would draw an id that is drawn already."""
    with connected(scene.lab, region, database) as connection:
        row = connection.execute(SEQUENCE).fetchone()
    last, greatest = row or (None, None)
    if greatest is None or (last is not None and last >= greatest):
        return ""
    return f"{region}: the sequence of {database} stands at {last}, and {greatest} is drawn already"
