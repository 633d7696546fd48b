"""Going through WAL: where a search begins, what it fetches, and how it goes on after a hole."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from recovery.change_list import Found, how_to_go_on, listed, seen
from recovery.change_search import Run, Search, Unreadable
from recovery.changes import TableFiles, Transaction, committed_at, parsed
from recovery.wal_segments import Switch, WalLine, WalPosition

SEGMENT = 16 * 2**20
FILE = "1663/5/16384"
TABLE = TableFiles("public.orders", 5, frozenset({16384}), frozenset({FILE}))
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
NEWEST = 60
WHOLE = WalLine(WalPosition(1, (NEWEST + 1) * SEGMENT, SEGMENT))


def at(number: int) -> datetime:
    """Return when segment *number* was written: one a minute."""
    return NOON + timedelta(minutes=number)


def lines_of(number: int) -> list[str]:
    """Return a list of running transactions, and one that deletes a row: its number is the segment's, and 1000."""
    xid, time = 1000 + number, f"{at(number):%Y-%m-%d %H:%M:%S.%f} UTC"
    head = (
        f"len (rec/tot):     64/    64, tx: {xid:10}, lsn: 0/{number * SEGMENT:08X}, prev 0/02300770, desc:"
    )
    return [
        f"rmgr: Standby     {head} RUNNING_XACTS nextXid {xid} latestCompletedXid {xid - 1} oldestRunningXid {xid}",
        f"rmgr: Heap        {head} DELETE off 1 flags 0x04 KEYS_UPDATED , blkref #0: rel {FILE} blk 0",
        f"rmgr: Transaction {head} COMMIT {time}",
    ]


@dataclass
class Shelf:
    """WAL in memory, a transaction a segment; it knows what was read and fetched."""

    beside: list[int]
    kept: set[int] = field(default_factory=set)
    archived: bool = False
    broken: set[int] = field(default_factory=set)
    idle: set[int] = field(default_factory=set)
    untold: set[int] = field(default_factory=set)
    """Segments that do not tell which transactions run."""
    line: WalLine = WHOLE
    read: list[range] = field(default_factory=list)
    fetches: int = 0

    def live(self) -> list[int]:
        return self.beside

    def first_commit(self, run: Run) -> datetime | None:
        records = (parsed(line) for number in run.numbers for line in self._lines(number))
        return next((moment for one in records if one and (moment := committed_at(one))), None)

    def lines(self, run: Run, files: Sequence[str]) -> Generator[str, None, None]:
        assert files == [FILE]
        self.read.append(run.numbers)
        for number in run.numbers:
            if number in self.broken:
                raise Unreadable(f"{number} is torn", number)
            yield from self._lines(number)

    @contextmanager
    def fetched(self, numbers: range) -> Iterator[tuple[str, list[int]]]:
        assert self.archived
        self.fetches += len(numbers)
        yield "/scratch/find-1", [n for n in numbers if n in self.kept | set(self.beside)]

    def _lines(self, number: int) -> list[str]:
        return [] if number in self.idle else lines_of(number)[number in self.untold :]


def found(shelf: Shelf, **span: datetime) -> tuple[list[int], Search]:
    """Return the segments whose transactions were found, and the search."""
    search = Search(shelf, TABLE, **span)
    return [one.xid - 1000 for one in search.transactions()], search


def test_without_a_time_all_that_is_there_is_read() -> None:
    shelf = Shelf(beside=list(range(50, 61)))

    numbers, search = found(shelf)

    assert numbers == list(range(50, 61))
    (note,) = search.notes
    assert note.startswith(
        "WAL from before 000000010000000000000032 is not beside the cluster any more; --backups "
    )


def test_a_search_begins_a_minute_before_its_time() -> None:
    """What was under way then has records there, and which transactions ran is told once a while."""
    shelf = Shelf(beside=list(range(20, 61)))

    numbers, search = found(shelf, since=at(55))

    assert numbers == [55, 56, 57, 58, 59, 60]
    assert shelf.read == [range(54, 61)]
    assert search.notes == []


def test_a_search_ends_after_its_time() -> None:
    shelf = Shelf(beside=list(range(20, 61)))

    numbers, search = found(shelf, since=at(30), until=at(32))

    assert numbers == [30, 31, 32]
    assert search.changes.last_commit_at == at(34)


def test_idle_segments_are_looked_past() -> None:
    shelf = Shelf(beside=list(range(20, 61)), idle={54, 55, 56})

    numbers, _ = found(shelf, since=at(55))

    assert numbers == [57, 58, 59, 60]


def test_a_hole_is_told_and_gone_on_after() -> None:
    shelf = Shelf(beside=[50, 51, 55, 56, 59, 60])

    numbers, search = found(shelf)

    assert numbers == [50, 51, 55, 56, 59, 60]
    assert search.missing == [
        "000000010000000000000034 to 000000010000000000000036",
        "000000010000000000000039 to 00000001000000000000003A",
    ]


def test_what_commits_after_a_hole_may_have_begun_in_it() -> None:
    shelf = Shelf(beside=[58, 60], untold={60})
    torn = Shelf(beside=[58, 59, 60], untold={60}, broken={59})

    for wal in (shelf, torn):
        assert [one.whole for one in Search(wal, TABLE).transactions()] == [True, False]


def test_a_torn_segment_is_told_and_gone_on_after() -> None:
    shelf = Shelf(beside=list(range(50, 61)), broken={57})

    numbers, search = found(shelf)

    assert numbers == [50, 51, 52, 53, 54, 55, 56, 58, 59, 60]
    assert search.notes[-1] == "57 is torn; reading went on after segment 000000010000000000000039."


@pytest.mark.parametrize("first", [2, 3, 13, 30, 48, 49, 50])
def test_older_segments_come_from_the_archive(first: int) -> None:
    shelf = Shelf(beside=list(range(50, 61)), kept=set(range(1, 50)), archived=True)

    numbers, search = found(shelf, since=at(first))

    assert numbers == list(range(first, 61))
    assert (search.missing, search.notes) == ([], [])
    assert shelf.read[0].start == first - 1


def test_what_is_beside_the_cluster_is_not_fetched() -> None:
    shelf = Shelf(beside=list(range(50, 61)), kept=set(range(1, 60)), archived=True)

    found(shelf, since=at(52))

    assert shelf.fetches == 0


def test_few_segments_are_fetched_to_find_where_to_begin() -> None:
    """Fetching one takes as long as a second."""
    shelf = Shelf(beside=list(range(5000, 5002)), kept=set(range(1, 5000)), archived=True)
    shelf.line = WalLine(WalPosition(1, 5002 * SEGMENT, SEGMENT))

    found(shelf, since=at(4990), until=at(4991))

    assert shelf.fetches < 40


def test_where_the_archive_begins_is_told() -> None:
    shelf = Shelf(beside=list(range(50, 61)), kept=set(range(45, 50)), archived=True)

    numbers, search = found(shelf, since=at(3))

    assert numbers == list(range(45, 61))
    assert search.notes == ["WAL from before 00000001000000000000002D is not found in the archive."]


def test_a_hole_in_the_archive_is_told_and_gone_on_after() -> None:
    shelf = Shelf(beside=list(range(50, 61)), kept=set(range(1, 50)) - set(range(22, 43)), archived=True)

    numbers, search = found(shelf, since=at(20))

    assert numbers == [20, 21, *range(43, 61)]
    assert search.missing == ["000000010000000000000016 to 00000001000000000000002A"]


def test_timelines_are_read_one_after_the_other() -> None:
    shelf = Shelf(beside=list(range(50, 61)))
    shelf.line = WalLine(shelf.line.position, (Switch(1, 55 * SEGMENT + 400),))
    shelf.line = WalLine(WalPosition(3, shelf.line.position.end, SEGMENT), shelf.line.left)

    numbers, search = found(shelf)

    assert numbers == list(range(50, 61))
    assert shelf.read == [range(50, 55), range(55, 61)]
    assert search.notes[-1].startswith("Timeline 3 begins in segment 000000030000000000000037;")


def a_transaction(xid: int, **fields: object) -> Transaction:
    usual = {
        "origin": None,
        "commit_lsn": "0/1",
        "inserted": 0,
        "updated": 0,
        "deleted": 0,
        "truncated": False,
    }
    usual |= {"rewrote": False, "removed_files": False, "whole": True, "committed_at": at(xid)}
    return Transaction(xid=xid, **(usual | fields))


def taken(*transactions: Transaction, at_least: int = 1, most: int = 200) -> Found:
    found = Found(at_least, most)
    found.take(transactions)
    return found


def test_transactions_are_listed_by_their_commits() -> None:
    shown = taken(
        a_transaction(730, deleted=12, committed_at=at(2), origin=1, whole=False),
        a_transaction(729, updated=500, deleted=1000, committed_at=at(1)),
        a_transaction(731, truncated=True, rewrote=True, committed_at=at(3), origin=9),
        a_transaction(732, rewrote=True, committed_at=at(4)),
    )

    assert listed(shown, here="us-east-1", origins={1: "us-west-2"}) == [
        "           committed (UTC)  transaction  from       inserted  updated  deleted",
        "2026-11-25 12:01:00.000000          729  us-east-1         0      500     1000",
        "2026-11-25 12:02:00.000000          730  us-west-2        0+       0+      12+",
        "2026-11-25 12:03:00.000000          731  origin 9          0        0        0  truncated",
    ]


def test_the_biggest_are_kept_and_the_others_counted() -> None:
    every = [a_transaction(100 + i, deleted=i) for i in range(1, 11)]
    shown = taken(*every, a_transaction(200, removed_files=True), at_least=3, most=4)

    assert [one.xid for one in shown.shown] == [108, 109, 110, 200]
    assert listed(shown, here="here", origins={})[-2:] == [
        "5 more are left out, of fewer rows each; --most or --at-least show others.",
        "2 more touched fewer than 3 rows each.",
    ]


def test_the_next_command_names_what_took_the_most() -> None:
    """Also where it is not shown: a TRUNCATE before any DELETE."""
    deleted = (
        a_transaction(729, deleted=1000),
        a_transaction(730, inserted=9000),
        a_transaction(733, deleted=3),
    )

    assert how_to_go_on(taken(*deleted, most=1), "us-east-1") == (
        "Transaction 729 deleted 1000 rows. To go back to just before its commit: "
        "dr restore run us-east-1 --before-transaction 729 ..."
    )
    assert "Transaction 731 truncated it." in how_to_go_on(
        taken(*deleted, a_transaction(731, truncated=True)), "x"
    )
    assert how_to_go_on(taken(a_transaction(730, inserted=9000)), "x").startswith("Nothing was deleted.")


def test_what_was_not_seen_is_told() -> None:
    shelf = Shelf(beside=[50, 51, 55, 56, 59, 60])
    altered = TableFiles(TABLE.name, TABLE.database, TABLE.relations, TABLE.files, at(70))
    search = Search(shelf, altered)
    every = Found(1, 200)
    every.take(search.transactions())

    told = seen(search, every)

    assert told[0] == "Read: commits from 2026-11-25 12:50:00.000000 to 2026-11-25 13:00:00.000000 UTC."
    assert told[1].startswith("Missing: WAL of 000000010000000000000034 to 000000010000000000000036;")
    assert told[-1].startswith("public.orders was altered later, at 2026-11-25 13:10:00.000000:")


def test_a_rewritten_table_hides_what_was_before() -> None:
    shelf = Shelf(beside=[60])
    search = Search(shelf, TABLE)
    every = Found(1, 200)
    every.take([*search.transactions(), a_transaction(2000, rewrote=True)])

    assert seen(search, every)[-1].startswith("Transaction 2000 gave public.orders new files at ")
