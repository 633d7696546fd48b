"""Names of WAL segments, and the line of timelines through them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.wal_segments import Switch, WalLine, WalPosition, holes, lsn_of, switches

MIB = 2**20
HISTORY = (
    "1\t0/51D23DD0\tbefore transaction 80827\n\n# a comment\n2\t1/2000000\tno recovery target specified\n"
)


def line(*left: Switch, timeline: int = 1, end: str = "9/0", mib: int = 16) -> WalLine:
    return WalLine(WalPosition(timeline, lsn_of(end), mib * MIB), left)


@pytest.mark.parametrize(
    ("position", "mib", "name"),
    [
        ("0/23007A0", 16, "000000010000000000000002"),
        ("1/FF000000", 16, "0000000100000001000000FF"),
        ("0/51D23DD0", 64, "000000010000000000000014"),
        ("2/3FFFFFFF", 1024, "000000010000000200000000"),
        ("0/00500000", 1, "000000010000000000000005"),
    ],
)
def test_a_position_is_in_the_segment_that_postgresql_names(position: str, mib: int, name: str) -> None:
    """As pg_walfile_name says of clusters made with `initdb --wal-segsize`."""
    assert line(mib=mib).name(lsn_of(position) // (mib * MIB)) == name


@given(st.integers(1, 8 * 256), st.sampled_from([1, 16, 64, 1024]))
def test_a_name_is_read_back(number: int, mib: int) -> None:
    here = line(end="FFFF/0", mib=mib)

    assert here.numbers([here.name(number)]) == [number]


def test_segments_of_other_timelines_are_passed_over() -> None:
    """Those of a timeline after it was left were never part of this cluster: their changes did not happen here."""
    here = line(*switches(HISTORY), timeline=3)
    names = [
        "000000010000000000000050",
        "000000010000000000000051",
        "000000010000000000000052",
        "000000020000000000000051",
        "000000020000000000000052",
        "000000020000000100000002",
        "000000030000000100000002",
        "00000002.history",
        "000000020000000000000051.partial",
        "archive_status",
    ]

    assert [here.name(number) for number in here.numbers(names)] == [
        "000000010000000000000050",
        "000000020000000000000051",
        "000000020000000000000052",
        "000000030000000100000002",
    ]


def test_recycled_segments_are_passed_over() -> None:
    """PostgreSQL renames old segments for later: they hold what was there before."""
    here = line(end="0/52030140")

    assert here.numbers([here.name(number) for number in range(0x4E, 0x6F)]) == [0x4E, 0x4F, 0x50, 0x51, 0x52]


def test_a_full_segment_is_the_newest_until_the_next_is_written() -> None:
    assert line(end="0/3000000").position.newest == 2


def test_runs_end_at_holes_and_where_a_timeline_ends() -> None:
    here = line(Switch(1, lsn_of("0/6000100")), timeline=2)

    assert list(here.together([2, 3, 5, 6, 7])) == [range(2, 4), range(5, 6), range(6, 8)]
    assert list(here.together([])) == []


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["000000010000000000000011", "000000010000000000000013"], ["000000010000000000000012"]),
        (
            ["0000000100000000000000FE", "000000010000000100000001"],
            ["0000000100000000000000FF", "000000010000000100000000"],
        ),
        (["000000010000000000000FFF", "000000010000000100000000"], []),
        (["000000010000000000000011", "000000020000000000000013", "000000020000000000000014"], []),
        (["00000002.history", "000000010000000000000011.partial", "archive", "000000010000000000000011"], []),
        ([], []),
    ],
)
def test_segments_that_are_missing_in_a_timeline_are_named(names: list[str], missing: list[str]) -> None:
    """16 MiB segments are 256 to 4 GiB, those of 1 MiB are 4096; a timeline begins where another one was left."""
    assert holes(names) == missing
