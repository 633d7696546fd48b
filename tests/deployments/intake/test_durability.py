"""The spool's file: what is in it when, and what is said when nothing can be."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from deployments.intake.group_commit import GroupCommit
from deployments.intake.payload import Alert, parse
from deployments.intake.store import Counts, Store
from recovery.errors import BadInput, Unavailable

Sample = Callable[[str], bytes]
Body = Callable[..., bytes]

RECEIVED = datetime(2026, 11, 22, 8, 32, tzinfo=UTC)
STARTED = datetime(2026, 11, 22, 8, 31, tzinfo=UTC)
PRINT = "0" * 16
ENDED = {"status": "resolved", "endsAt": "2026-11-22T08:31:30Z"}


def after(seconds: float) -> datetime:
    return RECEIVED + timedelta(seconds=seconds)


@pytest.fixture
def alerts(body: Body) -> Callable[..., tuple[Alert, ...]]:
    return lambda *told: parse(body(*told)).alerts


Alerts = Callable[..., tuple[Alert, ...]]


def test_a_spool_that_can_not_store_says_so_and_recovers(
    store: Store, alerts: Alerts, tmp_path: Path
) -> None:
    """Somebody else's lock stands for a disk that takes nothing."""
    with closing(sqlite3.connect(tmp_path / "spool.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match=r"takes nothing \(database is locked\)"):
            store.record(alerts({}), RECEIVED)
        assert store.fault is not None

    assert store.record(alerts({}), RECEIVED) == Counts(new=1)
    assert store.fault is None


def test_what_waits_together_is_committed_together(tmp_path: Path) -> None:
    """A commit for each of 200 would be a sync of the disk for each."""
    file, statements = GroupCommit(tmp_path / "file.sqlite", ""), list[str]()
    begun, opened = Event(), Event()

    def slow(connection: sqlite3.Connection) -> bool:
        connection.set_trace_callback(statements.append)
        begun.set()
        return opened.wait(timeout=20)

    first = file.submit(slow)
    assert begun.wait(timeout=20)
    rest = [file.submit(lambda _connection, n=n: n) for n in range(200)]
    opened.set()

    assert first.result(timeout=20)
    assert [answer.result(timeout=20) for answer in rest] == list(range(200))
    assert statements.count("COMMIT") == 2
    file.close()


def test_work_that_fails_leaves_nothing_behind_and_the_writer_goes_on(tmp_path: Path) -> None:
    file = GroupCommit(tmp_path / "file.sqlite", "CREATE TABLE t (x);")

    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(Unavailable, match="no such table"):
        file.submit(half).result(timeout=20)

    count = file.submit(lambda connection: connection.execute("SELECT count(*) FROM t").fetchone()[0])
    assert count.result(timeout=20) == 0
    file.close()


def test_a_closed_spool_takes_nothing(tmp_path: Path, alerts: Alerts) -> None:
    store = Store(tmp_path / "closed.sqlite")
    answer = store.submit(alerts({}), RECEIVED)
    store.close()

    assert answer.result(timeout=0) == Counts(new=1)
    with pytest.raises(Unavailable, match="is closed"):
        store.record(alerts({}), RECEIVED)


def test_a_spool_opens_again_with_what_it_had(tmp_path: Path, alerts: Alerts) -> None:
    store = Store(tmp_path / "again.sqlite")
    store.record(alerts({}), RECEIVED)
    store.close()

    again = Store(tmp_path / "again.sqlite")

    assert again.record(alerts({}), RECEIVED) == Counts(duplicate=1)
    assert (tmp_path / "again.sqlite").stat().st_mode & 0o077 == 0
    again.close()


def test_a_path_that_can_not_be_written_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"spool: /proc/spool\.sqlite can not be opened"):
        Store(Path("/proc/spool.sqlite"))
