"""Rows that a plan leaves to a person: what waits, and what becomes of it."""

from datetime import timedelta

import pytest
from differing import EAST, FOREIGN, LATER, NOON, TABLE, WEST, Flow, differing, put, rows

from recovery.conflict_queue import among, choose, waiting
from recovery.errors import BadInput
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.kept_plans import leaving, plan_of


@pytest.fixture
def estate(make_estate: Flow) -> FakeEstate:
    return differing(make_estate)


def test_a_person_decides_what_a_plan_leaves(estate: FakeEstate, reconcile: Flow, repair: Flow) -> None:
    reconcile(estate)
    made = leaving(estate)[0]
    queue = waiting(estate, made)

    assert [(row.key, "west-2 wrote it, and has it no more" in row.why) for row in queue] == [(FOREIGN, True)]
    chosen = choose(estate, made, among(queue, TABLE.path, [FOREIGN]), region=WEST, now=wall_clock())
    repair(estate, plan=chosen.name)

    assert FOREIGN not in rows(estate)[0]
    assert waiting(estate, made) == []
    assert leaving(estate)[0].name == "comparison-1"


def test_a_row_that_was_written_since_the_plan_is_not_decided_by_it(
    estate: FakeEstate, reconcile: Flow
) -> None:
    """Nobody has read that version; it may be on its way."""
    reconcile(estate)
    put(estate, EAST, (FOREIGN, "(91,newer)"), at=NOON + timedelta(seconds=9))

    assert waiting(estate, plan_of(estate, "comparison-1")) == []


def test_a_row_that_does_not_wait_can_not_be_chosen(estate: FakeEstate, reconcile: Flow) -> None:
    reconcile(estate)
    queue = waiting(estate, leaving(estate)[0])

    with pytest.raises(BadInput, match="No row with the key 7 waits for a decision"):
        among(queue, None, [LATER])
