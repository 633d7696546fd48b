"""What is said where pg_waldump does not come to its end: a part of the WAL must never pass for all of it."""

from pathlib import Path

import pytest

from recovery.adapters.host import Host
from recovery.adapters.wal import Wal, WalPlace
from recovery.change_search import Run, Unreadable
from recovery.errors import BadInput, RecoveryError, Unavailable
from recovery.wal_segments import WalPosition

SEGMENT = 16 * 2**20
RUN = Run(range(0x50, 0x58))
TORN = "error in WAL record at 0/53577E30: invalid magic number 0000 in log segment 000000010000000000000053"


def read(said: str) -> list[str]:
    """Read a run on a host where every command just says *said*."""
    host = Host("db-1", as_account=("sh", "-c", f"printf '%s\\n' {said}"))
    place = WalPlace(Path("/data"), Path("/usr/lib/postgresql/15/bin"), Path("/scratch"))
    return list(Wal(host, place, WalPosition(1, 0x60 * SEGMENT, SEGMENT)).lines(RUN, ["1663/5/16384"]))


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        ("'rmgr: Heap'", Unavailable, "pg_waldump on db-1 was not heard to its end; repeat."),
        (
            "'rmgr: Heap' 'ended 124'",
            Unavailable,
            "pg_waldump on db-1 did not end within 3600 s; give --since",
        ),
        (
            "'ended 127'",
            BadInput,
            "/usr/lib/postgresql/15/bin/pg_waldump can not be run on db-1; see `binaries`",
        ),
        (f"'pg_waldump: error: {TORN}' 'ended 1'", Unreadable, f"pg_waldump on db-1 stopped: {TORN}"),
        ("'ended 1'", Unreadable, "pg_waldump on db-1 stopped: status 1"),
    ],
)
def test_an_early_end_is_told(said: str, kind: type[RecoveryError], told: str) -> None:
    with pytest.raises(kind) as refused:
        read(said)

    assert str(refused.value).startswith(told)


@pytest.mark.parametrize(
    ("told", "number"),
    [
        (TORN, 0x53),
        ("could not find file 000000010000000000000054: No such file", 0x54),
        ("could not find a valid record after 0/50000000", 0x50),
        ("something else", 0x57),
    ],
)
def test_the_segment_that_is_not_read_is_named(told: str, number: int) -> None:
    """Reading goes on after it; without a word of which one it was, after all of them."""
    with pytest.raises(Unreadable) as refused:
        read(f"'pg_waldump: error: {told}' 'ended 1'")

    assert refused.value.number == number


def test_what_was_read_to_its_end_is_all_of_it() -> None:
    assert read("'rmgr: Heap' 'ended 0'") == ["rmgr: Heap\n"]
