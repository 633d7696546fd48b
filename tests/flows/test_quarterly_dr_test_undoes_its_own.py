"""A stopped test undoes what it did, rows included, and leaves to others what they did."""

from collections.abc import Callable
from typing import Any

import pytest
from stopping_a_test import Stopped, killed, stop_at, stopped
from tested import EAST, MANUAL, Drill, Make, closing, journal_of

from recovery.backups import BackupKind
from recovery.drill.faults import Fault
from recovery.drill.scripts import Expected
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.operation import Mode
from recovery.operation_journal import left_by, newest_first


@pytest.mark.parametrize("when", ["injected", "told"])
def test_rows_that_a_stopped_test_has_damaged_are_restored(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Nothing mends them but a restore; killed in the middle, the test has not even heard which transaction it was."""
    estate = with_orders(make_estate(**MANUAL))
    before = orders_of(estate)
    if when == "injected":
        estate.faults.then = killed
    else:
        stop_at(monkeypatch, "injected")

    with pytest.raises(Stopped):
        drill(estate, "data-corruption")

    assert orders_of(estate) == before
    assert closing(estate).data["outcome"] == "stopped"


def test_rows_are_restored_once(make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that is stopped after its restore has nothing more to bring back."""
    estate = with_orders(make_estate(**MANUAL))
    before = orders_of(estate)
    monkeypatch.setattr("tasks.expectations.Scene.mend", stopped)

    with pytest.raises(Stopped):
        drill(estate, "data-corruption")

    assert orders_of(estate) == before
    assert len(newest_first(estate.outside.journal, "restore")) == 1


def test_damage_that_is_none_of_the_tests_is_left_alone(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody tries a restore by hand, in the same lab."""
    estate = with_orders(make_estate(**MANUAL))
    estate.faults.inject(Fault.CORRUPTION, EAST)
    damaged = orders_of(estate)
    stop_at(monkeypatch, "injected")

    with pytest.raises(Stopped):
        drill(estate, "region-loss")

    assert orders_of(estate) == damaged
    assert closing(estate).data["outcome"] == "stopped"


def test_what_others_have_begun_is_left_to_them(
    make_estate: Make, drill: Drill, leave: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real failover during a restore beside: the test, stopped, does not bring that region back."""
    estate = with_orders(make_estate(**MANUAL))

    def left(_scene: object) -> bool:
        leave(estate, Mode.PLANNED)
        raise Stopped

    monkeypatch.setattr("tasks.expectations.WAYS", {Expected.BESIDE: (left, left)})

    with pytest.raises(Stopped):
        drill(estate, "restore-beside", scope="live")

    assert left_by(estate.outside.journal, EAST, but="") == "failover-1"
    assert newest_first(estate.outside.journal, "failback") == []
    assert "which is none of this test's" in str(journal_of(estate)[-2].data)


def with_orders(estate: FakeEstate) -> FakeEstate:
    """Have ten orders in both regions, backed up, and an eleventh: it is the one that is damaged."""
    table = orders("eden_task").name
    for copies in estate.copies.values():
        copies.history.commit({(table, (str(n),)): f"({n},good)" for n in range(10)})
    for repository in (1, 2):
        estate.copies[EAST].backups.back_up(BackupKind.FULL, repository=repository)
    for copies in estate.copies.values():
        copies.history.commit({(table, ("10",)): "(10,good)"})
    return estate


def orders_of(estate: FakeEstate) -> dict[Any, Any]:
    return dict(estate.copies[EAST].live.rows[orders("eden_task").name])
