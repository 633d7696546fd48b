"""What becomes of rows that differ still once what never left is home: by rule, as it was served, or by a person."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.fakes.copies import orders
from recovery.reconcile.deciding import Deciding
from recovery.reconcile.drift import Drift
from recovery.reconcile.ports import Sighting
from recovery.reconcile.rules import Absent, Asked, Decided, Rule, Strategy, Why
from recovery.salvage.evening import Evening

GROUP = "eden_task"
SHAPE = orders(GROUP)
EAST, WEST = REGIONS = ("us-east-1", "us-west-2")
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1)
LWW = Rule(Strategy.LAST_WRITE_WINS)
KEY = ("7",)
OF_GROUP = frozenset({GROUP})


def drift(here: Sighting | None, there: Sighting | None, region: str = EAST) -> Drift:
    """A row that the returned region has *here*, and the serving one *there*."""
    left, right = (here, there) if region == EAST else (there, here)
    return Drift(table=SHAPE.name, key=KEY, left=left, right=right)


def seen(text: str, at: datetime = NOON, *, foreign: bool = False) -> Sighting:
    return Sighting(f"(7,{text})", "700", foreign, at)


def evening(region: str = EAST, **known: object) -> Evening:
    return Evening(**{"deciding": Deciding(REGIONS), "region": region, "waiting": {}} | known)  # type: ignore[arg-type]


def test_what_replication_has_brought_is_decided_by_the_estate_s_rules() -> None:
    row = drift(seen("returned", LATER), seen("serving"))

    assert evening().decide(row, SHAPE, LWW) == Deciding(REGIONS).decide(row, SHAPE, LWW)


@pytest.mark.parametrize("region", REGIONS)
def test_what_a_region_missed_becomes_as_the_other_one_served_it(region: str) -> None:
    """Whichever returns, and whichever write is later: what it wrote itself is home."""
    row = drift(seen("returned", LATER), seen("serving"), region)

    found = evening(region, whole=OF_GROUP).decide(row, SHAPE, Rule(Strategy.MANUAL))

    assert found == Decided(image="(7,serving)", at=NOON, why=Why.SERVED)


def test_a_row_that_only_the_returned_region_has_was_deleted_where_all_is_home() -> None:
    row = drift(seen("deleted there"), None)

    found = evening(whole=OF_GROUP).decide(row, SHAPE, LWW)

    assert found == Decided(image=None, at=None, why=Why.SERVED)


def test_where_not_all_is_known_a_row_that_only_the_returned_region_has_is_asked_about() -> None:
    """It may have never left, or the other region may have deleted it."""
    row = drift(seen("which?"), None)

    found = evening(torn=OF_GROUP).decide(row, SHAPE, LWW)

    assert isinstance(found, Asked)
    assert found.why.startswith("us-west-2 has it not, and us-east-1 missed what was deleted there")


def test_where_not_all_is_known_a_row_that_both_have_is_decided_by_rule() -> None:
    row = drift(seen("returned"), seen("serving", LATER))

    found = evening(torn=OF_GROUP).decide(row, SHAPE, LWW)

    assert found == Decided(image="(7,serving)", at=LATER, why=Why.LATER)


@pytest.mark.parametrize(
    "known", [{}, {"whole": OF_GROUP}, {"torn": OF_GROUP}], ids=["kept", "whole", "torn"]
)
def test_a_row_that_the_salvage_left_to_a_person_stays_that_person_s(known: dict[str, object]) -> None:
    row = drift(None, seen("serving"))
    waiting = {row.place: "us-east-1 had written it, and has it no more"}

    found = evening(waiting=waiting, **known).decide(row, SHAPE, LWW)

    assert found == Asked(why="us-east-1 had written it, and has it no more")


def test_a_key_that_is_written_in_two_ways_is_repaired_by_hand() -> None:
    """As always: a copy of the serving region's row would leave both."""
    row = drift(Sighting("(7.0,a)", "1", False, NOON), Sighting("(7.00,a)", "1", False, NOON))

    assert isinstance(evening(whole=OF_GROUP).decide(row, SHAPE, LWW), Asked)


sightings = st.builds(
    lambda text, at, foreign: Sighting(f"(7,{text})", "700", foreign, at),
    st.sampled_from(["a", "b"]),
    st.sampled_from([None, NOON, LATER]),
    st.booleans(),
)
pairs = st.tuples(st.one_of(st.none(), sightings), st.one_of(st.none(), sightings)).filter(any)
rules = st.builds(Rule, st.sampled_from([Strategy.LAST_WRITE_WINS, Strategy.MANUAL]), st.sampled_from(Absent))


@given(pairs, rules, st.sampled_from(REGIONS), st.sampled_from([OF_GROUP, frozenset[str]()]))
def test_the_serving_region_is_not_changed_by_what_the_other_one_missed(
    pair: tuple[Sighting | None, Sighting | None], rule: Rule, region: str, whole: frozenset[str]
) -> None:
    """Nor does a row that only the returned region has come back to it, where not all is known."""
    here, there = pair
    known = {"whole": whole} if whole else {"torn": OF_GROUP}

    found = evening(region, **known).decide(drift(here, there, region), SHAPE, rule)

    if whole:
        assert isinstance(found, Decided)
        assert found.image == (there and there.image)
    elif there is None:
        assert isinstance(found, Asked)
