"""When rows of one table changed, by what pg_waldump of PostgreSQL 15 prints: counts, never the rows themselves."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from recovery.errors import Refused

MANAGERS = ("Heap", "Heap2", "Transaction", "Standby", "Storage")
"""The resource managers whose records are needed; the others are most of a WAL."""
_RECORD = re.compile(
    r"rmgr: (\w+) +len \(rec/tot\): +\d+/ *\d+, tx: +(\d+), lsn: ([0-9A-F]+/[0-9A-F]+), prev [^ ]+ "
    r"desc: ([A-Z_]+)(?:\+INIT)? ?(.*)"
)
_FILE = re.compile(r"blkref #0: rel (\d+/\d+/\d+) ")
_FLAGS = re.compile(r"flags 0x([0-9A-F]{2})")
_ENDED = re.compile(r"(?:(?P<prepared>\d+): )?(?P<at>\d\S+ [\d:.]+) (?P<zone>[^;]+)")
_CHILDREN = re.compile(r"; subxacts:((?: \d+)+)")
_ORIGIN = re.compile(r"; origin: node (\d+),")
_LOCKED = re.compile(r"xid (\d+) db (\d+) rel (\d+)")
_RUNNING = re.compile(r"nextXid (\d+) .*oldestRunningXid (\d+)")
_CREATED = re.compile(r"(?:(?:base|pg_tblspc/(?P<space>\d+)/[^/]+)/)(?P<rest>\d+/\d+)$")
_DEFAULT_TABLESPACE = "1663"
_TAKEN_BACK, _MOVED = 0x08, 0x10
"""XLH_DELETE_IS_SUPER, of an INSERT ... ON CONFLICT that lost; XLH_DELETE_IS_PARTITION_MOVING. (heapam_xlog.h)"""
_HALF_OF_XIDS = 2**31
AROUND = timedelta(minutes=1)
"""How far beyond the times that are asked for WAL is read.

A commit's time is taken before its place in the WAL, and clocks are set; and which transactions run is written
every 15 s (LOG_SNAPSHOT_INTERVAL_MS).
"""


@dataclass(frozen=True)
class TableFiles:
    """A table as WAL knows it: where its rows are now, in its own file or in those of its partitions."""

    name: str
    database: int
    relations: frozenset[int]
    """Their oids, with those of partitioned tables, which have no file."""
    files: frozenset[str]
    """Tablespace / database / relfilenode, as WAL names them."""
    altered_at: datetime | None = None
    """When it was last altered, as far as its catalog tells; what made its files is not later."""


class Record(NamedTuple):
    """One line of pg_waldump."""

    manager: str
    xid: int
    lsn: str
    verb: str
    rest: str


@dataclass(frozen=True)
class Transaction:
    """What one committed transaction did to the table. An update of a row counts each time."""

    xid: int
    committed_at: datetime
    """By this cluster's clock, also for one that was applied from elsewhere: recovery stops by it."""
    origin: int | None
    """The replication origin's number; None where it was done here."""
    commit_lsn: str
    inserted: int
    updated: int
    deleted: int
    truncated: bool
    rewrote: bool
    """It made a file that the table has now: what was done before is in one that is gone, and is not seen."""
    removed_files: bool
    """It held the table exclusively and removed files of its database: a partition, an index, or the table's."""
    whole: bool
    """It began within what was read; otherwise it did this at least."""

    @property
    def rows(self) -> int:
        """How many rows it touched; a TRUNCATE tells no number."""
        return self.inserted + self.updated + self.deleted


@dataclass(slots=True)
class _Deeds:
    """What a transaction, or a part of it that has a number of its own, did so far."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    truncated: bool = False
    rewrote: bool = False
    moved: int = 0
    """Rows that an UPDATE took out of a partition; into another one, where an INSERT comes next."""
    locked: bool = False

    def add(self, other: "_Deeds") -> None:
        self.moved += other.moved
        self.inserted += other.inserted
        self.updated += other.updated
        self.deleted += other.deleted
        self.truncated |= other.truncated
        self.rewrote |= other.rewrote
        self.locked |= other.locked


@dataclass
class Changes:
    """Folds records into transactions, in the order of the WAL; it keeps counts for each open one."""

    table: TableFiles
    until: datetime | None = None
    first_commit_at: datetime | None = None
    last_commit_at: datetime | None = None
    _open: dict[int, _Deeds] = field(default_factory=dict)
    _whole_from: int | None = None

    @property
    def past(self) -> bool:
        """Whether every transaction up to *until* has been read."""
        return bool(self.until and self.last_commit_at and self.last_commit_at > self.until + AROUND)

    @property
    def still_open(self) -> int:
        """How many transactions had changed the table and not ended; savepoints count by themselves."""
        return sum(1 for deeds in self._open.values() if deeds != _Deeds(locked=deeds.locked))

    def gap(self) -> None:
        """Know that records are missing here: what commits from now on may have done more than is counted."""
        self._whole_from = None

    def read(self, lines: Iterable[str]) -> Iterator[Transaction]:
        """Yield each transaction that changed the table, when its commit is reached; read no more than is needed."""
        for line in lines:
            record = parsed(line)
            if record is None:
                continue
            match record.manager:
                case "Heap" | "Heap2":
                    self._changed(record)
                case "Storage":
                    self._stored(record)
                case "Standby":
                    self._stood(record)
                case "Transaction":
                    yield from self._ended(record)
                    if self.past:
                        return
                case _:
                    pass

    def _deeds(self, xid: int) -> _Deeds:
        deeds = self._open.get(xid)
        if deeds is None:
            deeds = self._open[xid] = _Deeds()
        return deeds

    def _changed(self, record: Record) -> None:
        """Count a row; records that only lock, prune or freeze have other verbs."""
        if record.verb == "TRUNCATE":
            told = record.rest.partition(" relids ")[2].split()
            if self.table.relations & {int(relation) for relation in told}:
                self._deeds(record.xid).truncated = True
            return
        file = _FILE.search(record.rest)
        if not file or file[1] not in self.table.files:
            return
        match record.verb:
            case "INSERT":
                self._deeds(record.xid).inserted += 1
            case "MULTI_INSERT":
                self._deeds(record.xid).inserted += int(record.rest.split(" ", 1)[0])
            case "UPDATE" | "HOT_UPDATE":
                self._deeds(record.xid).updated += 1
            case "DELETE":
                self._deleted(record)
            case _:
                pass

    def _deleted(self, record: Record) -> None:
        deeds, told = self._deeds(record.xid), _FLAGS.search(record.rest)
        flags = int(told[1], 16) if told else 0
        if flags & _TAKEN_BACK:
            deeds.inserted -= 1
        elif flags & _MOVED and len(self.table.files) > 1:
            deeds.moved += 1
        else:
            deeds.deleted += 1

    def _stored(self, record: Record) -> None:
        made = _CREATED.match(record.rest.strip()) if record.verb == "CREATE" else None
        if made and f"{made['space'] or _DEFAULT_TABLESPACE}/{made['rest']}" in self.table.files:
            self._deeds(record.xid).rewrote = True

    def _stood(self, record: Record) -> None:
        if record.verb == "LOCK":
            for xid, database, relation in _LOCKED.findall(record.rest):
                if int(database) == self.table.database and int(relation) in self.table.relations:
                    self._deeds(int(xid)).locked = True
        elif record.verb == "RUNNING_XACTS" and (told := _RUNNING.match(record.rest)):
            upcoming, oldest = int(told[1]), int(told[2])
            if self._whole_from is None:
                self._whole_from = upcoming
            # Those that a crash ended have no record of it.
            for xid in [xid for xid in self._open if _precedes(xid, oldest)]:
                del self._open[xid]

    def _ended(self, record: Record) -> Iterator[Transaction]:
        if not record.verb.startswith(("COMMIT", "ABORT")):
            return
        told = _ENDED.match(record.rest)
        if not told:
            raise Refused(f"pg_waldump tells the end of transaction {record.xid} in a form not understood.")
        xid = int(told["prepared"] or record.xid)
        deeds = self._taken(xid, record.rest)
        if record.verb.startswith("ABORT"):
            return
        at = _moment(told["at"], told["zone"])
        self.first_commit_at, self.last_commit_at = self.first_commit_at or at, at
        if done := self._done(xid, deeds, at, record):
            yield done

    def _done(self, xid: int, deeds: _Deeds, at: datetime, record: Record) -> Transaction | None:
        """Return what it did to the table; None where that is nothing."""
        origin = _ORIGIN.search(record.rest)
        removed = f"/{self.table.database}/" in record.rest.partition("; rels:")[2].partition(";")[0]
        within = min(deeds.moved, deeds.inserted)
        done = Transaction(
            xid=xid,
            committed_at=at,
            origin=int(origin[1]) if origin else None,
            commit_lsn=record.lsn,
            inserted=max(0, deeds.inserted - within),
            updated=deeds.updated + within,
            deleted=deeds.deleted + deeds.moved - within,
            # Databases copied from one another share oids: a TRUNCATE here removes a file of this database.
            truncated=deeds.truncated and removed,
            rewrote=deeds.rewrote,
            removed_files=deeds.locked and removed,
            whole=self._whole_from is not None and not _precedes(xid, self._whole_from),
        )
        return done if done.rows or done.truncated or done.rewrote or done.removed_files else None

    def _taken(self, xid: int, told: str) -> _Deeds:
        """Take what a transaction did out of the open ones, with its subtransactions'."""
        deeds, children = self._open.pop(xid, _Deeds()), _CHILDREN.search(told)
        for child in children[1].split() if children else ():
            if done := self._open.pop(int(child), None):
                deeds.add(done)
        return deeds


def parsed(line: str) -> Record | None:
    """Return the record of a line; None for what is not one."""
    told = _RECORD.match(line)
    if not told:
        return None
    manager, xid, lsn, verb, rest = told.groups()
    return Record(manager, int(xid), lsn, verb, rest)


def committed_at(record: Record) -> datetime | None:
    """Return when the record's transaction was committed; None where it is no commit."""
    told = _ENDED.match(record.rest) if record.verb.startswith("COMMIT") else None
    return _moment(told["at"], told["zone"]) if told else None


def _moment(told: str, zone: str) -> datetime:
    """Return a time as pg_waldump writes it, which is in its environment's zone."""
    if zone.strip() != "UTC":
        raise Refused(
            f"pg_waldump tells times in {zone.strip()}, and was asked for UTC; see tzdata on the host."
        )
    return datetime.fromisoformat(told).replace(tzinfo=UTC)


def _precedes(xid: int, other: int) -> bool:
    """Whether *xid* was given out before *other*; they begin again after 2**32 (TransactionIdPrecedes)."""
    return (xid - other) % 2**32 >= _HALF_OF_XIDS
