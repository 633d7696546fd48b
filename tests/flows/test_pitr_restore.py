"""The restore flow on an estate in memory: what it brings back, what it leaves, and what it refuses."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from recovery import operation_journal
from recovery.backups import BackupKind
from recovery.epoch import holder_of
from recovery.errors import BadInput, NotReady, OperationClosed, Refused
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.journal import Event, Kind
from recovery.reconcile.shapes import TableName

EAST, WEST = "us-east-1", "us-west-2"
TABLE = orders("eden_task").name
Restore = Callable[..., str]


def row(number: int, table: TableName = TABLE) -> tuple[TableName, tuple[str]]:
    return table, (str(number),)


def journal_of(estate: FakeEstate) -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, "restore-1")


def result_of(estate: FakeEstate, step: str) -> Any:
    return next(e.data["result"] for e in journal_of(estate) if (e.kind, e.step) == (Kind.DONE, step))


def closing(estate: FakeEstate) -> Event:
    return next(event for event in journal_of(estate) if event.kind is Kind.CLOSED)


@pytest.fixture
def damaged(estate: FakeEstate) -> tuple[FakeEstate, int]:
    """Ten orders, a backup in both regions, an eleventh order; then a bad transaction, and good writes after it."""
    copies = estate.copies[EAST]
    copies.history.commit({row(n): f"({n},good)" for n in range(10)})
    for repository in (1, 2):
        copies.backups.back_up(BackupKind.FULL, repository=repository)
    copies.history.commit({row(10): "(10,good)"}, name="before-the-release")
    bad = copies.history.commit(
        {row(1): None, row(2): None, row(3): "(3,bad)", row(4): "(4,bad)", row(99): "(99,bad)"}
    )
    copies.history.commit({row(11): "(11,later)", row(4): "(4,later)", row(5): "(5,later)", row(6): None})
    return estate, bad.transaction


def surgical(transaction: int, **fields: Any) -> dict[str, Any]:
    asked = {"scope": "surgical", "before_transaction": transaction, "tables": ["eden_task.public.orders"]}
    return asked | {"apply": True} | fields


def test_a_cluster_is_restored_beside_the_live_one(damaged: tuple[FakeEstate, int], restore: Restore) -> None:
    """It stands just before the transaction; the live rows are as they were."""
    estate, bad = damaged
    live = dict(estate.copies[EAST].live.rows[TABLE])

    restore(estate, before_transaction=bad)

    assert estate.copies[EAST].beside.rows[TABLE] == {(str(n),): f"({n},good)" for n in range(11)}
    assert estate.copies[EAST].live.rows[TABLE] == live
    assert estate.copies[EAST].scratch.running
    assert closing(estate).data["outcome"] == "restored beside"
    assert holder_of(estate.outside.journal, estate.name) is None


def test_a_scratch_cluster_that_nobody_wants_to_keep_is_removed(
    damaged: tuple[FakeEstate, int], restore: Restore
) -> None:
    estate, bad = damaged

    restore(estate, before_transaction=bad, keep=False)

    assert not estate.copies[EAST].scratch.exists


def test_a_surgical_restore_brings_back_what_the_damage_did_and_nothing_else(
    damaged: tuple[FakeEstate, int], restore: Restore
) -> None:
    """Deleted rows are there again, an overwritten one is as before, an inserted one is gone; later writes stay."""
    estate, bad = damaged

    restore(estate, **surgical(bad))

    rows = estate.copies[EAST].live.rows[TABLE]
    assert {rows[(str(n),)] for n in (1, 2, 3)} == {"(1,good)", "(2,good)", "(3,good)"}
    assert ("99",) not in rows
    assert rows[("4",)] == "(4,later)"
    assert rows[("5",)] == "(5,later)"
    assert ("6",) not in rows
    assert rows[("11",)] == "(11,later)"
    assert closing(estate).data["outcome"] == "repaired"
    assert not estate.copies[EAST].scratch.exists


def test_a_row_that_was_damaged_and_written_again_is_left_to_a_person(
    damaged: tuple[FakeEstate, int], restore: Restore
) -> None:
    estate, bad = damaged

    restore(estate, **surgical(bad))

    (table,) = result_of(estate, "compare")["tables"]
    assert (table["updates"], table["inserts"], table["deletes"], table["kept"]) == (1, 2, 1, 1)


def test_a_plan_alone_changes_nothing(damaged: tuple[FakeEstate, int], restore: Restore) -> None:
    estate, bad = damaged
    live = dict(estate.copies[EAST].live.rows[TABLE])

    restore(estate, **surgical(bad, apply=False))

    assert estate.copies[EAST].live.rows[TABLE] == live
    assert closing(estate).data["outcome"] == "planned"


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_moment_that_can_not_be_reached_is_refused_with_what_can(
    damaged: tuple[FakeEstate, int], restore: Restore, hours: int
) -> None:
    """Before the first backup there is nothing; after the last archived commit recovery would end in an error."""
    estate, _ = damaged
    moment = estate.world.clock() + timedelta(hours=hours)
    first = estate.copies[EAST].backups.backups[0].stopped_at

    with pytest.raises(NotReady, match=f"outside of what can be reached: .*{first.isoformat()[:19]}.* to "):
        restore(estate, time=moment)

    assert not estate.copies[EAST].scratch.exists


def test_the_other_region_s_repository_is_used_where_the_own_one_is_lost(
    damaged: tuple[FakeEstate, int], restore: Restore
) -> None:
    estate, bad = damaged
    estate.copies[EAST].backups.faults[1] = "does not answer"

    restore(estate, before_transaction=bad)

    assert result_of(estate, "can_be_reached")["place"] == WEST


def test_without_any_repository_it_is_refused(damaged: tuple[FakeEstate, int], restore: Restore) -> None:
    estate, bad = damaged
    estate.copies[EAST].backups.faults |= {1: "does not answer", 2: "does not answer"}

    with pytest.raises(NotReady, match="does not answer"):
        restore(estate, before_transaction=bad)


def test_a_disk_without_room_is_refused_before_anything_is_fetched(
    damaged: tuple[FakeEstate, int], restore: Restore
) -> None:
    estate, bad = damaged
    estate.copies[EAST].scratch.free_bytes = 1

    with pytest.raises(NotReady, match="room for a second cluster"):
        restore(estate, before_transaction=bad)

    assert "fetch" not in estate.copies[EAST].scratch.log


def test_what_is_not_proved_repairs_nothing(damaged: tuple[FakeEstate, int], restore: Restore) -> None:
    """The scratch cluster goes, the live rows stay as they were."""
    estate, bad = damaged
    estate.copies[EAST].scratch.bad = ["btree index orders_pkey is corrupt"]
    live = dict(estate.copies[EAST].live.rows[TABLE])

    with pytest.raises(NotReady, match="orders_pkey is corrupt"):
        restore(estate, **surgical(bad))

    assert estate.copies[EAST].live.rows[TABLE] == live
    assert not estate.copies[EAST].scratch.exists
    with pytest.raises(OperationClosed):
        restore(estate, **surgical(bad))


def test_a_damaged_repository_fails_a_proof_and_says_so(
    damaged: tuple[FakeEstate, int], restore: Restore
) -> None:
    estate, bad = damaged
    estate.copies[EAST].backups.damage = ["checksum invalid: base/5/16384"]

    told = restore(estate, before_transaction=bad, verify_repository=True)

    failed = [rung for rung in result_of(estate, "prove")["rungs"] if rung["held"] is False]
    (shown,) = [rung["shown"] for rung in failed]
    assert shown.endswith("all of us-east-1's repository: checksum invalid: base/5/16384")
    assert "Proofs failed" in told


def test_a_lost_cluster_is_restored_as_far_as_its_archive_goes(
    damaged: tuple[FakeEstate, int], restore: Restore
) -> None:
    """Nobody is left to say what was archived last; what the cluster had not archived is not there."""
    estate, _ = damaged
    copies = estate.copies[EAST]
    copies.archiving.mark()
    copies.history.commit({row(12): "(12,not archived)"})
    copies.archiving.down = True

    restore(estate, latest=True)

    rows = copies.beside.rows[TABLE]
    assert rows[("11",)] == "(11,later)"
    assert ("12",) not in rows
    rungs = {rung["name"]: rung["shown"] for rung in result_of(estate, "prove")["rungs"]}
    assert rungs["It stands at the moment"].endswith("as far as the archive goes")


def test_a_hole_in_the_archive_of_a_lost_cluster_is_told(
    damaged: tuple[FakeEstate, int], restore: Restore
) -> None:
    """The replay ends before it as if there were nothing after it."""
    estate, _ = damaged
    estate.copies[EAST].backups.missing = ["000099"]

    told = restore(estate, latest=True)

    (failed,) = [rung["shown"] for rung in result_of(estate, "prove")["rungs"] if rung["held"] is False]
    assert "WAL segment 000099 is missing: what came after it is not here" in failed
    assert "Proofs failed" in told


def test_a_lost_cluster_goes_back_to_a_time_after_its_last_backup(
    damaged: tuple[FakeEstate, int], restore: Restore
) -> None:
    estate, bad = damaged
    copies = estate.copies[EAST]
    copies.archiving.mark()
    before = next(c.at for c in copies.history.commits if c.transaction == bad) - timedelta(microseconds=1)
    copies.archiving.down = True

    restore(estate, time=before)

    assert copies.beside.rows[TABLE] == {(str(n),): f"({n},good)" for n in range(11)}


def test_an_estate_that_forbids_it_is_not_restored(
    make_estate: Callable[..., FakeEstate], restore: Restore
) -> None:
    estate = make_estate(disaster_recovery={"procedures": {"data_corruption": False}})

    with pytest.raises(BadInput, match="data_corruption is not true"):
        restore(estate, restore_point="any")


def test_an_estate_without_backups_says_so(make_estate: Callable[..., FakeEstate], restore: Restore) -> None:
    estate = make_estate(recovery={"backups": None})

    with pytest.raises(BadInput, match=r"no `recovery.backups`"):
        restore(estate, restore_point="any")


def test_a_restore_point_that_was_never_made_is_refused_in_postgresql_s_words(
    damaged: tuple[FakeEstate, int], restore: Restore
) -> None:
    estate, _ = damaged

    with pytest.raises(Refused, match="ended before configured recovery target"):
        restore(estate, restore_point="never")

    assert not estate.copies[EAST].scratch.exists


def test_a_plan_shows_the_steps_and_touches_nothing(
    damaged: tuple[FakeEstate, int], restore: Restore
) -> None:
    estate, bad = damaged

    plan = restore(estate, **surgical(bad), dry_run=True)

    assert "5. Compare with the live rows" in plan
    assert "13. Repair the live rows (changes the estate)" in plan
    assert estate.copies[EAST].scratch.log == []
    assert journal_of(estate) == []
