"""A release that damages rows, in three tables with foreign keys, with good writes after it."""

from psycopg import sql
from scene import Scene

from blocks.estate import Estate
from lab.parts.postgres import connected
from lab.place import EAST, REGIONS, WEST
from recovery.estate_in_hand import Restorable
from recovery.waiting import wait_until

DATABASE = "eden_task"
TABLES = ("customers", "orders", "items")
DELETED, OVERWRITTEN = 1000, 500
Rows = dict[str, dict[int, str]]

SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customers, total numeric(10,2));
CREATE TABLE items (id int PRIMARY KEY, "Order" int NOT NULL REFERENCES orders, what jsonb);
SELECT pglogical.replication_set_add_all_tables('default', ARRAY['public']);
"""
FILL = """
INSERT INTO customers SELECT n, 'customer ' || n FROM generate_series(1, 2000) n;
INSERT INTO orders SELECT n, n, n * 1.10 FROM generate_series(1, 2000) n;
INSERT INTO items SELECT n, n, jsonb_build_object('sku', n) FROM generate_series(1, 2000) n;
"""
RELEASE = """
BEGIN;
DELETE FROM items WHERE id <= 400;
DELETE FROM orders WHERE id <= 300;
DELETE FROM customers WHERE id <= 300;
UPDATE customers SET name = '' WHERE id BETWEEN 1001 AND 1200;
UPDATE orders SET total = NULL WHERE id BETWEEN 1001 AND 1200;
UPDATE items SET what = '{}' WHERE id BETWEEN 1001 AND 1100;
SELECT txid_current();
COMMIT;
"""
LATER = """
UPDATE customers SET name = 'renamed since' WHERE id IN (1200, 1500);
DELETE FROM items WHERE id = 2000;
INSERT INTO customers VALUES (3000, 'new since');
"""


def ask(scene: Scene, region: str, statements: str) -> str:
    """Run statements, and return the only value that any of them told, if one did."""
    told = ""
    with connected(scene.lab, region, DATABASE) as connection:
        cursor = connection.execute(statements)
        while True:
            if cursor.description and (row := cursor.fetchone()):
                told = str(row[0])
            if not cursor.nextset():
                return told


def rows(scene: Scene, region: str) -> Rows:
    with connected(scene.lab, region, DATABASE) as connection:
        query = "SELECT id, t::text FROM {} t"
        return {
            table: dict(connection.execute(sql.SQL(query).format(sql.Identifier(table))).fetchall())
            for table in TABLES
        }


def arrived(scene: Scene) -> None:
    """Wait until both regions have the same rows."""

    def same() -> tuple[bool | None, str]:
        east, west = rows(scene, EAST), rows(scene, WEST)
        return (True if east == west else None), "they differ"

    wait_until(same, what="the same rows in both regions", deadline_s=30, poll_s=0.5)


def archived(scene: Scene, place: str) -> None:
    """Wait until a repository has what both clusters have committed up to now."""
    estate = Estate.load(str(scene.lab.estate_file))
    marks = {region: estate.restorable(region).archiving.mark() for region in REGIONS}

    def there() -> tuple[bool | None, str]:
        last = {region: newest_wal(estate.restorable(region), place) for region in REGIONS}
        has_all = all(last[region] >= mark.segment for region, mark in marks.items())
        return (True if has_all else None), f"archived up to {last}"

    wait_until(there, what=f"both clusters' WAL in {place}", deadline_s=60, poll_s=0.5)


def newest_wal(clients: Restorable, place: str) -> str:
    return next(one.wal_last or "" for one in clients.backups.kept().repositories if one.place == place)
