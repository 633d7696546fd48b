"""What a failover's guards are told: read from a journal in three directories, a prober, and the target."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deployments.intake.surroundings import around, probes
from recovery import epoch, switch
from recovery.adapters.file_journal import DirectoryStore
from recovery.epoch import Claim
from recovery.errors import Unavailable
from recovery.evidence import Evidence
from recovery.fakes.estate import FakeEstate
from recovery.guards import Circumstances
from recovery.journal import Kind
from recovery.operation_journal import OperationJournal
from recovery.ports import JournalStore
from recovery.quorum import Quorum
from recovery.switch import Switched

EAST, WEST = "us-east-1", "us-west-2"
NOW = datetime.now(UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WINDOW = timedelta(seconds=1)


@pytest.fixture
def folders(tmp_path: Path) -> Mapping[str, Path]:
    return {place: tmp_path / "journal" / place for place in (EAST, WEST, "witness")}


@pytest.fixture
def estate(make_estate: Callable[..., FakeEstate], folders: Mapping[str, Path]) -> FakeEstate:
    stores: list[JournalStore] = [DirectoryStore(place, path) for place, path in folders.items()]
    return make_estate(stores)


def spoiled(folder: Path) -> None:
    """Have what stands where a store was be no directory."""
    if folder.exists():
        folder.rename(folder.with_suffix(".away"))
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("not a directory")


def an_operation(estate: FakeEstate, name: str, opened: datetime, **told: Any) -> None:
    """Journal an operation that left the east and is open; *told* may say otherwise: source, moved, closed."""
    quorum = estate.outside.journal
    taken = epoch.take(quorum, estate.name, Claim(operation=name, holder="ann", since=opened))
    journal = OperationJournal(quorum, name, actor="ann")
    journal.go_on(taken.number)
    journal.record(Kind.OPENED, opened, data={"source": told.get("source", EAST)})
    if told.get("moved", True):
        journal.record(Kind.POINT_OF_NO_RETURN, opened)
    if "closed" in told:
        journal.record(Kind.CLOSED, told["closed"])
        taken.close()


def a_failback(estate: FakeEstate, name: str, opened: datetime) -> None:
    """Journal an operation that brought the east back."""
    quorum = estate.outside.journal
    taken = epoch.take(quorum, estate.name, Claim(operation=name, holder="ann", since=opened))
    journal = OperationJournal(quorum, name, actor="ann")
    journal.go_on(taken.number)
    journal.record(Kind.OPENED, opened, data={"returned": EAST})
    journal.record(Kind.POINT_OF_NO_RETURN, opened)
    journal.record(Kind.CLOSED, opened)
    taken.close()


def told(estate: FakeEstate, *, source: str = EAST, evidence: Evidence | None = None) -> Circumstances:
    seen, now = evidence or estate.prober.evidence(WINDOW), datetime.now(UTC)
    return around(estate, seen, source=source, fault_at=now, now=now)


def test_of_a_sound_estate_that_nobody_works_on_nothing_stands_against_it(estate: FakeEstate) -> None:
    found = told(estate)

    assert found == Circumstances(target_ready=True, target_told=found.target_told)
    assert found.target_told.startswith("0 probes failed in a row, it lacks ")
    assert "(RPO 300 s)" in found.target_told


def test_a_target_that_fails_its_probes_is_not_ready(estate: FakeEstate) -> None:
    estate.prober.accuses.add(WEST)

    found = told(estate)

    assert found.target_ready is False
    assert not found.target_told.startswith("0 probes")


def test_a_target_that_lacks_more_than_the_rpo_is_not_ready(estate: FakeEstate) -> None:
    estate.replication_lags(EAST, by=timedelta(seconds=400))

    found = told(estate)

    assert found.target_ready is False
    assert "it lacks 400." in found.target_told


def test_a_target_whose_database_does_not_answer_is_not_known_to_be_ready(estate: FakeEstate) -> None:
    estate.region(WEST).database.down = True

    found = told(estate)

    assert found.target_ready is None
    assert found.target_told.startswith("its PostgreSQL does not tell what it lacks: ")


def test_without_the_probers_word_the_target_is_not_known_to_be_ready(estate: FakeEstate) -> None:
    one = estate.prober.evidence(WINDOW)
    partial = one.model_copy(update={"regions": {EAST: one.regions[EAST]}})

    for evidence in (None, partial):
        found = around(estate, evidence, source=EAST, fault_at=None, now=NOW)
        assert (found.target_ready, found.target_told) == (None, "the prober does not tell")


def test_an_operation_that_holds_the_estate_is_told(estate: FakeEstate) -> None:
    an_operation(estate, "failover-1", NOW, moved=False)

    found = told(estate)

    assert (found.operation, found.begun, found.ended_at) == ("failover-1", (NOW,), None)


def test_a_failover_that_ended_is_in_the_budget_rests_and_has_left_its_source(estate: FakeEstate) -> None:
    an_operation(estate, "failover-1", NOW - HOUR, closed=NOW - HOUR + MINUTE)

    found = told(estate)

    assert found.operation is None
    assert (found.begun, found.ended_at) == ((NOW - HOUR,), NOW - HOUR + MINUTE)
    assert found.left_by == "failover-1"
    assert told(estate, source=WEST).left_by is None


def test_a_region_that_was_come_back_to_was_not_left(estate: FakeEstate) -> None:
    """Of the operations that moved anything, the newest one counts; one that was backed out moved nothing."""
    an_operation(estate, "failover-1", NOW - 3 * HOUR, closed=NOW - 3 * HOUR)
    an_operation(estate, "failover-2", NOW - 2 * HOUR, source=WEST, closed=NOW - 2 * HOUR)
    an_operation(estate, "failover-3", NOW - HOUR, moved=False, closed=NOW - HOUR)

    found = told(estate)

    assert found.left_by is None
    assert told(estate, source=WEST).left_by == "failover-2"
    assert sorted(found.begun) == [NOW - 3 * HOUR, NOW - 2 * HOUR, NOW - HOUR]
    assert found.ended_at == NOW - HOUR


def test_a_region_that_was_brought_back_may_be_left_again(estate: FakeEstate) -> None:
    """A failback is no failover: it is in no budget, and its name sorts before the failover's."""
    an_operation(estate, "failover-1", NOW - 3 * HOUR, closed=NOW - 3 * HOUR)
    a_failback(estate, "failback-2", NOW - 2 * HOUR)

    found = told(estate)

    assert found.left_by is None
    assert found.begun == (NOW - 3 * HOUR,)


def test_a_region_that_was_left_again_after_its_return_is_left(estate: FakeEstate) -> None:
    a_failback(estate, "failback-1", NOW - 3 * HOUR)
    an_operation(estate, "failover-2", NOW - 2 * HOUR, closed=NOW - 2 * HOUR)

    assert told(estate).left_by == "failover-2"


def test_a_region_that_was_left_long_ago_is_left_still(estate: FakeEstate) -> None:
    an_operation(estate, "failover-1", NOW - 90 * 24 * HOUR, closed=NOW - 90 * 24 * HOUR)

    assert told(estate).left_by == "failover-1"


def test_who_switched_automation_off_is_told_until_it_is_on_again(estate: FakeEstate) -> None:
    quorum = estate.outside.journal
    switch.throw(quorum, estate.name, Switched(on=False, by="ann", why="migration", at=NOW))
    off = told(estate).switched_off
    switch.throw(quorum, estate.name, Switched(on=True, by="bob", why="done", at=NOW))

    assert off is not None
    assert off.endswith("by ann: migration")
    assert told(estate).switched_off is None


def test_one_store_of_three_is_not_needed(estate: FakeEstate, folders: Mapping[str, Path]) -> None:
    """The one in the region that is lost."""
    an_operation(estate, "failover-1", NOW, moved=False)
    spoiled(folders[EAST])

    assert told(estate).operation == "failover-1"


def test_a_journal_that_does_not_answer_forbids(estate: FakeEstate, folders: Mapping[str, Path]) -> None:
    """Who holds the estate, and whether automation is off, is known to its majority only."""
    spoiled(folders[EAST])
    spoiled(folders["witness"])

    found = told(estate)

    assert found.switched_off is not None
    assert found.switched_off.startswith("not known: ")
    assert found.target_ready is True


def test_a_region_is_probed_bad_by_the_estates_thresholds(estate: FakeEstate) -> None:
    estate.loses(EAST)
    evidence = estate.prober.evidence(WINDOW)
    failed = evidence.regions[EAST].model_copy(update={"consecutive_failures": 3})
    unasked = evidence.regions[WEST].model_copy(update={"probes": 0, "consecutive_failures": 0})

    assert probes(evidence.model_copy(update={"regions": {EAST: failed, WEST: unasked}}), estate) == {
        EAST: False,
        WEST: None,
    }
    assert probes(evidence, estate)[WEST] is True


def test_a_store_that_is_no_directory_does_not_answer(tmp_path: Path) -> None:
    """The premise of the tests above."""
    spoiled(tmp_path / "store")

    with pytest.raises(Unavailable):
        Quorum([DirectoryStore("x", tmp_path / "store")]).keys("")
