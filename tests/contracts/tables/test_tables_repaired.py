"""What every `Tables` promises of a repair between regions: nothing that was written since is lost, nothing echoes."""

from datetime import UTC, datetime, timedelta

import pytest
from sides import DATABASE, NUMBERED, Images, Side, image, keys_of, make

from recovery.errors import Refused
from recovery.reconcile import Key, Outcome, RepairPlan, undo
from recovery.reconcile.plan import Change
from recovery.reconcile.reconciliation_plan import ORIGIN

NOON = datetime(2026, 11, 26, 12, 0, 0, 123456, tzinfo=UTC)
KEYS = keys_of(NUMBERED, 3)


def carried(side: Side, wanted: Images) -> RepairPlan:
    """The plan that brings rows, as they are seen now, from the other region: each was written a second later there."""
    seen = side.tables.sightings(NUMBERED.name, KEYS)
    changes = [
        Change(
            table=NUMBERED.name,
            key=key,
            seen=seen[key].image if key in seen else None,
            wanted=wanted[key],
            version=seen[key].version if key in seen else None,
            at=NOON + timedelta(seconds=place),
        )
        for place, key in enumerate(wanted)
    ]
    return RepairPlan(tables=(NUMBERED,), changes=tuple(changes), kept=(), origin=ORIGIN)


@pytest.fixture
def rows(east: Side) -> Images:
    """Two rows, of which the first is to be changed and the second deleted; the third is to be inserted."""
    make([east], NUMBERED, {KEYS[0]: image(KEYS[0], "bad"), KEYS[1]: image(KEYS[1])})
    return {KEYS[0]: image(KEYS[0], "good"), KEYS[1]: None, KEYS[2]: image(KEYS[2])}


def test_a_row_carried_over_is_the_other_regions_of_its_newest_time(east: Side, rows: Images) -> None:
    """One transaction has one commit time: the newest, so that no later write loses to it."""
    assert east.tables.apply(carried(east, rows), DATABASE) == [Outcome.APPLIED] * 3

    seen = east.tables.sightings(NUMBERED.name, KEYS)
    assert {key: (row.image, row.foreign, row.at) for key, row in seen.items()} == {
        key: (wanted, True, NOON + timedelta(seconds=2)) for key, wanted in rows.items() if wanted
    }


def test_a_carried_plan_is_applied_once_and_can_be_undone(east: Side, rows: Images) -> None:
    plan = carried(east, rows)
    before = east.tables.images(NUMBERED.name, KEYS)

    east.tables.apply(plan, DATABASE)
    assert east.tables.apply(plan, DATABASE) == [Outcome.ALREADY] * 3
    east.tables.apply(undo(plan), DATABASE)

    assert east.tables.images(NUMBERED.name, KEYS) == before


def test_a_row_that_was_written_since_to_the_same_image_stops_all_of_it(east: Side, rows: Images) -> None:
    """Its writer meant it: by commit time it may be the one that wins now."""
    plan = carried(east, rows)
    same: dict[Key, str | None] = {KEYS[0]: image(KEYS[0], "bad")}
    east.put(NUMBERED, same)

    with pytest.raises(Refused, match=r"1 rows \(eden_vault.*numbered \(-100\)\) have changed since"):
        east.tables.apply(plan, DATABASE)

    assert east.tables.images(NUMBERED.name, [KEYS[0], KEYS[2]]) == same


def test_an_ordinary_plan_after_a_carried_one_is_this_regions_own(east: Side, rows: Images) -> None:
    """The session that carried has not left its origin behind."""
    east.tables.apply(carried(east, rows), DATABASE)
    own = carried(east, {KEYS[0]: image(KEYS[0], "own")}).model_copy(update={"origin": None})

    east.tables.apply(own, DATABASE)

    assert not east.tables.sightings(NUMBERED.name, KEYS)[KEYS[0]].foreign
