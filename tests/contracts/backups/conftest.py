"""What the contracts of backups and restores run on: a history in memory, and a cluster that pgBackRest backs up.

The lab has one cluster, and both regions' S3 with a full backup of it in each; only tests of the kind `real` start it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from lab import pgbackrest
from lab.account import dropped_to, house, owned
from lab.parts.aws import Aws, backup_bucket, s3
from lab.parts.aws_tls import AwsTls
from lab.parts.backups import Backups as BackupsPart
from lab.parts.link import Link
from lab.parts.part import Part
from lab.parts.postgres import BIN, Postgres, connected
from lab.place import EAST, PORTS, REGIONS, Lab, claim
from lab.running import down, refuse_second, start_all
from recovery.adapters.host import Host
from recovery.adapters.pgbackrest import PgBackRest, PgScratch, ScratchPlace, Stanza
from recovery.adapters.postgres import Access
from recovery.adapters.postgres.archiving import PgArchiving
from recovery.backups import Backup, BackupKind
from recovery.fakes.copies import FakeCopies, orders
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.restore_ports import Archiving, Backups, Mark, Scratch
from recovery.waiting import wait_until

DATABASE = "eden_task"
TABLE = orders(DATABASE).name
PLACES = dict(enumerate(REGIONS, start=1))
"""The region of each repository of EAST's cluster."""
LONGEST_S = 60.0


class FakeSide:
    """A history in memory, with a full backup in each repository."""

    def __init__(self, copies: FakeCopies) -> None:
        restorable = copies.restorable()
        self._copies = copies
        self.backups: Backups = restorable.backups
        self.archiving: Archiving = restorable.archiving
        self.scratch: Scratch = restorable.scratch("contract")
        for repository in PLACES:
            self.backups.back_up(BackupKind.FULL, repository=repository)

    def write(self, number: int) -> int:
        return self._copies.history.commit({(TABLE, (str(number),)): f"({number},)"}).transaction

    def restored(self) -> list[int]:
        return sorted(int(key[0]) for key in self._copies.beside.rows[TABLE])

    def takes_writes(self) -> bool:
        return not self._copies.beside.standby

    def is_there(self) -> bool:
        return self._copies.scratch.exists

    @contextmanager
    def at_fault(self, repository: int) -> Iterator[Backups]:
        self._copies.backups.faults[repository] = "does not answer"
        yield self.backups
        del self._copies.backups.faults[repository]

    @contextmanager
    def damaged(self, backup: Backup) -> Iterator[None]:
        self._copies.backups.damage = [f"{backup.label}: checksum invalid: 1"]
        yield
        self._copies.backups.damage = []


class RealSide:
    """EAST's cluster, its table `orders`, and the scratch cluster of one operation."""

    def __init__(self, lab: Lab, operation: str) -> None:
        access = Access(lab.address(EAST), PORTS.postgres, "dr_operator", lab.secret("postgres-operator"))
        self._lab, self._beside = lab, replace(access, port=PORTS.scratch_postgres)
        self._tool = self._told_by(pgbackrest.configuration_file(lab, EAST))
        self.backups: Backups = self._tool
        self.archiving: Archiving = PgArchiving(access)
        self.scratch: Scratch = self.scratch_of(operation)

    def scratch_of(self, operation: str) -> PgScratch:
        place = ScratchPlace(operation, pgbackrest.scratch_folder(self._lab, EAST), BIN, self._beside)
        return PgScratch(self._tool.host, self._tool, place)

    def write(self, number: int) -> int:
        with connected(self._lab, EAST, DATABASE) as session, session.transaction():
            (transaction,) = session.execute("SELECT txid_current()").fetchone()
            session.execute("INSERT INTO orders VALUES (%s)", [number])
        return int(transaction)

    def restored(self) -> list[int]:
        with self.session() as session:
            return [number for (number,) in session.execute("SELECT id FROM orders ORDER BY id")]

    def takes_writes(self) -> bool:
        with self.session() as session:
            try:
                session.execute("INSERT INTO orders VALUES (-1)")
            except psycopg.errors.ReadOnlySqlTransaction:
                return False
        return True

    def is_there(self) -> bool:
        return Path(self.scratch.folder).exists()

    @contextmanager
    def at_fault(self, repository: int) -> Iterator[Backups]:
        """By a configuration beside the true one: the archiver would be held up long after a true loss."""
        folder = self._lab.folder / "data" / "backups-at-fault"
        shutil.copytree(pgbackrest.folder_of(self._lab, EAST), folder)
        file = folder / pgbackrest.configuration_file(self._lab, EAST).name
        bucket = f"repo{repository}-s3-bucket="
        file.write_text(file.read_text().replace(bucket, f"{bucket}gone-"))
        owned(folder)
        try:
            yield self._told_by(file)
        finally:
            shutil.rmtree(folder)

    @contextmanager
    def damaged(self, backup: Backup) -> Iterator[None]:
        """By a byte turned over in the middle of the files that the backup has in one bundle; it is put back."""
        place = PLACES[backup.repository]
        store, bucket = s3(self._lab, place), backup_bucket(self._lab, place)
        key = f"backup/{pgbackrest.stanza(self._lab, EAST)}/{backup.label}/bundle/1"
        content = store.get_object(Bucket=bucket, Key=key)["Body"].read()
        damaged = bytearray(content)
        damaged[len(damaged) // 2] ^= 0xFF
        store.put_object(Bucket=bucket, Key=key, Body=bytes(damaged))
        try:
            yield
        finally:
            store.put_object(Bucket=bucket, Key=key, Body=content)

    def session(self) -> psycopg.Connection:
        """Log in to the scratch cluster."""
        access = self._beside
        told = {"host": access.host, "port": access.port, "user": access.user, "password": access.password}
        return psycopg.connect(**told, dbname=DATABASE, autocommit=True)

    def _told_by(self, configuration: Path) -> PgBackRest:
        stanza = Stanza(pgbackrest.stanza(self._lab, EAST), configuration, PLACES, longest_s=LONGEST_S)
        return PgBackRest(Host(EAST, as_account=dropped_to()), stanza)


Side = FakeSide | RealSide


@pytest.fixture(scope="session")
def backed_up_lab() -> Iterator[Lab]:
    """Up for all tests of this folder; each of them heals what it broke."""
    name = f"backed-up-{os.getpid()}"
    refuse_second(name)
    lab, control = claim(name)
    house(lab)
    stores: list[Part] = [part(region) for region in REGIONS for part in (Aws, AwsTls)]
    parts = [Link(control), *stores, Postgres(EAST, backed_up=True), BackupsPart(EAST)]
    try:
        start_all(lab, parts, lambda _: None)
        yield lab
    finally:
        down(lab)
        shutil.rmtree(lab.folder)


@pytest.fixture
def fake_side(estate: FakeEstate) -> FakeSide:
    """Its clock never tells an instant twice: commits of a real cluster are further apart than a microsecond."""
    told = [estate.world.clock()]

    def ticking() -> datetime:
        told.append(max(wall_clock(), told[-1] + timedelta(microseconds=1)))
        return told[-1]

    estate.world.clock = ticking
    return FakeSide(estate.copies[EAST])


@pytest.fixture
def real_side(backed_up_lab: Lab, request: pytest.FixtureRequest) -> Iterator[RealSide]:
    """Afterwards neither its scratch cluster nor its table is left."""
    side = RealSide(backed_up_lab, request.node.originalname.replace("_", "-"))
    with connected(backed_up_lab, EAST, DATABASE) as session:
        session.execute("CREATE TABLE orders (id integer PRIMARY KEY)")
        try:
            yield side
        finally:
            side.scratch.remove()
            session.execute("DROP TABLE orders")


@pytest.fixture
def side(kind: str, request: pytest.FixtureRequest) -> Side:
    """A live cluster without rows, and a sound backup of it in each repository."""
    return request.getfixturevalue(f"{kind}_side")


@pytest.fixture
def backups(side: Side) -> Backups:
    return side.backups


@pytest.fixture
def archiving(side: Side) -> Archiving:
    return side.archiving


@pytest.fixture
def scratch(side: Side) -> Scratch:
    return side.scratch


@pytest.fixture
def write(side: Side) -> Callable[[int], int]:
    """Commit a row in the live cluster, and return the number of its transaction."""
    return side.write


@pytest.fixture
def at_fault(side: Side) -> Callable[[int], AbstractContextManager[Backups]]:
    """Have a repository be lost to the backups that the block is given."""
    return side.at_fault


@pytest.fixture
def damaged(side: Side) -> Callable[[Backup], AbstractContextManager[None]]:
    """Have a file of a backup not be as it was written, for as long as the block runs."""
    return side.damaged


@pytest.fixture
def archived(side: Side) -> Callable[[], Mark]:
    """Make a mark, and return it once every repository has its segment."""

    def made() -> Mark:
        mark = side.archiving.mark()

        def everywhere() -> tuple[Mark | None, str]:
            last = [repository.wal_last or "nothing" for repository in side.backups.kept().repositories]
            there = all(segment >= mark.segment for segment in last)
            return (mark if there else None), f"{', '.join(last)}; {side.archiving.archiver()!r}"

        return wait_until(everywhere, what=f"{mark.segment} in every repository", deadline_s=20, poll_s=0.2)

    return made
