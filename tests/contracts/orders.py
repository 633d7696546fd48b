"""A table of orders in both regions, each with rows of its own, which the west copies from the east: of both kinds."""

from dataclasses import dataclass

import psycopg
from feeds import ORDERS, Arrives, subscription_of

from lab.place import EAST, WEST
from recovery.adapters.postgres.sending import PgSending
from recovery.fakes.copying import FakeCopying
from recovery.fakes.tables import FakeTables
from recovery.fakes.world import World
from recovery.ports import Database, Subscription
from recovery.salvage.ports import Copying

IN_BOTH = """
CREATE TABLE customers (id int PRIMARY KEY);
INSERT INTO customers SELECT generate_series(0, 99);
CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customers, body text);
CREATE TABLE items (id int PRIMARY KEY, "Order" int NOT NULL REFERENCES orders)
"""
SENDS = "SELECT pglogical.replication_set_add_table('default', 'orders')"


@dataclass
class FakeOrders:
    """Their rows are those of two `FakeTables`."""

    world: World
    west: Database

    def __post_init__(self) -> None:
        self._tables = {region: FakeTables(self.world, region, [ORDERS]) for region in (EAST, WEST)}
        here, there = self._tables[WEST], self._tables[EAST]
        self.copying: Copying = FakeCopying(self.world, self.world.places[WEST], here, there)

    def write(self, region: str, *numbers: int) -> None:
        """Have orders of these numbers there, which never come to the other region."""
        self._tables[region].put(ORDERS.name, {(str(n),): f"({n},{region})" for n in numbers})

    def rows(self, region: str) -> dict[int, str]:
        """Return who wrote each order."""
        images = self._tables[region].rows[ORDERS.name]
        return {int(key): image.strip(")").split(",")[1] for (key,), image in images.items()}

    def stop(self) -> Subscription:
        """Have the west apply nothing, and return its subscription."""
        return subscription_of(self.west.stop_applying())


@dataclass
class RealOrders:
    """Others refer to them, they refer to others, and both regions send theirs."""

    sessions: tuple[psycopg.Connection, psycopg.Connection]
    west: Database
    copying: Copying
    sending: PgSending
    arrives: Arrives

    def __post_init__(self) -> None:
        for session in self.sessions:
            session.execute(IN_BOTH)
            session.execute(SENDS)

    def session(self, region: str) -> psycopg.Connection:
        """Return a superuser's."""
        return self.sessions[(EAST, WEST).index(region)]

    def write(self, region: str, *numbers: int) -> None:
        """Have orders there, written under an origin: they are not sent."""
        session = self.session(region)
        session.execute(
            "SELECT pg_replication_origin_create('planted') WHERE pg_replication_origin_oid('planted') IS NULL"
        )
        session.execute("SELECT pg_replication_origin_session_setup('planted')")
        for n in numbers:
            session.execute("INSERT INTO orders VALUES (%s, %s, %s)", [n, n % 100, region])
        session.execute("SELECT pg_replication_origin_session_reset()")

    def rows(self, region: str) -> dict[int, str]:
        """Return who wrote each order."""
        return dict(self.session(region).execute("SELECT id, body FROM orders").fetchall())

    def stop(self) -> Subscription:
        """Have the west apply nothing, see the walsender end, and return its subscription."""
        stopped = subscription_of(self.west.stop_applying())
        self.arrives(lambda: not self.sending.slots([stopped])[0].active, "the end of the walsender")
        return stopped


Orders = FakeOrders | RealOrders
