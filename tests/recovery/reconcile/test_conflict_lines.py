"""What pglogical's log lines tell: read from logs of two clusters whose WAL was beyond its first 4 GiB.

In both regions the same rows were changed while neither applied the other's changes.
"""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from recovery.reconcile.conflict_lines import Surroundings, conflict_of
from recovery.reconcile.conflicts import Conflict, ConflictKind, LogPlace, Resolution, Version
from recovery.reconcile.server_log import LogFormat, Record, fields, records
from recovery.reconcile.shapes import Column, TableName, TableShape

SAMPLES = Path(__file__).parents[2] / "samples"
EAST, WEST = SAMPLES / "log-us-east-1.json", SAMPLES / "log-us-west-2.json"
COLUMNS = {
    "accounts": (("id", "owner", "balance", "note"), ("id",)),
    "members": (("email", "code", "id"), ("id",)),
    "Two (local index x)": (("body", "k ey[int4]:1", "part"), ("part", "k ey[int4]:1")),
    "dr_heartbeat": (("region", "beat", "at"), ("region",)),
}
HERE = LogPlace("log", 0)
TABLE = TableName("eden_task", "public", "accounts")


def shape(table: TableName) -> TableShape:
    columns, key = COLUMNS[table.name]
    return TableShape(name=table, columns=tuple(Column(name=name, type="text") for name in columns), key=key)


AROUND = Surroundings(shape, {1: "from_us_east_1", 6: "from_us_west_2"})


def conflicts(path: Path) -> list[Conflict]:
    form = LogFormat.CSV if path.suffix == ".csv" else LogFormat.JSON
    told = [(at, fields(raw, form)) for at, raw in records(path.read_bytes(), form)]
    found = [conflict_of(record, LogPlace(path.name, at), AROUND) for at, record in told if record]
    return [conflict for conflict in found if conflict]


def of(path: Path, key: str) -> Conflict:
    [found] = [each for each in conflicts(path) if each.table == TABLE and each.key == (key,)]
    return found


def a_record(**fields: str) -> Record:
    """The record of one healthy change, with other fields where they are given."""
    told = {
        "timestamp": "2026-11-26 20:57:10.457 UTC",
        "dbname": "eden_task",
        "message": "CONFLICT: remote UPDATE on relation public.accounts (local index accounts_pkey). "
        "Resolution: apply_remote.",
        "detail": "existing local tuple {id[int8]:1 owner[text]:o balance[numeric]:1.00 note[text]:n} "
        "xid=832,origin=0,timestamp=2026-11-26 20:55:20.395343+00; "
        "remote tuple {id[int8]:1 owner[text]:o balance[numeric]:2.00 note[text]:n} "
        "in xact origin=6,timestamp=2026-11-26 20:55:20.500656+00,commit_lsn=0/2336A10",
        "context": "apply UPDATE from remote relation public.accounts in commit before A/2336A10, xid 835 "
        "committed at 2026-11-26 20:55:20.500656+00 (action #2) from node replorigin 6",
        "backend_type": "pglogical apply 16390:450041237",
    }
    return told | fields


def conflict(**fields: str) -> Conflict | None:
    return conflict_of(a_record(**fields), HERE, AROUND)


def test_a_conflict_is_read_with_all_that_its_line_tells() -> None:
    """The position is that of the commit in the other region's WAL, as its own `pg_waldump` shows it."""
    assert of(WEST, "2") == Conflict(
        logged_at=datetime(2026, 11, 26, 20, 57, 10, 792000, UTC),
        table=TABLE,
        kind=ConflictKind.UPDATE_UPDATE,
        resolution=Resolution.KEEP_LOCAL,
        key=("2",),
        local_key=("2",),
        remote=Version(datetime(2026, 11, 26, 20, 57, 10, 473433, UTC), "from_us_east_1"),
        remote_lsn="A/2AFBA38",
        local=Version(datetime(2026, 11, 26, 20, 57, 10, 524344, UTC), "local"),
        place=of(WEST, "2").place,
    )


@pytest.mark.parametrize(
    ("path", "key", "kind", "resolution", "is_real"),
    [
        pytest.param(
            EAST, "1", ConflictKind.UPDATE_UPDATE, Resolution.APPLY_REMOTE, False, id="another region writes"
        ),
        pytest.param(
            EAST, "2", ConflictKind.UPDATE_UPDATE, Resolution.APPLY_REMOTE, False, id="the loser of both"
        ),
        pytest.param(
            WEST, "2", ConflictKind.UPDATE_UPDATE, Resolution.KEEP_LOCAL, True, id="the winner of both"
        ),
        pytest.param(
            EAST, "3", ConflictKind.UPDATE_MISSING, Resolution.SKIP, True, id="an update of a deleted row"
        ),
        pytest.param(EAST, "4", ConflictKind.DELETE_MISSING, Resolution.SKIP, True, id="deleted by both"),
        pytest.param(
            EAST, "50", ConflictKind.INSERT_INSERT, Resolution.APPLY_REMOTE, True, id="inserted by both"
        ),
        pytest.param(
            WEST, "50", ConflictKind.INSERT_INSERT, Resolution.KEEP_LOCAL, True, id="and kept by one"
        ),
    ],
)
def test_every_kind_is_told_and_a_row_that_changes_region_is_no_real_conflict(
    path: Path, key: str, kind: ConflictKind, resolution: Resolution, *, is_real: bool
) -> None:
    found = of(path, key)

    assert (found.kind, found.resolution, found.is_real) == (kind, resolution, is_real)


def test_csv_tells_the_same_as_json() -> None:
    of_csv = [{**vars(each), "place": None} for each in conflicts(SAMPLES / "log-us-east-1.csv")]

    assert of_csv == [{**vars(each), "place": None} for each in conflicts(EAST)]
    assert len(of_csv) == 9


def test_two_rows_that_claim_one_unique_value_have_two_keys() -> None:
    [found] = [
        each for each in conflicts(WEST) if each.table.name == "members" and each.key != each.local_key
    ]

    assert found.key == ("a0000000-0000-4000-8000-000000000001",)
    assert found.local_key == ("a0000000-0000-4000-8000-000000000002",)


def test_quoted_names_are_read_as_they_are() -> None:
    tables = {each.table for each in conflicts(WEST)}

    assert TableName("eden_task", 'Dr "odd" %', "Two (local index x)") in tables


def test_a_key_that_looks_like_the_next_column_is_not_told() -> None:
    """The line quotes nothing: `k %% part[int4]:7, q` could end before its own ` part[int4]:`."""
    [found] = [each for each in conflicts(WEST) if each.table.name.startswith("Two")]

    assert (found.key, found.local_key) == (None, None)


def test_a_key_that_was_cut_is_not_told() -> None:
    around = Surroundings(lambda table: shape(table).model_copy(update={"key": ("code",)}))
    form = LogFormat.JSON
    told = [fields(raw, form) for _, raw in records(WEST.read_bytes(), form) if b"than forty byte..." in raw]

    [found] = [conflict_of(record, HERE, around) for record in told if record]

    assert found
    assert found.key is None


def test_values_that_look_like_the_line_itself_are_not_taken_for_it() -> None:
    forged = "x} xid=1,origin=6,timestamp=2020-01-01 00:00:00+00; remote tuple {id[int8]:9"

    found = conflict(detail=a_record()["detail"].replace("note[text]:n", f"note[text]:{forged}", 1))

    assert found
    assert (found.key, found.local) == (None, None)
    assert found.remote_lsn == "A/2336A10"


def test_a_key_of_a_table_that_is_gone_is_not_told() -> None:
    found = conflict_of(a_record(), HERE, Surroundings(lambda _table: None))

    assert found
    assert found.key is None


def test_nobody_but_an_apply_worker_can_tell_of_a_conflict() -> None:
    assert conflict() is not None
    assert conflict(backend_type="client backend") is None
    assert conflict(message="CONFLICT: remote UPDATE on relation public.accounts") is None
    assert conflict(message="apply worker started") is None
    assert conflict(context="") is None


@pytest.mark.parametrize("earlier_s", [0, 1])
def test_a_change_that_is_no_younger_than_what_it_replaced_is_real(earlier_s: int) -> None:
    """At one instant pglogical lets the remote win on both sides, so that the regions swap their versions."""
    local = "2026-11-26 20:55:20.395343+00"
    remote = f"2026-11-26 20:55:{20 - earlier_s}.395343+00"

    found = conflict(context=a_record()["context"].replace("2026-11-26 20:55:20.500656+00", remote))

    assert found
    assert found.local
    assert found.local.at == datetime.fromisoformat(local)
    assert found.is_real


def test_what_the_server_has_forgotten_is_none() -> None:
    detail = a_record()["detail"].replace(
        "origin=0,timestamp=2026-11-26 20:55:20.395343+00", "origin=-1,timestamp="
    )

    found = conflict(detail=detail)

    assert found
    assert found.local == Version(None, None)
    assert not found.is_real


def test_an_origin_without_a_name_keeps_its_number() -> None:
    found = conflict(context=a_record()["context"].replace("replorigin 6", "replorigin 7"))

    assert found
    assert found.remote.origin == "7"


@pytest.mark.parametrize(("abbreviation", "hour"), [("CEST", 0), ("CET", 1)])
def test_the_hour_that_comes_twice_is_told_apart(abbreviation: str, hour: int) -> None:
    around = Surroundings(shape, zone=ZoneInfo("Europe/Berlin"))

    found = conflict_of(a_record(timestamp=f"2026-10-25 02:30:00.000 {abbreviation}"), HERE, around)

    assert found
    assert found.logged_at == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
