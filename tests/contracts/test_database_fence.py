"""What every `Database` promises of its fence, on fakes and on two real clusters that replicate."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest

from lab.parts.postgres import connected
from lab.place import EAST, NODE_GROUPS, Lab
from recovery.errors import Refused
from recovery.ports import Database, RowKey

ROLE = "eden_app"

Arrives = Callable[[Callable[[], object], str], None]
LogIn = Callable[[str, str], psycopg.Connection]
Writes = Callable[[str, RowKey, datetime], bool]


def sessions_of(lab: Lab, region: str) -> int:
    with connected(lab, region, "postgres") as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s"
        row = connection.execute(query, [ROLE]).fetchone()
    return row[0] if row else -1


@pytest.mark.lab
def test_a_role_that_is_not_there_may_not_log_in(database_at: Callable[..., Database]) -> None:
    """A misspelt role in the estate file must not look like one that was fenced."""
    database = database_at(EAST, role="no_such_role")

    assert dict(database.look().logins) == {}
    with pytest.raises(Refused, match="no_such_role"):
        database.fence()


@pytest.mark.lab
def test_a_fence_ends_the_sessions_and_lets_nobody_in(
    lab: Lab, real_databases: tuple[Database, Database], log_in: LogIn
) -> None:
    east, _ = real_databases
    session = log_in(EAST, NODE_GROUPS[0])
    assert sessions_of(lab, EAST) == 1

    done = east.fence()

    assert done == [f"{ROLE} may not log in", "1 sessions ended"]
    assert sessions_of(lab, EAST) == 0
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        log_in(EAST, NODE_GROUPS[0])
    assert not east.look().writable
    session.close()


def test_a_fence_lets_no_application_write(east: Database, writes: Writes) -> None:
    assert writes(EAST, ("vault-service", "fence", 1), datetime.now(UTC))

    east.fence()

    assert not writes(EAST, ("vault-service", "fence", 2), datetime.now(UTC))
    assert not east.look().writable


def test_a_fence_may_be_repeated(east: Database) -> None:
    east.fence()

    assert east.fence() == [f"{ROLE} may not log in", "0 sessions ended"]
    assert dict(east.look().logins) == {ROLE: False}


def test_what_was_committed_before_the_fence_still_arrives(
    databases: tuple[Database, Database], writes: Writes, arrives: Arrives
) -> None:
    """That is the whole point: the source's last commits reach the target before it takes over."""
    east, west = databases
    since = datetime.now(UTC)
    row = ("vault-service", "before-the-fence", 1)
    assert writes(EAST, row, datetime.now(UTC))

    east.fence()

    arrives(lambda: row in west.present_rows(since), "the row that was committed before the fence")


def test_a_mark_can_be_written_behind_the_fence(
    databases: tuple[Database, Database], arrives: Arrives
) -> None:
    east, west = databases
    east.fence()

    at = east.beat(EAST)

    arrives(lambda: all(beat and beat >= at for beat in west.heartbeats(EAST).values()), "the mark")


def test_unfence_lets_the_applications_in_again(east: Database, writes: Writes) -> None:
    east.fence()

    east.unfence()
    east.unfence()

    assert writes(EAST, ("vault-service", "unfence", 1), datetime.now(UTC))
    assert east.look().writable
