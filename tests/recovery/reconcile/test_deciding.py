"""What becomes of a row that has drifted: by commit time, by a preferred region, by code, on record, or by a person."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from recovery.fakes.copies import orders
from recovery.reconcile.deciding import Deciding
from recovery.reconcile.drift import Drift
from recovery.reconcile.ports import Sighting
from recovery.reconcile.resolving import Answer, Ask, Conflicting, Merge, Take
from recovery.reconcile.rules import Absent, Asked, Decided, Rule, Strategy, Why

SHAPE = orders("eden_task")
EAST, WEST = REGIONS = ("us-east-1", "us-west-2")
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
LATER = NOON + timedelta(microseconds=1)
LWW = Rule(Strategy.LAST_WRITE_WINS)
KEY = ("7",)


def seen(text: str, at: datetime | None = NOON, *, foreign: bool = False) -> Sighting:
    return Sighting(f"(7,{text})", "700", foreign, at)


def decided(
    left: Sighting | None, right: Sighting | None, rule: Rule, deleted: Mapping[str, datetime] | None = None
) -> Decided | Asked:
    row = Drift(table=SHAPE.name, key=KEY, left=left, right=right)
    return Deciding(REGIONS, {row.place: deleted or {}}).decide(row, SHAPE, rule)


@pytest.mark.parametrize(
    ("left_at", "right_at", "wins", "why"),
    [
        (LATER, NOON, "east", Why.LATER),
        (NOON, LATER, "west", Why.LATER),
        (NOON, None, "east", Why.LATER),
        (None, NOON, "west", Why.LATER),
        (NOON, NOON, "east", Why.PRIORITY),
        (None, None, "east", Why.PRIORITY),
    ],
)
def test_the_last_write_wins_and_then_the_first_region(
    left_at: datetime | None, right_at: datetime | None, wins: str, why: Why
) -> None:
    """What the server has forgotten is older than whatever it knows."""
    found = decided(seen("east", left_at), seen("west", right_at), LWW)

    at = left_at if wins == "east" else right_at
    assert found == Decided(image=f"(7,{wins})", at=at, why=why)


def test_the_preferred_region_wins_over_a_later_write() -> None:
    found = decided(seen("east", LATER), seen("west"), Rule(Strategy.PREFER, region=WEST))

    assert found == Decided(image="(7,west)", at=NOON, why=Why.PREFERRED)


def test_a_row_that_one_region_alone_has_and_wrote_is_kept() -> None:
    assert decided(seen("east"), None, LWW) == Decided(image="(7,east)", at=NOON, why=Why.OWN)
    assert decided(None, seen("west"), LWW) == Decided(image="(7,west)", at=NOON, why=Why.OWN)


@pytest.mark.parametrize("at", [NOON, None])
def test_a_row_that_both_had_and_one_has_no_more_is_a_person_s(at: datetime | None) -> None:
    """It did not fail to arrive: it was deleted there, or that region lost it."""
    row = Drift(table=SHAPE.name, key=KEY, left=seen("east", at), right=None)

    found = Deciding(REGIONS, alike_at={SHAPE.name: LATER}).decide(row, SHAPE, LWW)

    assert isinstance(found, Asked)
    assert "us-west-2 had it when the table was last alike, and has it no more" in found.why


def test_a_row_that_was_written_since_both_were_alike_never_arrived() -> None:
    row = Drift(table=SHAPE.name, key=KEY, left=seen("east", LATER), right=None)

    found = Deciding(REGIONS, alike_at={SHAPE.name: NOON}).decide(row, SHAPE, LWW)

    assert found == Decided(image="(7,east)", at=LATER, why=Why.OWN)


def test_a_deletion_on_record_that_is_earlier_than_the_write_says_that_it_came_again() -> None:
    row = Drift(table=SHAPE.name, key=KEY, left=seen("east", LATER), right=None)
    deciding = Deciding(REGIONS, {row.place: {WEST: NOON}}, {SHAPE.name: LATER + timedelta(hours=1)})

    assert deciding.decide(row, SHAPE, LWW) == Decided(image="(7,east)", at=LATER, why=Why.OWN)


def test_a_row_is_not_deleted_because_the_region_that_wrote_it_has_it_no_more() -> None:
    """It was deleted there, or that region lost it."""
    found = decided(seen("west's", foreign=True), None, LWW)

    assert isinstance(found, Asked)
    assert "us-west-2 wrote it, and has it no more" in found.why


@pytest.mark.parametrize("foreign", [True, False])
def test_a_later_deletion_on_record_deletes(foreign: bool) -> None:  # noqa: FBT001 - a case
    found = decided(seen("old", foreign=foreign), None, LWW, {WEST: LATER})

    assert found == Decided(image=None, at=LATER, why=Why.ON_RECORD)


def test_an_earlier_deletion_on_record_does_not_delete() -> None:
    found = decided(seen("new", LATER, foreign=True), None, LWW, {WEST: NOON})

    assert found == Decided(image="(7,new)", at=LATER, why=Why.OWN)


def test_a_deletion_by_the_region_that_has_the_row_is_no_evidence() -> None:
    found = decided(seen("east", foreign=True), None, LWW, {EAST: LATER})

    assert isinstance(found, Asked)


def test_a_deletion_that_can_not_be_set_beside_the_write_is_asked_about() -> None:
    found = decided(seen("old", None), None, LWW, {WEST: NOON})

    assert isinstance(found, Asked)
    assert "when us-east-1's version was written is forgotten" in found.why


@pytest.mark.parametrize(
    ("absent", "image", "why"),
    [(Absent.KEEP, "(7,west's)", Why.KEPT), (Absent.DELETE, None, Why.DELETED)],
)
def test_a_rule_says_what_becomes_of_a_row_that_one_region_has(
    absent: Absent, image: str | None, why: Why
) -> None:
    found = decided(seen("west's", foreign=True), None, Rule(Strategy.LAST_WRITE_WINS, absent))

    assert isinstance(found, Decided)
    assert (found.image, found.why) == (image, why)


def test_a_key_that_is_written_in_two_ways_is_decided_by_nobody_but_a_person() -> None:
    """Both rows are there under one key: deleting each because the other region writes it otherwise deletes it."""
    row = Drift(
        table=SHAPE.name, key=KEY, left=seen("a"), right=Sighting("(7.0,a)", "700", foreign=False, at=NOON)
    )

    found = Deciding(REGIONS).decide(row, SHAPE, Rule(Strategy.PREFER, Absent.DELETE, EAST))

    assert isinstance(found, Asked)
    assert "written in two ways" in found.why


def test_nothing_is_decided_by_who_wrote_it_where_nobody_can_tell() -> None:
    deciding = Deciding(REGIONS, unwritten="transactions have gone round")
    alone = Drift(table=SHAPE.name, key=KEY, left=seen("a"), right=None)
    both = Drift(table=SHAPE.name, key=KEY, left=seen("a"), right=seen("b", LATER))

    assert [deciding.decide(row, SHAPE, LWW) for row in (alone, both)] == [
        Asked(why="transactions have gone round")
    ] * 2
    assert isinstance(deciding.decide(both, SHAPE, Rule(Strategy.PREFER, region=EAST)), Decided)


@pytest.mark.parametrize("right", [seen("west"), None])
def test_a_person_is_asked_where_the_rule_says_so(right: Sighting | None) -> None:
    assert decided(seen("east"), right, Rule(Strategy.MANUAL)) == Asked(why="the rule leaves it to a person")


def added(row: Conflicting) -> Answer:
    """Both texts, one after the other."""
    texts = [version.values["text"] or "" for version in row.versions.values() if version]
    return Merge({"text": " and ".join(texts)})


def test_a_resolver_merges_and_keeps_the_later_versions_other_columns() -> None:
    found = decided(seen("east"), seen("west", LATER), Rule(Strategy.RESOLVER, resolver=added))

    assert found == Decided(image='(7,"east and west")', at=LATER, why=Why.MERGED)


def test_a_resolver_is_told_who_wrote_each_version_and_when() -> None:
    told: list[Conflicting] = []

    def take(row: Conflicting) -> Answer:
        told.append(row)
        return Take(WEST)

    found = decided(seen("a", foreign=True), seen("b", None), Rule(Strategy.RESOLVER, resolver=take))

    assert found == Decided(image="(7,b)", at=None, why=Why.RESOLVED)
    versions = told[0].versions
    assert {
        name: version and (version.written_by, version.written_at) for name, version in versions.items()
    } == {
        EAST: (WEST, NOON),
        WEST: (WEST, None),
    }


def test_a_resolver_may_delete_by_taking_the_region_that_has_no_row() -> None:
    found = decided(seen("a"), None, Rule(Strategy.RESOLVER, resolver=lambda _row: Take(WEST)))

    assert found == Decided(image=None, at=None, why=Why.RESOLVED)


def failing(_row: Conflicting) -> Answer:
    raise ZeroDivisionError("the secret value")


@pytest.mark.parametrize(
    ("resolver", "why"),
    [
        (failing, "the resolver failed: ZeroDivisionError"),
        (lambda _row: Ask("too much money"), "too much money"),
        (lambda _row: Take("mars"), "a region, a column or a value that can not be taken"),
        (lambda _row: Merge({"moon": "1"}), "a region, a column or a value that can not be taken"),
        (lambda _row: Merge({"text": 7}), "a region, a column or a value that can not be taken"),
        (lambda _row: Merge({"id": "8"}), "a region, a column or a value that can not be taken"),
        (lambda _row: Merge(None), "the resolver failed: AttributeError"),
        (lambda _row: "east", "a region, a column or a value that can not be taken"),
    ],
)
def test_a_resolver_that_does_not_decide_leaves_the_row_to_a_person(resolver: object, why: str) -> None:
    found = decided(seen("a"), seen("b"), Rule(Strategy.RESOLVER, resolver=resolver))

    assert isinstance(found, Asked)
    assert why in found.why
