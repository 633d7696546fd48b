"""Finding changes of a table in the WAL of a real cluster: PostgreSQL writes it, pg_waldump reads it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from typer.testing import CliRunner

from deployments.restores import app
from lab.account import dropped_to, owned
from lab.parts.postgres import BIN, Postgres, connected
from lab.place import EAST, PORTS, WEST, Lab
from recovery.adapters.host import Host
from recovery.adapters.postgres.sessions import Access, Sessions
from recovery.adapters.postgres.wal_facts import WalFacts
from recovery.adapters.wal import Wal, WalPlace
from recovery.change_search import Search
from recovery.changes import Transaction
from recovery.errors import BadInput, Unavailable
from recovery.wal_segments import WalPosition

pytestmark = pytest.mark.lab
DATABASE = "eden_task"
FROM_FOLDER = ("sh", "-c", 'test -f "$0/$1" || exit 1; cp "$0/$1" "$2"')
"""An archive that is a folder, the next word; it ends as pgBackRest's archive-get does."""


@pytest.fixture
def facts(lab: Lab) -> Callable[[str], WalFacts]:
    def at(region: str) -> WalFacts:
        access = Access(lab.address(region), PORTS.postgres, "dr_operator", lab.secret("postgres-operator"))
        return WalFacts(Sessions(access), DATABASE)

    return at


@pytest.fixture
def orders(lab: Lab) -> Iterator[psycopg.Connection]:
    """A session in EAST, where table `found.orders` has 3,000 rows, and is gone afterwards."""
    with connected(lab, EAST, DATABASE) as session:
        session.execute("CREATE SCHEMA found")
        try:
            session.execute("CREATE TABLE found.orders (id integer PRIMARY KEY, note text)")
            session.execute("INSERT INTO found.orders SELECT g, 'canary' FROM generate_series(1, 3000) AS g")
            yield session
        finally:
            session.execute("DROP SCHEMA found CASCADE")


@pytest.fixture
def scratch(lab: Lab) -> Iterator[Path]:
    """A folder of the servers' account, gone afterwards."""
    folder = lab.folder / "data" / "scratch-of-test"
    folder.mkdir()
    yield owned(folder)
    shutil.rmtree(folder)


def wal(lab: Lab, region: str, position: WalPosition, **place: object) -> Wal:
    usual = {"data": Postgres(region).data(lab), "binaries": BIN, "scratch": Path("/nowhere")}
    return Wal(Host(region, as_account=dropped_to()), WalPlace(**(usual | place)), position)


def one(session: psycopg.Connection, query: str) -> int:
    row = session.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def by_number(transactions: Iterator[Transaction]) -> dict[int, Transaction]:
    return {done.xid: done for done in transactions}


def a_host(lab: Lab, region: str) -> dict[str, Any]:
    """Return the estate file's block for the host of a cluster."""
    return {
        "as_account": list(dropped_to()),
        "address": lab.address(region),
        "scratch_directory": "/nowhere",
        "data_directory": str(Postgres(region).data(lab)),
    }


def spoil(session: psycopg.Connection) -> int:
    """Delete 1,000 rows and update 500 in one transaction, partly below a savepoint; return its number."""
    with session.transaction():
        number = one(session, "SELECT txid_current()")
        session.execute("DELETE FROM found.orders WHERE id <= 400")
        with session.transaction():
            session.execute("DELETE FROM found.orders WHERE id BETWEEN 401 AND 1000")
            session.execute("UPDATE found.orders SET note = 'spoilt' WHERE id BETWEEN 1001 AND 1500")
        with session.transaction(force_rollback=True):
            session.execute("DELETE FROM found.orders")
    return number


def test_a_known_transaction_is_found_with_its_counts(
    lab: Lab, orders: psycopg.Connection, facts: Callable[[str], WalFacts]
) -> None:
    began = datetime.now(UTC)
    with orders.transaction(force_rollback=True):
        undone = one(orders, "SELECT txid_current()")
        orders.execute("DELETE FROM found.orders")
    number = spoil(orders)
    ended = datetime.now(UTC)
    orders.execute("DELETE FROM found.orders WHERE id = 3000")
    asked = facts(EAST)
    search = Search(wal(lab, EAST, asked.position()), asked.table("found.orders"), since=began, until=ended)

    found = by_number(search.transactions())

    assert undone not in found
    assert list(found) == [number]
    done = found[number]
    assert (done.inserted, done.updated, done.deleted, done.truncated) == (0, 500, 1000, False)
    assert began <= done.committed_at <= ended
    assert done.origin is None
    assert search.missing == []


def test_the_command_shows_it_and_no_row(
    lab: Lab, orders: psycopg.Connection, estate_values: dict[str, Any], tmp_path: Path
) -> None:
    for region in estate_values["postgres_multi_region"]["regions"]:
        region |= {"host": lab.address(region["name"]), "port": PORTS.postgres}
    estate_values["recovery"]["secrets_directory"] = str(lab.folder / "secrets")
    estate_values["recovery"]["postgres"]["password_secret"] = "postgres-operator"
    estate_values["recovery"]["backups"] = {
        "repositories": {region: {"bucket": f"backups-{region}"} for region in (EAST, WEST)},
        "hosts": {region: a_host(lab, region) for region in (EAST, WEST)},
    }
    estate = tmp_path / "estate.yaml"
    estate.write_text(yaml.safe_dump(estate_values))
    number = spoil(orders)
    words = ["--region", EAST, "--database", DATABASE, "--table", "found.orders", "--estate", str(estate)]

    ended = CliRunner().invoke(app, ["find", *words, "--at-least", "1500", "--most", "5"])

    assert ended.exit_code == 0, ended.exception
    lines = [" ".join(line.split()) for line in ended.stdout.splitlines()]
    assert any(line.endswith(f" {number} {EAST} 0 500 1000") for line in lines)
    assert f"dr restore run {EAST} --before-transaction {number} " in lines[-1]
    assert not [
        word for word in ("canary", "spoilt", lab.secret("postgres-operator")) if word in ended.stdout
    ]


def test_what_made_the_table_and_what_emptied_it_are_found(
    lab: Lab, orders: psycopg.Connection, facts: Callable[[str], WalFacts]
) -> None:
    """A TRUNCATE gives the table a new file, so what was done before it is not found any more."""
    asked = facts(EAST)
    before = by_number(Search(wal(lab, EAST, asked.position()), asked.table("found.orders")).transactions())
    with orders.transaction():
        number = one(orders, "SELECT txid_current()")
        orders.execute("TRUNCATE found.orders")

    after = by_number(Search(wal(lab, EAST, asked.position()), asked.table("found.orders")).transactions())

    assert [(done.inserted, done.rewrote) for done in before.values()] == [(0, True), (3000, False)]
    assert [(done.xid, done.truncated, done.rewrote) for done in after.values()] == [(number, True, True)]


def test_rows_of_partitions_are_the_tables(
    lab: Lab, orders: psycopg.Connection, facts: Callable[[str], WalFacts]
) -> None:
    orders.execute("CREATE TABLE found.parted (id integer) PARTITION BY RANGE (id)")
    for name, first in (("low", 0), ("high", 100)):
        orders.execute(
            f"CREATE TABLE found.{name} PARTITION OF found.parted FOR VALUES FROM ({first}) TO ({first + 100})"
        )
    with orders.transaction():
        number = one(orders, "SELECT txid_current()")
        orders.execute("INSERT INTO found.parted SELECT generate_series(1, 150)")
        orders.execute("UPDATE found.parted SET id = id + 100 WHERE id <= 10")
        orders.execute("DELETE FROM found.parted WHERE id > 105")
    asked = facts(EAST)

    found = by_number(Search(wal(lab, EAST, asked.position()), asked.table("found.parted")).transactions())

    done = found[number]
    assert (done.inserted, done.updated, done.deleted) == (150, 10, 50)


def test_what_the_other_region_wrote_has_its_name(
    lab: Lab, facts: Callable[[str], WalFacts], arrives: Callable[..., None]
) -> None:
    """What is applied is seen before it is written to disk, and found after that."""
    asked, began = facts(WEST), datetime.now(UTC)
    with connected(lab, EAST, DATABASE) as there:
        there.execute(
            "INSERT INTO dr_probe (service, client, seq, region, written_at) "
            "SELECT 'task-service', 'wal-test', g, 'us-east-1', now() FROM generate_series(1, 70) AS g"
        )
    table = asked.table("dr_probe")

    def found() -> list[Transaction]:
        search = Search(wal(lab, WEST, asked.position()), table, since=began)
        return [done for done in search.transactions() if done.inserted == 70]

    arrives(found, "the rows in the other region's WAL")
    (done,) = found()

    assert done.origin is not None
    assert asked.origins(EAST)[done.origin] == EAST


def test_older_segments_are_read_from_the_archive(
    lab: Lab, orders: psycopg.Connection, facts: Callable[[str], WalFacts], scratch: Path
) -> None:
    """What lies across the border of two segments is read once; nothing is left on the host."""
    began = datetime.now(UTC)
    numbers = []
    for _ in range(2):
        numbers.append(spoil(orders))
        one(orders, "SELECT pg_wal_lsn_diff(pg_switch_wal(), '0/0')")
        orders.execute("DELETE FROM found.orders")
        orders.execute("INSERT INTO found.orders SELECT g, 'canary' FROM generate_series(1, 3000) AS g")
    orders.execute("UPDATE found.orders SET note = repeat('x', 3000)")
    orders.execute("UPDATE found.orders SET note = repeat('y', 4000)")
    asked = facts(EAST)
    table, position = asked.table("found.orders"), asked.position()
    whole = wal(lab, EAST, position)
    beside, archive = scratch / "beside" / "pg_wal", scratch / "archive"
    for folder in (beside, archive):
        folder.mkdir(parents=True)
    for number in whole.live():
        name = whole.line.name(number)
        shutil.copy(
            Postgres(EAST).data(lab) / "pg_wal" / name, beside if number == position.newest else archive
        )
    owned(scratch)
    split = wal(
        lab, EAST, position, data=beside.parent, scratch=scratch, archive_get=(*FROM_FOLDER, str(archive))
    )  # fmt: skip

    found = Search(split, table, since=began)
    transactions = by_number(found.transactions())

    other = by_number(Search(whole, table, since=began).transactions())
    # Where reading begins may differ: a segment by itself may tell no commit.
    assert [replace(done, whole=True) for done in transactions.values()] == [
        replace(done, whole=True) for done in other.values()
    ]
    assert [transactions[number].deleted for number in numbers] == [1000, 1000]
    assert found.missing == []
    assert sorted(path.name for path in scratch.iterdir()) == ["archive", "beside"]


def test_a_segment_that_is_torn_is_told(
    lab: Lab, orders: psycopg.Connection, facts: Callable[[str], WalFacts], scratch: Path
) -> None:
    one(orders, "SELECT pg_wal_lsn_diff(pg_switch_wal(), '0/0')")
    number = spoil(orders)
    asked = facts(EAST)
    table, position = asked.table("found.orders"), asked.position()
    folder = scratch / "pg_wal"
    shutil.copytree(Postgres(EAST).data(lab) / "pg_wal", folder)
    whole = wal(lab, EAST, position)
    torn = folder / whole.line.name(position.newest - 1)
    torn.write_bytes(bytes(position.segment_bytes))
    owned(scratch)

    search = Search(wal(lab, EAST, position, data=scratch), table)
    found = by_number(search.transactions())

    assert found[number].deleted == 1000
    assert not found[number].whole
    assert any(f"reading went on after segment {torn.name}." in note for note in search.notes)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("found.nothing", "eden_task has no table 'found.nothing' now"),
        ("a.b.c.d", "'a.b.c.d' is not looked up as a table: .* improper relation name"),
        ("found.orders_pkey", "found.orders_pkey in eden_task is no table"),
        ("found.fleeting", "found.fleeting in eden_task is unlogged"),
    ],
)
def test_what_has_no_rows_in_wal_is_refused(
    orders: psycopg.Connection, facts: Callable[[str], WalFacts], table: str, told: str
) -> None:
    orders.execute("CREATE UNLOGGED TABLE found.fleeting (id integer)")

    with pytest.raises(BadInput, match=told):
        facts(EAST).table(table)


def test_a_folder_that_is_not_there_is_unavailable(lab: Lab, facts: Callable[[str], WalFacts]) -> None:
    search = wal(lab, EAST, facts(EAST).position(), data=Path("/nowhere"))

    with pytest.raises(Unavailable, match="listing pg_wal on us-east-1 failed"):
        search.live()
