"""pglogical both ways, per node group: a row written on one side must be seen on the other."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from time import monotonic

import psycopg
from psycopg import sql

from lab import process
from lab.parts.postgres import TOOL_SQL, connected, replication_dsn
from lab.place import NODE_GROUPS, REGIONS, Lab, other
from recovery.adapters.postgres.conflict_tables import ConflictTables
from recovery.estate import CONFLICT_TABLE

SQL = Path(__file__).parent.parent / "sql"
CROSSED_DEADLINE_S = 20.0
KICK_AFTER_S = 2.0
"""pglogical now and then starts no worker for a new subscription, and retries a failed one
after 5 s and then 180 s: disabling and enabling it starts one at once."""


@dataclass(frozen=True)
class Replication:
    """Twelve subscriptions: each region's databases apply what the other region writes."""

    name: str = "replication"
    region: None = None
    needs: tuple[str, ...] = tuple(f"postgres-{region}" for region in REGIONS)

    def start(self, lab: Lab) -> None:
        """Subscribe each database to its peer; one that is subscribed stays as it is."""
        with ThreadPoolExecutor(len(NODE_GROUPS)) as pool:
            for region in REGIONS:
                list(pool.map(lambda database, region=region: _subscribe(lab, region, database), NODE_GROUPS))

    def prove(self, lab: Lab) -> str:
        """A heartbeat of each region has arrived in each database of the other one."""
        with ThreadPoolExecutor(2 * len(NODE_GROUPS)) as pool:
            list(pool.map(lambda pair: _crossed(lab, *pair), product(REGIONS, NODE_GROUPS)))
        return f"a row crossed both ways in {len(NODE_GROUPS)} databases"


def _subscribe(lab: Lab, region: str, database: str) -> None:
    peer = other(region)
    with connected(lab, region, database) as connection:
        if connection.execute("SELECT 1 FROM pglogical.subscription").fetchone():
            return
        connection.execute("SELECT pglogical.replication_set_add_all_tables('default', ARRAY['public'])")
        parameters = {
            "name": f"from_{peer.replace('-', '_')}",
            "dsn": replication_dsn(lab, peer, database),
        }
        connection.execute((SQL / "subscribe.sql").read_bytes(), parameters)
        # Behind the replication set of all tables: each region's conflicts are its own.
        ConflictTables(f"{region}'s {database}", database, CONFLICT_TABLE).furnish(connection)
        connection.execute(
            sql.SQL("GRANT SELECT ON {} TO eden_monitor").format(sql.Identifier(CONFLICT_TABLE))
        )


def _crossed(lab: Lab, writer: str, database: str) -> int:
    """Beat in *writer*'s database until the other region has seen one of these beats."""
    with connected(lab, writer, database) as here, connected(lab, other(writer), database) as there:
        row = there.execute("SELECT clock_timestamp()").fetchone()
        began, kicked_at = row[0] if row else None, monotonic()

        def seen() -> bool:
            nonlocal kicked_at
            # A new row each time: an UPDATE of one from before the subscription is skipped over there.
            here.execute("DELETE FROM dr_heartbeat WHERE region = %s", [writer])
            here.execute((TOOL_SQL / "beat.sql").read_bytes(), {"region": writer})
            if monotonic() - kicked_at > KICK_AFTER_S:
                there.execute((TOOL_SQL / "start_applying.sql").read_bytes())
                kicked_at = monotonic()
            return _arrived(there, writer, began)

        process.wait_until(
            seen,
            what=f"a row of {writer} in {other(writer)}'s {database}",
            deadline_s=CROSSED_DEADLINE_S,
        )
    return 1


def _arrived(connection: psycopg.Connection, writer: str, since: object) -> bool:
    row = connection.execute(
        "SELECT 1 FROM dr_heartbeat WHERE region = %s AND at >= %s", [writer, since]
    ).fetchone()
    return row is not None
