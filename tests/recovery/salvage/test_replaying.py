"""What becomes of a row that never left: replayed, superseded, decided by a rule, or asked."""

from datetime import UTC, datetime, timedelta

import pytest

from recovery.fakes.copies import orders
from recovery.reconcile.deciding import Deciding
from recovery.reconcile.drift import Drift
from recovery.reconcile.ports import Sighting
from recovery.reconcile.rules import Absent, Asked, Decided, Rule, Strategy, Why
from recovery.salvage.ports import Did
from recovery.salvage.replaying import Fate, Replaying
from recovery.salvage.unsent import UnsentRow

SHAPE = orders("eden_task")
EAST, WEST = REGIONS = ("us-east-1", "us-west-2")
LEFT_AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
BEFORE, UNSENT, SINCE = (LEFT_AT + timedelta(seconds=s) for s in (-10, -1, 10))
LWW = Rule(Strategy.LAST_WRITE_WINS)
KEY = ("7",)


def row(*, first: Did = Did.UPDATE, last: Did = Did.UPDATE, at: datetime = UNSENT) -> UnsentRow:
    return UnsentRow(table=SHAPE.name, key=KEY, first=first, last=last, at=at)


def seen(text: str, at: datetime | None = BEFORE, *, foreign: bool = False) -> Sighting:
    return Sighting(f"(7,{text})", "700", foreign, at)


def replaying(region: str = EAST, **why: str) -> Replaying:
    return Replaying(Deciding(REGIONS, **why), region, LEFT_AT)


def decided(
    row: UnsentRow,
    here: Sighting | None,
    there: Sighting | None,
    rule: Rule = LWW,
    by: Replaying | None = None,
) -> tuple[Fate, Decided | Asked | None]:
    """What becomes of a row that the region which is back has *here*, and the other one *there*."""
    by = by or replaying()
    left, right = (here, there) if by.region == EAST else (there, here)
    return by.decide(row, Drift(table=row.table, key=row.key, left=left, right=right), SHAPE, rule)


@pytest.mark.parametrize("region", REGIONS)
def test_a_row_that_the_other_region_has_not_written_since_is_replayed(region: str) -> None:
    """Whichever region it is that is back."""
    found = decided(row(), seen("unsent", UNSENT), seen("old", foreign=True), by=replaying(region))

    assert found == (Fate.REPLAYED, Decided(image="(7,unsent)", at=UNSENT, why=Why.NEVER_LEFT))


def test_a_row_that_the_other_region_never_had_is_replayed() -> None:
    found = decided(row(first=Did.INSERT), seen("unsent", UNSENT), None)

    assert found == (Fate.REPLAYED, Decided(image="(7,unsent)", at=UNSENT, why=Why.NEVER_LEFT))


def test_a_deletion_that_never_left_is_replayed() -> None:
    found = decided(row(last=Did.DELETE), None, seen("old", foreign=True))

    assert found == (Fate.REPLAYED, Decided(image=None, at=UNSENT, why=Why.DELETION_NEVER_LEFT))


@pytest.mark.parametrize(
    ("row_", "both"),
    [
        (row(), seen("same", UNSENT, foreign=True)),
        (row(first=Did.INSERT, last=Did.DELETE), None),
        (row(), seen("same", None)),
    ],
    ids=["written", "inserted and deleted", "of a forgotten time"],
)
def test_a_row_that_both_have_alike_is_home(row_: UnsentRow, both: Sighting | None) -> None:
    """It had arrived, or was brought home before: to decide about it again changes nothing."""
    assert decided(row_, both, both) == (Fate.ARRIVED, None)


def test_a_row_that_the_other_region_wrote_later_and_that_has_come_back_is_superseded() -> None:
    later = seen("later", SINCE)

    assert decided(row(), later._replace(foreign=True), later) == (Fate.SUPERSEDED, None)
    assert decided(row(), None, None) == (Fate.SUPERSEDED, None)


def test_a_row_that_both_wrote_is_decided_by_the_table_s_rule() -> None:
    fate, found = decided(row(), seen("ours", UNSENT), seen("theirs", SINCE))

    assert (fate, found) == (Fate.RULED, Decided(image="(7,theirs)", at=SINCE, why=Why.LATER))


def test_a_write_of_the_returned_region_that_is_later_than_the_other_one_s_wins_by_rule() -> None:
    """It served on for a while after the fault: both wrote, neither knew of the other one."""
    ours = SINCE + timedelta(seconds=1)

    fate, found = decided(row(at=ours), seen("ours", ours), seen("theirs", SINCE))

    assert (fate, found) == (Fate.RULED, Decided(image="(7,ours)", at=ours, why=Why.LATER))


def test_a_row_that_both_wrote_waits_for_a_person_where_the_rule_says_so() -> None:
    fate, found = decided(row(), seen("ours", UNSENT), seen("theirs", SINCE), Rule(Strategy.MANUAL))

    assert fate is Fate.ASKED
    assert isinstance(found, Asked)


def test_a_write_of_the_other_region_that_crossed_with_it_is_not_replayed_over() -> None:
    """Both served before the loss: what the other one committed in the last second may be the later write."""
    crossed = UNSENT + timedelta(milliseconds=300)

    fate, found = decided(row(), seen("ours", UNSENT), seen("theirs", crossed))

    assert crossed < LEFT_AT
    assert (fate, found) == (Fate.RULED, Decided(image="(7,theirs)", at=crossed, why=Why.LATER))


def test_a_row_that_the_other_region_has_deleted_is_asked_about() -> None:
    """Its deletion is never undone by a guess."""
    fate, found = decided(row(), seen("ours", UNSENT), None)

    assert fate is Fate.ASKED
    assert found == Asked(
        why="us-west-2 has deleted it since it took over, and us-east-1 had written it before"
    )


@pytest.mark.parametrize(
    ("absent", "becomes"), [(Absent.KEEP, "(7,ours)"), (Absent.DELETE, None)], ids=["keep", "delete"]
)
def test_a_rule_that_says_what_a_missing_row_means_decides(absent: Absent, becomes: str | None) -> None:
    fate, found = decided(row(), seen("ours", UNSENT), None, Rule(Strategy.LAST_WRITE_WINS, absent=absent))

    assert isinstance(found, Decided)
    assert (fate, found.image) == (Fate.RULED, becomes)


def test_a_row_that_is_gone_here_for_no_listed_reason_is_asked_about() -> None:
    fate, found = decided(row(), None, seen("old", foreign=True))

    assert (fate, found) == (Fate.ASKED, Asked(why="us-east-1 had written it, and has it no more"))


@pytest.mark.parametrize(
    ("deleted_at", "becomes", "why"),
    [
        (SINCE + timedelta(seconds=1), None, Why.ON_RECORD),
        (SINCE - timedelta(seconds=1), "(7,theirs)", Why.OWN),
        (UNSENT, "(7,theirs)", Why.OWN),
    ],
)
def test_a_deletion_of_a_row_that_the_other_region_wrote_counts_only_if_it_is_later(
    deleted_at: datetime, becomes: str | None, why: Why
) -> None:
    fate, found = decided(row(last=Did.DELETE, at=deleted_at), None, seen("theirs", SINCE))

    assert isinstance(found, Decided)
    assert (fate, found.image, found.why) == (Fate.RULED, becomes, why)


def test_where_nobody_can_tell_who_wrote_a_row_a_person_decides() -> None:
    """That the other region has not written it since could not be known."""
    by = replaying(unwritten="us-west-2 has had 2^32 transactions")

    fate, found = decided(row(), seen("ours", UNSENT), seen("old", foreign=True), by=by)

    assert (fate, found) == (Fate.ASKED, Asked(why="us-west-2 has had 2^32 transactions"))


def test_where_the_clocks_are_apart_no_write_of_the_other_region_is_replayed_over() -> None:
    """That it is older can not be told."""
    by = replaying(untimed="the regions' clocks are 3.0 s apart")

    own, _ = decided(row(), seen("ours", UNSENT), seen("theirs", BEFORE), by=by)
    ours, _ = decided(row(), seen("ours", UNSENT), seen("old", foreign=True), by=by)

    assert (own, ours) == (Fate.ASKED, Fate.REPLAYED)


def test_a_row_whose_time_the_server_has_forgotten_is_older_than_what_never_left() -> None:
    fate, _ = decided(row(), seen("ours", UNSENT), seen("frozen", None))

    assert fate is Fate.REPLAYED
