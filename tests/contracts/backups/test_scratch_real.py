"""What only a real scratch cluster can show: whose its folder is, bytes that are turned over, and what it reaches."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import psycopg
import pytest

from lab import pgbackrest
from lab.account import owned
from lab.place import EAST, Lab
from recovery.backups import Backup
from recovery.errors import Refused
from recovery.restore_point import Target, TargetKind
from recovery.restore_ports import Archiving, Backups, Scratch
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab
OWN = 1
"""The repository in the cluster's own region."""


class Side(Protocol):
    """As much of the lab's side as these tests need."""

    backups: Backups
    archiving: Archiving
    scratch: Scratch

    def scratch_of(self, operation: str) -> Scratch:
        """Return the scratch cluster of an operation."""

    def session(self) -> psycopg.Connection:
        """Log in to the scratch cluster of the test's own operation."""

    def write(self, number: int) -> int:
        """Commit a row, and return the transaction's number."""


Arrives = Callable[[Callable[[], object], str], None]


@pytest.fixture
def promoted(real_side: Side, arrives: Arrives) -> Scratch:
    """A scratch cluster with one row, which has stood at its moment."""
    target = Target(kind=TargetKind.AFTER_TRANSACTION, value=str(real_side.write(1)))
    segment, scratch = real_side.archiving.mark().segment, real_side.scratch
    arrives(lambda: (real_side.backups.kept().repositories[0].wal_last or "") >= segment, segment)
    scratch.fetch(first_backup(real_side), target)
    scratch.replay(target)
    wait_until(lambda: (scratch.look().ended or None, "it replays"), what="the moment", deadline_s=20)
    scratch.promote()
    return scratch


def first_backup(side: Side) -> Backup:
    return side.backups.kept().usable(OWN)[0]


def test_a_folder_that_another_one_made_is_neither_filled_nor_removed(
    real_side: Side, backed_up_lab: Lab
) -> None:
    """The message names it, and whoever made it finds it as it was."""
    theirs = pgbackrest.scratch_folder(backed_up_lab, EAST) / "of-another"
    theirs.mkdir()
    (theirs / "notes").write_text("mine")
    owned(theirs)
    scratch = real_side.scratch_of("of-another")
    target = Target(kind=TargetKind.NAME, value="any")

    with pytest.raises(Refused, match=f"{theirs} .* was not made by of-another; it stays as it is"):
        scratch.fetch(first_backup(real_side), target)
    with pytest.raises(Refused, match=f"{theirs} .* was not made by of-another; it stays as it is"):
        scratch.remove()

    assert [(path.name, path.read_text()) for path in theirs.iterdir()] == [("notes", "mine")]
    shutil.rmtree(theirs)


def test_the_scratch_cluster_of_one_operation_is_not_another_one_s(
    real_side: Side, promoted: Scratch
) -> None:
    """Another operation's removal takes away nothing of it."""
    another = real_side.scratch_of("another")

    another.remove()

    assert another.folder != promoted.folder
    assert promoted.look().promoted


def test_a_fetch_leaves_the_live_cluster_s_archiver_alone(real_side: Side, backed_up_lab: Lab) -> None:
    """pgBackRest's restore empties its spool: the live archiver would wait a minute for what was in it."""
    spool = pgbackrest.folder_of(backed_up_lab, EAST) / "spool"
    acknowledged = spool / "archive" / pgbackrest.stanza(backed_up_lab, EAST) / "out"
    acknowledged.mkdir(parents=True, exist_ok=True)
    owned(spool)
    folder = os.open(acknowledged, os.O_DIRECTORY)

    real_side.scratch.fetch(first_backup(real_side), Target(kind=TargetKind.NAME, value="any"))

    names = os.fstat(folder).st_nlink
    os.close(folder)
    assert names > 0


def test_a_byte_that_is_turned_over_on_a_page_is_found(real_side: Side, promoted: Scratch) -> None:
    """Its file is named, and the cluster answers again afterwards."""
    with real_side.session() as session:
        session.execute("CHECKPOINT")
        (path,) = session.execute("SELECT pg_relation_filepath('orders')").fetchone()
    file = Path(promoted.folder) / "data" / path
    content = bytearray(file.read_bytes())
    content[-100] ^= 0xFF
    file.write_bytes(content)

    found = promoted.bad_pages()

    assert any("checksum verification failed" in line and path in line for line in found), found
    assert promoted.look().promoted


def test_an_index_that_has_lost_a_row_is_found(real_side: Side, promoted: Scratch) -> None:
    """Its pages' checksums are right: only a look at what they mean finds it."""
    with real_side.session() as session:
        session.execute("SET allow_system_table_mods = on")
        session.execute("CREATE TABLE unindexed (id integer)")
        session.execute("CREATE INDEX lost ON unindexed (id)")
        session.execute("UPDATE pg_index SET indisready = false WHERE indexrelid = 'lost'::regclass")
        session.execute("INSERT INTO unindexed SELECT generate_series(1, 10)")
        session.execute("UPDATE pg_index SET indisready = true WHERE indexrelid = 'lost'::regclass")

    found = promoted.bad_structures()

    assert any("lost" in line for line in found), found
    assert promoted.bad_pages() == []


def test_a_scratch_cluster_reaches_nothing_outside(real_side: Side, promoted: Scratch) -> None:
    """It archives nowhere, for its segments have the live one's names; without pglogical it moves no slot there."""
    assert promoted.look().promoted

    with real_side.session() as session:
        names = ("archive_mode", "shared_preload_libraries", "primary_conninfo")
        told = {name: session.execute(f"SHOW {name}").fetchone()[0] for name in names}
        backends = session.execute("SELECT backend_type FROM pg_stat_activity").fetchall()

    assert (told["archive_mode"], told["shared_preload_libraries"], told["primary_conninfo"]) == (
        "off",
        "",
        "",
    )
    assert not [kind for (kind,) in backends if "pglogical" in kind or kind in {"archiver", "walreceiver"}]
