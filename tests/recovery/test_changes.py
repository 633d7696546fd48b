"""Folding what pg_waldump prints into transactions; the lines are those of PostgreSQL 15.20."""

from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.changes import Changes, TableFiles, Transaction
from recovery.errors import Refused

DATABASE = 16384
ORDERS = TableFiles("orders", DATABASE, frozenset({16385}), frozenset({"1663/16384/16385"}))
PARTED = TableFiles(
    "parted", DATABASE, frozenset({10, 11, 12}), frozenset({"1663/16384/16425", "1663/16384/16428"})
)
ONE, OTHER = "1663/16384/16425", "1663/16384/16428"
DELETE = "DELETE off 5 flags 0x04 KEYS_UPDATED "
UPDATE = "UPDATE off 2 xmax 733 flags 0x10 ; new off 30 xmax 0"
HOT_UPDATE = "HOT_UPDATE off 21 xmax 743 flags 0x10 ; new off 160 xmax 743"
INSERT = "INSERT off 32 flags 0x08"
MOVE = "DELETE off 1 flags 0x10 KEYS_UPDATED "
RUNNING = "RUNNING_XACTS nextXid 700 latestCompletedXid 699 oldestRunningXid 700"
AT = "2026-11-25 17:38:06.674505 UTC"

SAVEPOINTS = """\
rmgr: Heap        len (rec/tot):     85/  1601, tx:        733, lsn: 0/02002068, prev 0/02000028, desc: UPDATE off 1 xmax 733 flags 0x10 ; new off 29 xmax 0, blkref #0: rel 1663/16384/16385 blk 3 FPW, blkref #1: rel 1663/16384/16385 blk 0
rmgr: Btree       len (rec/tot):     53/  7453, tx:        733, lsn: 0/020026B0, prev 0/02002068, desc: INSERT_LEAF off 3, blkref #0: rel 1663/16384/16390 blk 1 FPW
rmgr: Heap        len (rec/tot):     69/    69, tx:        734, lsn: 0/02004578, prev 0/02004538, desc: DELETE off 5 flags 0x04 KEYS_UPDATED , blkref #0: rel 1663/16384/16385 blk 0
rmgr: Heap        len (rec/tot):     66/    66, tx:        735, lsn: 0/020045C0, prev 0/02004578, desc: INSERT off 32 flags 0x08, blkref #0: rel 1663/16384/16385 blk 3
rmgr: Heap        len (rec/tot):     69/    69, tx:        736, lsn: 0/020050F8, prev 0/02004608, desc: DELETE off 6 flags 0x04 KEYS_UPDATED , blkref #0: rel 1663/16384/16385 blk 0
rmgr: Transaction len (rec/tot):     34/    34, tx:        736, lsn: 0/02005140, prev 0/020050F8, desc: ABORT 2026-11-25 17:38:06.674331 UTC
rmgr: Heap        len (rec/tot):     71/   311, tx:        737, lsn: 0/02005168, prev 0/02005140, desc: INSERT off 6 flags 0x08, blkref #0: rel 1663/16384/16392 blk 0 FPW
rmgr: Transaction len (rec/tot):     62/    62, tx:        733, lsn: 0/02005378, prev 0/020052A0, desc: COMMIT 2026-11-25 17:38:06.674505 UTC; subxacts: 734 735 737
"""  # noqa: E501 - as pg_waldump prints it
"""Of: UPDATE; SAVEPOINT, DELETE; SAVEPOINT, INSERT; SAVEPOINT, DELETE, ROLLBACK TO; INSERT elsewhere; COMMIT."""


def record(manager: str, xid: int, desc: str, *, file: str | None = None) -> str:
    """Return a line as pg_waldump prints it."""
    block = f", blkref #0: rel {file} blk 0" if file else ""
    head = f"rmgr: {manager:11} len (rec/tot):     69/    69, tx: {xid:10}, lsn: 0/02004578, prev 0/02004538"
    return f"{head}, desc: {desc}{block}\n"


def heap(xid: int, desc: str, file: str = "1663/16384/16385") -> str:
    return record("Heap", xid, desc, file=file)


def ended(xid: int, desc: str = f"COMMIT {AT}") -> str:
    return record("Transaction", xid, desc)


def read(*lines: str, table: TableFiles = ORDERS) -> list[Transaction]:
    return list(Changes(table).read(lines))


def counts(transactions: Iterable[Transaction]) -> list[tuple[int, int, int, int]]:
    return [(one.xid, one.inserted, one.updated, one.deleted) for one in transactions]


def test_savepoints_are_their_transactions() -> None:
    """What was rolled back to a savepoint is not counted; a restore can stop before the parent only."""
    (done,) = read(*SAVEPOINTS.splitlines(keepends=True))

    assert counts([done]) == [(733, 1, 1, 1)]
    assert done.committed_at == datetime(2026, 11, 25, 17, 38, 6, 674505, tzinfo=UTC)
    assert (done.origin, done.commit_lsn) == (None, "0/02005378")


@pytest.mark.parametrize(
    ("desc", "expected"),
    [
        (INSERT, (1, 0, 0)),
        ("INSERT+INIT off 1 flags 0x08", (1, 0, 0)),
        ("MULTI_INSERT 51 tuples flags 0x0A", (51, 0, 0)),
        ("MULTI_INSERT+INIT 61 tuples flags 0x02", (61, 0, 0)),
        (UPDATE, (0, 1, 0)),
        ("UPDATE+INIT off 2 xmax 733 flags 0x10 ; new off 1 xmax 0", (0, 1, 0)),
        (HOT_UPDATE, (0, 1, 0)),
        (DELETE, (0, 0, 1)),
    ],
)
def test_each_change_of_a_row_is_counted(desc: str, expected: tuple[int, int, int]) -> None:
    manager = "Heap2" if desc.startswith("MULTI") else "Heap"

    (done,) = read(record(manager, 726, desc, file="1663/16384/16385"), ended(726))

    assert (done.inserted, done.updated, done.deleted) == expected


@pytest.mark.parametrize(
    "line",
    [
        heap(740, "LOCK off 20: xid 740: flags 0x00 LOCK_ONLY EXCL_LOCK KEYS_UPDATED "),
        heap(742, "HEAP_CONFIRM off 84"),
        heap(742, "INPLACE off 3"),
        record("Heap2", 738, "PRUNE latestRemovedXid 734 nredirected 0 ndead 4", file="1663/16384/16385"),
        record("Heap2", 738, "NEW_CID rel 1663/16384/16385; tid 57/43; cmin: 1, cmax: 4, combo: 4"),
        record("Standby", 751, "LOCK xid 751 db 16384 rel 16385 "),
        "first record is after 0/2000000, at 0/2000028, skipping over 40 bytes\n",
        heap(742, DELETE, "1663/16384/163851"),
        heap(742, DELETE, "1664/16384/16385"),
        heap(742, DELETE, "1663/16999/16385"),
    ],
)
def test_what_changes_no_row_of_the_table_is_no_change(line: str) -> None:
    """Locks, cleaning, the catalog's notes; files of other tables, tablespaces and databases."""
    assert read(line, *(ended(xid) for xid in (738, 740, 742, 751))) == []


def test_two_tables_in_one_transaction_are_told_apart() -> None:
    done = read(heap(726, DELETE), heap(726, DELETE, "1663/16384/16392"), heap(726, DELETE), ended(726))

    assert counts(done) == [(726, 0, 0, 2)]


def test_what_was_rolled_back_is_left_out() -> None:
    assert (
        read(heap(738, DELETE), heap(739, DELETE), ended(738, f"ABORT {AT}; subxacts: 739"), ended(739)) == []
    )


def test_a_prepared_transaction_has_its_own_number() -> None:
    """The record that ends it is written by another one, or none."""
    lines = [
        heap(747, DELETE),
        heap(748, DELETE),
        ended(747, "PREPARE gid p3: 2026-11-25 17:38:06.688083 UTC; subxacts: 748"),
        heap(745, DELETE),
        ended(0, f"ABORT_PREPARED 745: {AT}"),
        ended(0, f"COMMIT_PREPARED 747: {AT}; subxacts: 748"),
    ]

    assert counts(read(*lines)) == [(747, 0, 0, 2)]


def test_what_was_applied_from_elsewhere_names_its_origin() -> None:
    told = f"COMMIT {AT}; origin: node 3, lsn 0/1234, at 2026-11-25 17:38:06.689944 UTC"

    (done,) = read(heap(750, DELETE), ended(750, told))

    assert done.origin == 3


def test_a_truncate_names_the_table_and_removes_its_file() -> None:
    """It lists oids of tables without their database: a database made from a template shares them."""
    truncate = record("Heap", 752, "TRUNCATE cascade nrelids 2 relids 16400 16385")
    here = ended(752, f"COMMIT {AT}; rels: base/16384/16396 base/16384/16385; inval msgs: catcache 55")
    elsewhere = ended(752, f"COMMIT {AT}; rels: base/16999/16396 base/16999/16385; inval msgs: catcache 55")
    stranger = record("Heap", 752, "TRUNCATE nrelids 1 relids 16400")

    assert [(one.xid, one.truncated) for one in read(truncate, here)] == [(752, True)]
    assert read(truncate, elsewhere) == []
    assert read(stranger, here) == []
    assert read(truncate, ended(752, f"ABORT {AT}; rels: base/16384/16396")) == []


def test_a_lost_insert_on_conflict_is_no_change() -> None:
    """INSERT ... ON CONFLICT writes the row, finds that another one was first, and takes it back."""
    lines = [heap(742, "INSERT off 84 flags 0x0C"), heap(742, "DELETE off 84 flags 0x08 ")]

    assert read(*lines, ended(742)) == []


def test_a_row_that_changes_its_partition_is_updated() -> None:
    """From a single partition it is gone, whatever else is inserted there."""
    lines = [heap(759, MOVE, ONE), heap(759, "INSERT+INIT off 1 flags 0x08", OTHER), heap(759, DELETE, ONE)]
    leaf = TableFiles("parted_1", DATABASE, frozenset({11}), frozenset({ONE}))

    assert counts(read(*lines, ended(759), table=PARTED)) == [(759, 0, 1, 1)]
    assert counts(read(*lines, heap(759, INSERT, ONE), ended(759), table=leaf)) == [(759, 1, 0, 2)]


def test_a_transaction_that_made_the_tables_file_says_so() -> None:
    """VACUUM FULL, ALTER and TRUNCATE give a table a new file; what was done to the old one is not seen."""
    lines = [heap(740, DELETE, "1663/16384/16380"), ended(740)]
    lines += [record("Storage", 753, "CREATE base/16384/16385"), ended(753)]
    elsewhere = TableFiles("spaced", DATABASE, frozenset({9}), frozenset({"17000/16384/16385"}))
    spaced = record("Storage", 754, "CREATE pg_tblspc/17000/PG_15_202209061/16384/16385")

    assert [(one.xid, one.rewrote) for one in read(*lines)] == [(753, True)]
    assert [(one.xid, one.rewrote) for one in read(*lines, spaced, ended(754), table=elsewhere)] == [
        (754, True)
    ]


def test_dropping_a_partition_is_seen() -> None:
    """The partition is not among the files any more; the lock on its parent, and the removed file, are in WAL."""
    lock = record("Standby", 760, "LOCK xid 760 db 16384 rel 10 xid 760 db 16384 rel 13 ")
    drop = ended(760, f"COMMIT {AT}; rels: base/16384/16430; inval msgs: relcache 13")

    assert [one.removed_files for one in read(lock, drop, table=PARTED)] == [True]
    assert read(lock, ended(760), table=PARTED) == []


def test_what_has_not_ended_is_counted_as_open() -> None:
    changes = Changes(ORDERS)

    done = list(changes.read([heap(726, DELETE), heap(727, DELETE), heap(728, DELETE), ended(727)]))

    assert counts(done) == [(727, 0, 0, 1)]
    assert changes.still_open == 2


def test_what_a_crash_ended_is_not_open() -> None:
    """No record tells the end of a transaction that a crash, or a promotion, ended: only that it runs no more."""
    changes = Changes(ORDERS)
    running = "RUNNING_XACTS nextXid 740 latestCompletedXid 739 oldestRunningXid 738; 1 xacts: 738"

    assert list(changes.read([heap(726, DELETE), heap(738, DELETE), record("Standby", 0, running)])) == []
    assert changes.still_open == 1


def test_numbers_that_began_again_are_younger() -> None:
    changes = Changes(ORDERS)
    running = "RUNNING_XACTS nextXid 9 latestCompletedXid 8 oldestRunningXid 5"

    list(changes.read([heap(4294967290, DELETE), heap(7, DELETE), record("Standby", 0, running)]))

    assert changes.still_open == 1


def test_what_may_have_begun_before_is_not_whole() -> None:
    """The first list of running transactions tells which numbers were given out by then."""
    changes = Changes(ORDERS)

    def done(xid: int) -> bool:
        (one,) = changes.read([heap(xid, DELETE), ended(xid)])
        return one.whole

    assert not done(690)
    list(changes.read([record("Standby", 0, RUNNING)]))
    assert not done(699)
    assert done(700)
    list(changes.read([record("Standby", 0, RUNNING.replace("700", "800"))]))
    assert done(750)
    changes.gap()
    assert not done(801)
    list(changes.read([record("Standby", 0, RUNNING.replace("700", "803"))]))
    assert done(803)


def test_reading_ends_after_the_last_commit_that_is_asked_for() -> None:
    """Commits are not quite in the order of their times: reading goes on for a minute of them."""
    changes = Changes(ORDERS, until=datetime(2026, 11, 25, 17, 38, tzinfo=UTC))
    later = [heap(2, DELETE), ended(2, "COMMIT 2026-11-25 17:38:59.0 UTC")]
    past = [heap(3, DELETE), ended(3, "COMMIT 2026-11-25 17:39:00.1 UTC")]

    done = list(changes.read([heap(1, DELETE), ended(1), *later, *past, heap(4, DELETE), ended(4)]))

    assert [one.xid for one in done] == [1, 2, 3]
    assert changes.past


@pytest.mark.parametrize("told", ["COMMIT 2026-11-25 18:38:06.674505 CET", "COMMIT yesterday"])
def test_a_time_that_is_not_understood_is_refused(told: str) -> None:
    """A wrong hour would send a restore to the wrong moment."""
    with pytest.raises(Refused, match="pg_waldump tells"):
        read(heap(726, DELETE), ended(726, told))


DEEDS = st.lists(st.sampled_from([INSERT, UPDATE, DELETE]), max_size=8)


@given(st.lists(DEEDS, max_size=5), st.randoms(use_true_random=False), st.sets(st.integers(0, 4)))
def test_interleaving_changes_no_count(
    transactions: list[list[str]], chance: Random, rolled_back: set[int]
) -> None:
    """However records of transactions lie between each other, each committed one has its own counts."""
    waiting = [
        [heap(100 + i, deed) for deed in deeds]
        + [ended(100 + i, f"{'ABORT' if i in rolled_back else 'COMMIT'} {AT}")]
        for i, deeds in enumerate(transactions)
    ]
    lines = []
    while any(waiting):
        lines.append(chance.choice([queue for queue in waiting if queue]).pop(0))

    expected = {
        (100 + i, *(deeds.count(deed) for deed in (INSERT, UPDATE, DELETE)))
        for i, deeds in enumerate(transactions)
        if deeds and i not in rolled_back
    }
    assert set(counts(read(*lines))) == expected
