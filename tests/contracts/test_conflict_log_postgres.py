"""What a `ConflictLog` promises of PostgreSQL's own things: its log's files, positions in WAL, rights and tables."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from disagreeing import DATABASE, RealWest, log_of
from psycopg import sql

from lab.account import owned
from lab.parts.postgres import connected
from lab.place import EAST, NODE_GROUPS, WEST, Lab
from recovery.adapters.postgres.server_log import PIECE_BYTES
from recovery.errors import Refused
from recovery.reconcile.shapes import TableName

pytestmark = pytest.mark.lab
SAMPLE = Path(__file__).parents[1] / "samples" / "log-us-west-2.json"
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
Arrives = Callable[[Callable[[], object], str], None]


@pytest.fixture
def west(lab: Lab) -> Iterator[RealWest]:
    with RealWest.of(lab) as found:
        found.log.collect()
        yield found


def a_conflict(at: str = "2026-11-26 20:57:10.792 UTC", database: str = DATABASE) -> bytes:
    """A true line, of another database and another time."""
    [line] = [line for line in SAMPLE.read_bytes().splitlines() if b"id[int8]:2 " in line]
    return json.dumps(json.loads(line) | {"timestamp": at, "dbname": database}).encode() + b"\n"


@dataclass
class Written:
    """A file of the server's log that the test writes: the server has not begun another one since."""

    path: Path

    def has(self, content: bytes) -> None:
        self.path.write_bytes(content)
        owned(self.path)


@pytest.fixture
def file(west: RealWest) -> Iterator[Written]:
    path = west.folder / f"written-{os.urandom(4).hex()}.json"
    yield Written(path)
    path.unlink(missing_ok=True)


def test_the_position_is_that_of_the_commit_in_the_other_region(west: RealWest) -> None:
    """By it the change can be found in that region's WAL; it lies between two positions that were read there."""
    before = west.east.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
    west.both_change("1")
    after = west.east.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
    west.collected(1)

    [conflict] = [each for each in west.log.recent(west.began) if each.table == west.table]

    assert before
    assert after
    told = west.east.execute(
        "SELECT %s::pg_lsn BETWEEN %s AND %s", [conflict.remote_lsn, before[0], after[0]]
    ).fetchone()
    assert told == (True,)


def test_the_tables_are_made_where_they_are_missing_and_not_replicated(lab: Lab) -> None:
    log = log_of(lab, "missing_until_now")
    try:
        log.collect()

        assert log.recent(EPOCH) is not None
        for database in NODE_GROUPS:
            with connected(lab, WEST, database) as session:
                sets = session.execute(
                    "SELECT set_name FROM pglogical.tables WHERE relname IN ('missing_until_now', 'dr_conflict_log')"
                )
                assert sets.fetchall() == [(None,), (None,)]
    finally:
        for database in NODE_GROUPS:
            with connected(lab, WEST, database) as session:
                session.execute("DROP TABLE missing_until_now")
    with connected(lab, EAST, DATABASE) as session:
        assert session.execute("SELECT to_regclass('missing_until_now')").fetchone() == (None,)


def test_a_table_of_that_name_with_other_columns_is_refused(lab: Lab, west: RealWest) -> None:
    west.west.execute("CREATE TABLE somebodys (id int)")
    try:
        with pytest.raises(Refused, match=r"has a table public\.somebodys with other columns \(id integer\)"):
            log_of(lab, "somebodys").collect()
    finally:
        drop_everywhere(lab, "somebodys")


def test_a_table_that_is_replicated_is_refused(lab: Lab, west: RealWest) -> None:
    log_of(lab, "sent_over").collect()
    west.west.execute("SELECT pglogical.replication_set_add_table('default', 'sent_over')")
    try:
        with pytest.raises(Refused, match=r"replicates public\.sent_over .*replication_set_remove_table"):
            log_of(lab, "sent_over").collect()
    finally:
        west.west.execute("SELECT pglogical.replication_set_remove_table('default', 'sent_over')")
        drop_everywhere(lab, "sent_over")


def test_a_role_that_may_not_read_the_log_is_told_what_to_grant(lab: Lab) -> None:
    with pytest.raises(
        Refused, match=r"eden_monitor .* GRANT pg_monitor .* pg_current_logfile\(text\), pg_read_bin"
    ):
        log_of(lab, user="eden_monitor").collect()


def test_the_rights_that_it_asks_for_are_enough(lab: Lab, west: RealWest) -> None:
    """A role that is no superuser, with these alone and its own tables."""
    role, function = (
        "eden_monitor",
        "pg_current_logfile(text), pg_read_binary_file(text, bigint, bigint, boolean)",
    )
    west.west.execute(f"GRANT pg_monitor TO {role}; GRANT EXECUTE ON FUNCTION {function} TO {role}")
    for database in NODE_GROUPS:
        with connected(lab, WEST, database) as session:
            session.execute(
                f"GRANT SELECT ON pglogical.tables TO {role}; GRANT CREATE ON SCHEMA public TO {role}"
            )
            session.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON dr_conflict_log TO {role}")
    try:
        assert log_of(lab, "of_another", user=role).collect() >= 0
    finally:
        west.west.execute(f"REVOKE pg_monitor FROM {role}; REVOKE EXECUTE ON FUNCTION {function} FROM {role}")
        drop_everywhere(lab, "of_another")
        for database in NODE_GROUPS:
            with connected(lab, WEST, database) as session:
                session.execute(f"REVOKE ALL ON pglogical.tables, dr_conflict_log FROM {role}")
                session.execute(f"REVOKE CREATE ON SCHEMA public FROM {role}")


def test_a_server_that_writes_no_such_log_is_refused(west: RealWest, arrives: Arrives) -> None:
    with (
        log_destination(west, "stderr", arrives),
        pytest.raises(Refused, match="add jsonlog to log_destination"),
    ):
        west.log.collect()


def test_conflicts_that_the_server_does_not_log_are_refused(west: RealWest, arrives: Arrives) -> None:
    def refusal() -> str:
        try:
            west.log.collect()
        except Refused as error:
            return str(error)
        return ""

    west.west.execute("ALTER SYSTEM SET pglogical.conflict_log_level = debug1")
    west.west.execute("SELECT pg_reload_conf()")
    try:
        arrives(lambda: "conflict_log_level is debug1; set it to log" in refusal(), "the refusal")
    finally:
        west.west.execute("ALTER SYSTEM RESET pglogical.conflict_log_level")
        west.west.execute("SELECT pg_reload_conf()")
        arrives(lambda: not refusal(), "a collection")


def test_a_log_in_csv_is_read_where_there_is_none_in_json(west: RealWest, arrives: Arrives) -> None:
    with log_destination(west, "stderr,csvlog", arrives):
        west.both_change("1")
        west.collected(1)

    [conflict] = [each for each in west.log.recent(west.began) if each.table == west.table]
    assert conflict.place.file.endswith(".csv")
    assert conflict.key == ("1",)


def test_a_record_that_is_not_written_to_its_end_is_read_next_time(west: RealWest) -> None:
    """In the file that the server writes to: in another one it would be no record for ever."""
    line = a_conflict()
    with (west.folder / west.current.name).open("ab", buffering=0) as log:
        log.write(line + line[:200])
        first = west.log.collect()
        log.write(line[200:])

    assert (first, west.log.collect(), west.log.collect()) == (1, 1, 0)


def test_a_record_that_the_server_left_unfinished_ends_with_its_file(west: RealWest, file: Written) -> None:
    """As the last one of a server that was killed: the file is read to its end, and may go."""
    file.has(a_conflict() + a_conflict()[:200])
    began = datetime.now(UTC)

    assert (west.log.collect(), west.log.collect()) == (1, 0)

    file.path.unlink()
    west.log.collect()
    assert west.log.unread(began) == []


def test_a_record_longer_than_a_piece_hides_nothing_behind_it(west: RealWest, file: Written) -> None:
    """Such as a statement of many megabytes: it is no conflict, and is passed over in pieces."""
    long = b'{"message":"' + b"x" * (2 * PIECE_BYTES + 5) + b'"}\n'
    file.has(a_conflict() + long + a_conflict())

    assert west.log.collect() == 2


def test_what_is_no_record_hides_nothing_behind_it(west: RealWest, file: Written) -> None:
    file.has(a_conflict()[:100] + b"\n\n\x00\xff\n" + a_conflict())

    assert west.log.collect() == 1


def test_a_name_that_is_used_again_is_another_file(west: RealWest, file: Written) -> None:
    """As where files are called after the day of the week: what is at a place that was read is read again."""
    file.has(a_conflict("2026-11-19 20:57:10.792 UTC") * 2)
    first = west.log.collect()
    began = datetime.now(UTC)

    file.has(a_conflict("2026-11-26 20:57:10.792 UTC") * 3)

    assert (first, west.log.collect(), west.log.collect()) == (2, 3, 0)
    assert west.log.unread(began) == []


def test_each_database_has_its_own_conflicts_and_others_have_none(
    lab: Lab, west: RealWest, file: Written
) -> None:
    one, another = NODE_GROUPS[:2]
    file.has(a_conflict(database=one) + a_conflict(database=another) + a_conflict(database="postgres"))

    assert west.log.collect() == 2

    found = [each for each in west.log.recent(EPOCH) if each.place.file == file.path.name]
    assert [each.table for each in found] == [
        TableName(one, "public", "accounts"),
        TableName(another, "public", "accounts"),
    ]
    with connected(lab, WEST, another) as session:
        count = "SELECT count(*) FROM replication_conflicts WHERE log_file = %s"
        assert session.execute(count, [file.path.name]).fetchone() == (1,)


def test_a_database_that_was_read_less_far_gets_what_it_lacks(
    lab: Lab, west: RealWest, file: Written
) -> None:
    """As after a collection that was killed between two databases: the others keep what they have, once."""
    one, another = NODE_GROUPS[:2]
    file.has(a_conflict(database=one) + a_conflict(database=another))
    west.log.collect()
    with connected(lab, WEST, another) as session:
        session.execute("DELETE FROM replication_conflicts WHERE log_file = %s", [file.path.name])
        session.execute("DELETE FROM dr_conflict_log WHERE log_file = %s", [file.path.name])

    assert (west.log.collect(), west.log.collect()) == (1, 0)


def test_a_log_in_which_nothing_is_new_is_not_read_again(west: RealWest, file: Written) -> None:
    """The file is another one now, of the same size and time: it would be seen if it were looked into."""
    file.has(a_conflict())
    west.log.collect()
    seen = file.path.stat()
    file.has(a_conflict("2026-11-27 20:57:10.792 UTC"))
    os.utime(file.path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    assert west.log.collect() == 0


@contextmanager
def log_destination(west: RealWest, value: str, arrives: Arrives) -> Iterator[None]:
    """Have west's server log elsewhere for a while."""

    def apply(statement: psycopg.abc.Query) -> None:
        west.west.execute(statement)
        west.west.execute("SELECT pg_reload_conf()")

    def current(kind: str) -> bool:
        return west.west.execute("SELECT pg_current_logfile(%s)", [kind]).fetchone() != (None,)

    def elsewhere() -> bool:
        return not current("jsonlog") and current("csvlog") is ("csvlog" in value)

    apply(sql.SQL("ALTER SYSTEM SET log_destination = {}").format(sql.Literal(value)))
    try:
        arrives(elsewhere, f"a log in {value}")
        yield
    finally:
        apply("ALTER SYSTEM RESET log_destination")
        arrives(lambda: current("jsonlog"), "a log in JSON")


def drop_everywhere(lab: Lab, table: str) -> None:
    for database in NODE_GROUPS:
        with connected(lab, WEST, database) as session:
            session.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(table)))
