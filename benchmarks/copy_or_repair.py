"""A table of which a region has missed rows: repaired row by row, or copied whole. What either costs for a row.

    python benchmarks/copy_or_repair.py --rows 200000 --missing 20000 --runs 3

Two clusters replicate a table of about 200 bytes a row. Rows are taken out of one of them under an origin. A repair
decides, looks, and writes them, with what it was planned by; a copy deletes all rows there, and pglogical brings them
anew, from the moment at which its subscription is stopped to the end of the copy. Both have been compared before, which
is not counted. Prints rows a second of each, and their ratio, which is `recovery.salvage.cheaper.AS_MANY_COPIED`.
"""

import argparse
import os
import shutil
from statistics import median
from time import monotonic

from drift_under_load import DATABASE, HERE_ONLY, TABLE, Estate, repaired

from lab.account import house
from lab.parts.link import Link
from lab.parts.postgres import Postgres, connected
from lab.parts.replication import Replication
from lab.place import PORTS, REGIONS, Lab, claim
from lab.running import down, refuse_second, start_all
from recovery.adapters.postgres import Access
from recovery.adapters.postgres.copying import PgCopying
from recovery.waiting import wait_until

BODY = 150
SCHEMA = "CREATE TABLE loaded (id int PRIMARY KEY, name text, at timestamptz DEFAULT now())"
FILL = "INSERT INTO loaded SELECT n, rpad('row ' || n, %s, '.') FROM generate_series(1, %s) n"


def main() -> None:
    """Measure both, in turn."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=200_000)
    asked.add_argument("--missing", type=int, default=20_000)
    asked.add_argument("--runs", type=int, default=3)
    chosen = asked.parse_args()
    name = f"bench-{os.getpid()}"
    refuse_second(name)
    lab, control = claim(name)
    house(lab)
    try:
        parts = [Link(control), *(Postgres(region) for region in REGIONS), Replication()]
        start_all(lab, parts, lambda _: None)
        measure(lab, chosen.rows, chosen.missing, chosen.runs)
    finally:
        down(lab)
        shutil.rmtree(lab.folder)


def measure(lab: Lab, rows: int, missing: int, runs: int) -> None:
    """Print the rates of each run, and the ratio of their medians."""
    for region in REGIONS:
        with connected(lab, region, DATABASE) as session:
            session.execute(SCHEMA)
            session.execute("SELECT pglogical.replication_set_add_table('default', 'loaded')")
    with connected(lab, REGIONS[1], DATABASE) as session:
        session.execute(FILL, [BODY, rows])
    estate = Estate(lab)
    estate.fence()
    rates: dict[str, list[float]] = {"repaired": [], "copied": []}
    for _ in range(runs):
        take_out(lab, missing)
        _, told = estate.compared()
        began = monotonic()
        done = repaired(estate, told)
        rates["repaired"].append(done / (monotonic() - began))
        take_out(lab, missing)
        rates["copied"].append(rows / copied(lab, estate))
        print(", ".join(f"{one} {rate[-1]:,.0f} rows/s" for one, rate in rates.items()), flush=True)
        estate.fence()
    print(
        f"{median(rates['copied']) / median(rates['repaired']):.1f} rows are copied in the time of one repaired"
    )


def take_out(lab: Lab, missing: int) -> None:
    """Have the first region miss every tenth row, until so many are."""
    with connected(lab, REGIONS[0], DATABASE) as session:
        for statement in HERE_ONLY:
            session.execute(statement)
        session.execute("DELETE FROM loaded WHERE id %% 10 = 0 AND id <= 10 * %s", [missing])


def copied(lab: Lab, estate: Estate) -> float:
    """Copy the table into the first region, and return how long that took, in seconds."""
    access = Access(lab.address(REGIONS[0]), PORTS.postgres, "dr_operator", lab.secret("postgres-operator"))
    copying, cluster, began = PgCopying(access, databases=[DATABASE]), estate.clusters[0], monotonic()
    (subscription,) = cluster.stop_applying()
    copying.copy_anew(subscription, [TABLE])
    cluster.start_applying()

    def ended() -> tuple[bool | None, str]:
        estate.clusters[1].beat(REGIONS[1])
        left = copying.under_way()
        return (None if left else True), f"{left}"

    wait_until(ended, what="the copy", deadline_s=600, poll_s=0.05)
    return monotonic() - began


if __name__ == "__main__":
    main()
