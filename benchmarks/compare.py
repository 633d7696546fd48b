"""A comparison of two tables of 5,000,000 rows against the least that it could take: one scan of hashes a side.

    python benchmarks/compare.py --rows 5000000 --runs 3

Prints, per run: the floor (one `sum(hash_record_extended(...))` a side, both at once), the comparison when nothing
differs, that of what changed after 1,000 rows were written on both sides, and with the exact keys of some 1,160 rows
that differ, their ratios to the floor and to the whole, the client's memory, and what it received. The last is
compared over a thin link, too: by cells, with how many bytes that takes, and how long, beside blocks.

--peer PYTHON: an interpreter that has reladiff 0.6.0 with psycopg2, which compares the same tables with 4 threads.
"""

import argparse
import os
import resource
import shutil
import socket
import statistics
import struct
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from lab.account import house
from lab.parts.link import Link
from lab.parts.postgres import Postgres, connected
from lab.place import NODE_GROUPS, PORTS, REGIONS, Lab, claim
from lab.running import down, refuse_second, start_all
from recovery.adapters.postgres.sessions import Access
from recovery.adapters.postgres.tables import PostgresTables
from recovery.reconcile.changed import Since
from recovery.reconcile.drift import Pair, Seen, drifted
from recovery.reconcile.shapes import Key, TableName

DATABASE = NODE_GROUPS[0]
TABLE = TableName(DATABASE, "public", "large")
ASKED = {
    "differing / floor": "<= 1.5",
    "identical / floor": "<= 1.5",
    "changed / whole": "<= 0.35",
    "peer / identical": ">= 5",
    "peer / differing": ">= 15",
}
MEMORY_MB = 200
SCHEMA = """
CREATE TABLE large (
    id bigint PRIMARY KEY, code uuid NOT NULL, name text NOT NULL, note text, amount numeric NOT NULL,
    ratio float8 NOT NULL, count int NOT NULL, at timestamptz NOT NULL, doc jsonb NOT NULL, flag bool NOT NULL
)
"""
FILL = """
INSERT INTO large SELECT n, md5(n::text)::uuid, 'customer ' || n, CASE WHEN n %% 10 > 0 THEN md5((n * 7)::text) END,
    n * 1.10, n / 7.0, n %% 1000, timestamptz '2026-01-01' + n * interval '1 second',
    jsonb_build_object('sku', n, 'state', CASE n %% 3 WHEN 0 THEN 'new' ELSE 'paid' END), n %% 2 = 0
FROM generate_series(1, %s) n
"""
DIFFERENCES = (
    "UPDATE large SET amount = amount + 0.01 WHERE id % 4999 = 1 AND id <= 5000000",
    "UPDATE large SET note = '' WHERE id IN (SELECT n * 10 FROM generate_series(1, 10) n)",
    "DELETE FROM large WHERE id % 49999 = 7",
    """INSERT INTO large SELECT -n, code, name, note, amount, ratio, count, at, doc, flag
    FROM large, generate_series(1, 50) n WHERE id = 3""",
)
CHANGE = "UPDATE large SET note = 'changed' WHERE id % 5000 = 13"
PEER = """
import sys, time
import reladiff
left, right = (reladiff.connect_to_table(url, "large", "id") for url in sys.argv[1:])
columns = ("code", "name", "note", "amount", "ratio", "count", "at", "doc", "flag")
began = time.monotonic()
found = sum(1 for _ in reladiff.diff_tables(left, right, extra_columns=columns, threaded=True, max_threadpool_size=4))
print(time.monotonic() - began, found)
"""
BYTES_RECEIVED = 128
"""Where Linux' tcp_info has them."""


def both(work: Callable[[str], object]) -> float:
    """Do *work* for both regions at once, and return how long it took, seconds."""
    began = monotonic()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, REGIONS))
    return monotonic() - began


def fill(lab: Lab, region: str, rows: int) -> None:
    """Make the table, the same on each side."""
    with connected(lab, region, DATABASE) as session:
        session.execute(SCHEMA)
        session.execute(FILL, [rows])
        session.execute("VACUUM ANALYZE large")


def differ(lab: Lab) -> None:
    """Change, delete and insert rows on the right side, scattered over the table."""
    with connected(lab, REGIONS[1], DATABASE) as session:
        for statement in DIFFERENCES:
            session.execute(statement)
        session.execute("VACUUM ANALYZE large")


def floor(lab: Lab) -> float:
    """Return what one scan of hashes a side takes, both at once."""

    def scan(region: str) -> None:
        with connected(lab, region, DATABASE) as session:
            session.execute("SET jit = off")
            session.execute("SELECT sum(hash_record_extended(t.*, 0)) FROM large t").fetchone()

    return both(scan)


def tables_at(lab: Lab, region: str) -> PostgresTables:
    """Return a region's tables, with time for a scan."""
    password = lab.secret("postgres-operator")
    access = Access(lab.address(region), PORTS.postgres, "dr_operator", password, statement_timeout_s=600)
    return PostgresTables(access, databases=[DATABASE])


def compared(lab: Lab, since: Since | None = None, *, thin: bool = False) -> tuple[float, Seen, int, float]:
    """Return how long a comparison takes, what it saw, how many rows drifted, and the megabytes that it received."""
    left, right = (tables_at(lab, region) for region in REGIONS)
    keys: list[Key] = []
    began = monotonic()
    pair = Pair(left, right, lambda: None, thin_link=thin)
    seen = drifted(pair, TABLE, tell=lambda row: keys.append(row.key), since=since)
    return monotonic() - began, seen, len(keys), (received(left) + received(right)) / 1e6


def received(tables: PostgresTables) -> int:
    """Return the bytes that the connections of *tables* have received."""
    total = 0
    for sessions in tables._idle:  # noqa: SLF001 - nobody else wants to know
        for connection in sessions._open.values():  # noqa: SLF001
            with socket.socket(fileno=os.dup(connection.fileno())) as copy:
                told = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
            total += struct.unpack_from("Q", told, BYTES_RECEIVED)[0]
    return total


def changed(lab: Lab, runs: int) -> dict[str, list[float]]:
    """Return a pass of what changed beside one of the whole, after the same rows were written on both sides."""
    left, right = (tables_at(lab, region) for region in REGIONS)
    since = left.watermark(TABLE), right.watermark(TABLE)
    for region in REGIONS:
        with connected(lab, region, DATABASE) as session:
            session.execute(CHANGE.encode())
    found: dict[str, list[float]] = {"changed, s": [], "changed / whole": []}
    for number in range(1, runs + 1):
        whole, (took, seen, keys, megabytes) = compared(lab)[0], compared(lab, since)
        found["changed, s"].append(took)
        found["changed / whole"].append(took / whole)
        print(
            f"changed {number}: the whole in {whole:.2f} s, what changed in {took:.2f} s ({took / whole:.2f}), "
            f"{keys} keys, "
            f"{seen.differing_blocks} of {seen.blocks} blocks, {megabytes:.1f} MB received"
        )
    return found


def over_a_thin_link(lab: Lab, runs: int) -> dict[str, list[float]]:
    """Return what a comparison by cells sends and takes beside one by blocks, of the same rows that differ."""
    found: dict[str, list[float]] = {"cells, MB": [], "cells / blocks, MB": [], "cells / blocks, s": []}
    for number in range(1, runs + 1):
        took, _, keys, megabytes = compared(lab)
        thin_s, seen, told, fewer = compared(lab, thin=True)
        for value, of in zip((fewer, fewer / megabytes, thin_s / took), found.values(), strict=True):
            of.append(value)
        looks = " (by cells)" if seen.by_cells else " (by blocks: more differ than cells tell)"
        print(
            f"thin link {number}: blocks {took:.2f} s, {megabytes:.2f} MB, {keys} keys; thin {thin_s:.2f} s, "
            f"{fewer:.2f} MB, {told} keys{looks}; pays below {pays_below(thin_s - took, megabytes - fewer)}"
        )
    return found


def pays_below(longer_s: float, fewer_mb: float) -> str:
    """Return the link's speed at which the bytes that are not sent take as long as the cells take longer."""
    return f"{8 * fewer_mb / longer_s:.1f} Mbit/s" if longer_s > 0 else "any speed"


def peer(lab: Lab, python: str, which: str, ours: list[float]) -> dict[str, list[float]]:
    """Return how often as long as *ours* the peer takes, as often as those; it may not finish, and then says why."""
    password = lab.secret("postgres-operator")
    urls = [
        f"postgresql://dr_operator:{password}@{lab.address(region)}:{PORTS.postgres}/{DATABASE}"
        for region in REGIONS
    ]
    ratios: list[float] = []
    for number, our_s in enumerate(ours, start=1):
        done = subprocess.run([python, "-c", PEER, *urls], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"peer, {which}: did not finish: {done.stderr.strip().splitlines()[-1]}")
            return {}
        took, rows = done.stdout.split()
        print(f"peer, {which} {number}: {float(took):.1f} s, {rows} rows told")
        ratios.append(float(took) / our_s)
    return {f"peer / {which}": ratios}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer", help="an interpreter that has reladiff")
    asked = parser.parse_args()
    name = f"bench-compare-{os.getpid()}"
    refuse_second(name)
    lab, control = claim(name)
    house(lab)
    try:
        start_all(lab, [Link(control), *map(Postgres, REGIONS)], lambda _: None)
        filling = both(lambda region: fill(lab, region, asked.rows))
        print(f"{asked.rows} rows a side, written in {filling:.0f} s")
        figures = measured(lab, "identical", asked.runs)
        if asked.peer:
            figures |= peer(lab, asked.peer, "identical", figures["identical, s"])
        figures |= changed(lab, asked.runs)
        differ(lab)
        figures |= measured(lab, "differing", asked.runs)
        figures |= over_a_thin_link(lab, asked.runs)
        if asked.peer:
            figures |= peer(lab, asked.peer, "differing", figures["differing, s"])
    finally:
        down(lab)
        shutil.rmtree(lab.folder)
    print()
    for what, values in figures.items():
        asked_for = ASKED.get(what, "")
        worst = min(values) if asked_for.startswith(">=") else max(values)
        limit = f"   asked for: {asked_for}" if asked_for else ""
        print(f"{what:22} median {statistics.median(values):8.2f}   worst {worst:8.2f}{limit}")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'client memory, MB':22} {peak_mb:8.0f}   asked for: {MEMORY_MB}")


def measured(lab: Lab, which: str, runs: int) -> dict[str, list[float]]:
    """Return floor and comparison, in turn, of each run."""
    found: dict[str, list[float]] = {f"{which}: floor, s": [], f"{which}, s": [], f"{which} / floor": []}
    for number in range(1, runs + 1):
        least, (took, seen, keys, megabytes) = floor(lab), compared(lab)
        for value, of in zip((least, took, took / least), found.values(), strict=True):
            of.append(value)
        print(
            f"{which} {number}: floor {least:.2f} s, compared in {took:.2f} s ({took / least:.2f}), {keys} keys, "
            f"{seen.differing_blocks} of {seen.blocks} blocks, {megabytes:.1f} MB received"
        )
    return found


if __name__ == "__main__":
    main()
