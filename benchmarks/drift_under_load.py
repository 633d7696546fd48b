"""Two regions compared and repaired while both are written to: what is called drift, found, repaired, lost, and echoed.

    python benchmarks/drift_under_load.py --seconds 60 --writes 200

Each region updates, inserts and deletes rows of its own without pause, so many a second. For as long as asked the
regions are compared again and again: every row that is told is a false one. Then rows are planted that differ for
good, found, repaired by the later write, and compared again, all under the same load. Prints the writes that were
acknowledged a second, rows that were under way at the looks, false ones, planted ones that were found, rows that differ
after the repair, acknowledged writes that are not there at the end, and rows that the repair sent back. Last, the
planted rows themselves are written to while they are repaired, again and again: a write that was acknowledged between
the look and the repair has to stand.
"""

import argparse
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from time import monotonic

from lab.account import house
from lab.parts.link import Link
from lab.parts.postgres import Postgres, connected
from lab.parts.replication import Replication
from lab.place import NODE_GROUPS, PORTS, REGIONS, Lab, claim
from lab.running import down, refuse_second, start_all
from recovery.adapters.postgres import Access
from recovery.adapters.postgres import Postgres as Cluster
from recovery.adapters.postgres.tables import PostgresTables
from recovery.reconcile.deciding import Deciding
from recovery.reconcile.drift import Drift, Pair, Seen, drifted
from recovery.reconcile.reconciliation_plan import ReconciliationPlan, Settled, settle
from recovery.reconcile.repairs import Carrying
from recovery.reconcile.rules import Rule, Strategy
from recovery.reconcile.shapes import TableName
from recovery.waiting import wait_until

DATABASE, ROWS, OWN = NODE_GROUPS[0], 200_000, 2_000
TABLE = TableName(DATABASE, "public", "loaded")
SCHEMA = "CREATE TABLE loaded (id int PRIMARY KEY, name text, at timestamptz DEFAULT now())"
FILL = "INSERT INTO loaded SELECT n, 'row ' || n FROM generate_series(%s::int, %s::int) n"
PLANTED = range(150_000, 150_030)
ROUNDS, HIT_EVERY_S = 20, 0.02
HERE_ONLY = (
    "SELECT pg_replication_origin_create('planted') WHERE pg_replication_origin_oid('planted') IS NULL",
    "SELECT pg_replication_origin_session_setup('planted')",
)


class Writer(Thread):
    """One region's writes, of rows that the other one does not write."""

    def __init__(self, lab: Lab, number: int, per_second: float, over: Event) -> None:
        super().__init__()
        self._lab, self._number, self._pause, self._over = lab, number, 1 / per_second, over
        self.written, self.promised = 0, dict[int, str | None]()

    def run(self) -> None:
        """Write until it is over."""
        first, due = 1 + self._number * OWN, monotonic()
        with connected(self._lab, REGIONS[self._number], DATABASE) as session:
            while not self._over.wait(max(0.0, due - monotonic())):
                due += self._pause
                key, name = first + self.written % OWN, f"written {self.written}"
                if self.promised.get(key, "") and self.written % 7 == 0:
                    session.execute("DELETE FROM loaded WHERE id = %s", [key])
                    self.promised[key] = None
                else:
                    session.execute(
                        "INSERT INTO loaded VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
                        [key, name],
                    )
                    self.promised[key] = name
                self.written += 1


class Hitting(Thread):
    """The first region's writes of the planted rows, one after the other, while they are repaired."""

    def __init__(self, lab: Lab, number: int, over: Event) -> None:
        super().__init__()
        self._lab, self._number, self._over = lab, number, over
        self.promised: dict[int, str | None] = {}
        self.written = 0

    def run(self) -> None:
        """Write until it is over, each row in turn."""
        with connected(self._lab, REGIONS[0], DATABASE) as session:
            while not self._over.wait(HIT_EVERY_S):
                key, name = PLANTED[self.written % len(PLANTED)], f"hit {self._number}/{self.written}"
                session.execute("UPDATE loaded SET name = %s WHERE id = %s", [name, key])
                self.promised[key] = name
                self.written += 1


class Estate:
    """Both regions, as a comparison has them."""

    def __init__(self, lab: Lab) -> None:
        accesses = [
            Access(lab.address(region), PORTS.postgres, "dr_operator", lab.secret("postgres-operator"))
            for region in REGIONS
        ]
        groups = [DATABASE]
        self.clusters = [Cluster(a, node_groups=groups, application_roles=["eden_app"]) for a in accesses]
        left, right = (PostgresTables(access, databases=groups) for access in accesses)
        self.pair = Pair(left, right, self.fence)

    def fence(self) -> None:
        """Have what either region has committed be in the other one."""
        for here, there, region in ((0, 1, REGIONS[0]), (1, 0, REGIONS[1])):
            mark, reader = self.clusters[here].beat(region), self.clusters[there]

            def seen(
                reader: Cluster = reader, region: str = region, mark: datetime = mark
            ) -> tuple[bool | None, str]:
                at = reader.heartbeats(region)[DATABASE]
                return (True if at and at >= mark else None), str(at)

            wait_until(seen, what=f"a mark of {region}", deadline_s=60, poll_s=0.01)

    def compared(self) -> tuple[Seen, list[Drift]]:
        """Compare the table; return what was seen, and the rows that have drifted."""
        told: list[Drift] = []
        return drifted(self.pair, TABLE, tell=told.append), told


@contextmanager
def loaded(lab: Lab, per_second: float) -> Iterator[tuple[list[Writer], Callable[[], list[float]]]]:
    """Have both regions written to."""
    over = Event()
    writers = [Writer(lab, number, per_second, over) for number in range(2)]
    began = monotonic()
    for writer in writers:
        writer.start()
    try:
        yield writers, lambda: [writer.written / (monotonic() - began) for writer in writers]
    finally:
        over.set()
        for writer in writers:
            writer.join()


def plant(lab: Lab, name: str = "planted") -> None:
    """Have rows differ for good: the right region's are the later ones."""
    with connected(lab, REGIONS[1], DATABASE) as session:
        for statement in HERE_ONLY:
            session.execute(statement)
        session.execute("UPDATE loaded SET name = %s WHERE id = ANY (%s)", [name, list(PLANTED)])


def repaired(estate: Estate, rows: list[Drift]) -> int:
    """Repair by the later write, and return how many rows were."""
    shape, deciding = estate.pair.left.shape(TABLE), Deciding(REGIONS)
    decided = [settle(row, deciding.decide(row, shape, Rule(Strategy.LAST_WRITE_WINS))) for row in rows]
    plan = ReconciliationPlan(
        name="bench",
        estate="bench",
        regions=REGIONS,
        made_at=datetime.now(UTC),
        tables=(shape,),
        rows=tuple(row for row in decided if isinstance(row, Settled)),
        queue=(),
    )
    sides = (estate.pair.left, estate.pair.right), (estate.pair.right, estate.pair.left)
    done = 0
    for region, (here, there) in zip(REGIONS, sides, strict=True):
        done += Carrying(plan.repair_of(region), here, there).carry().done
    return done


def versions(lab: Lab, region: str) -> set[tuple[int, str]]:
    """Return the planted rows' versions in a region."""
    with connected(lab, region, DATABASE) as session:
        query = "SELECT id, xmin::text FROM loaded WHERE id = ANY (%s)"
        return set(session.execute(query, [list(PLANTED)]).fetchall())


def missing(lab: Lab, promised: dict[int, str | None]) -> int:
    """Return how many rows are not, in either region, as their last acknowledged write left them."""
    count = 0
    for region in REGIONS:
        with connected(lab, region, DATABASE) as session:
            query = "SELECT id, name FROM loaded WHERE id = ANY (%s)"
            there = dict(session.execute(query, [list(promised)]).fetchall())
        count += sum(there.get(key) != name for key, name in promised.items())
    return count


def hit(lab: Lab, estate: Estate) -> tuple[int, int, int]:
    """Repair planted rows while they are written to; return how many were repaired, were written, and lost a write."""
    repaired_rows = written = gone = 0
    for number in range(ROUNDS):
        estate.fence()
        plant(lab, f"planted {number}")
        found, over = estate.compared()[1], Event()
        hitting = Hitting(lab, number, over)
        hitting.start()
        try:
            repaired_rows += repaired(estate, found)
        finally:
            over.set()
            hitting.join()
        estate.fence()
        written, gone = written + hitting.written, gone + missing(lab, hitting.promised)
    return repaired_rows, written, gone


def measure(lab: Lab, seconds: float, per_second: float) -> None:
    """Compare, plant, find, repair, and compare again; print what came of it."""
    estate, false, under_way, looks = Estate(lab), 0, 0, 0
    with loaded(lab, per_second) as (writers, rate):
        until = monotonic() + seconds
        while monotonic() < until:
            seen, told = estate.compared()
            false, under_way, looks = false + len(told), under_way + seen.in_flight, looks + 1
        rates = rate()
        plant(lab)
        found = estate.compared()[1]
        before = versions(lab, REGIONS[1])
        done = repaired(estate, found)
        after = estate.compared()[1]
        echoed = len(before - versions(lab, REGIONS[1]))
        estate.fence()
    estate.fence()
    gone = sum(missing(lab, writer.promised) for writer in writers)
    hits_repaired, hits_written, hits_gone = hit(lab, estate)
    keys = {int(row.key[0]) for row in found}
    print(f"acknowledged writes a second       {rates[0]:.0f} and {rates[1]:.0f}, for {seconds:.0f} s")
    print(f"comparisons of {ROWS} rows         {looks}, with {under_way} rows under way")
    print(f"false differences                  {false}   asked for: 0")
    hits, others = len(keys & set(PLANTED)), len(keys - set(PLANTED))
    print(f"planted and found                  {hits} of {len(PLANTED)}, and {others} others")
    print(f"repaired                           {done}")
    print(f"different after the repair         {len(after)}   asked for: 0")
    print(f"acknowledged and lost              {gone}   asked for: 0")
    print(f"echoed                             {echoed}   asked for: 0")
    planted = ROUNDS * len(PLANTED)
    print(
        f"written to while being repaired    {hits_written} times; repaired were {hits_repaired} of {planted} rows"
    )
    print(f"acknowledged and lost of these     {hits_gone}   asked for: 0")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--writes", type=float, default=200, help="in each region, a second")
    asked = parser.parse_args()
    name = f"bench-load-{os.getpid()}"
    refuse_second(name)
    lab, control = claim(name)
    house(lab)
    try:
        start_all(lab, [Link(control), *map(Postgres, REGIONS), Replication()], lambda _: None)
        for region in REGIONS:
            with connected(lab, region, DATABASE) as session:
                session.execute(SCHEMA)
                session.execute("SELECT pglogical.replication_set_add_table('default', 'public.loaded')")
        with connected(lab, REGIONS[0], DATABASE) as session:
            session.execute(FILL, [2 * OWN + 1, ROWS])
        Estate(lab).fence()
        measure(lab, asked.seconds, asked.writes)
    finally:
        down(lab)
        shutil.rmtree(lab.folder)


if __name__ == "__main__":
    main()
