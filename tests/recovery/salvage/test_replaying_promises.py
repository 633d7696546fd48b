"""What the salvage never does, whatever both regions have of a row, and whatever the rule is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from recovery.fakes.copies import orders
from recovery.reconcile.deciding import Deciding
from recovery.reconcile.drift import Drift
from recovery.reconcile.ports import Sighting
from recovery.reconcile.reconciliation_plan import Queued, ReconciliationPlan, Settled, settle
from recovery.reconcile.rules import Absent, Asked, Decided, Rule, Strategy
from recovery.salvage.ports import Did
from recovery.salvage.replaying import Fate, Replaying
from recovery.salvage.unsent import UnsentRow

SHAPE = orders("eden_task")
EAST, WEST = REGIONS = ("us-east-1", "us-west-2")
LEFT_AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
KEY = ("7",)

times = st.integers(-3, 3).map(lambda seconds: LEFT_AT + timedelta(seconds=seconds))
sightings = st.builds(
    lambda text, at, foreign: Sighting(f"(7,{text})", "700", foreign, at),
    st.sampled_from(["a", "b"]),
    st.one_of(st.none(), times),
    st.booleans(),
)
sides = st.one_of(st.none(), sightings)
rows = st.builds(
    lambda first, last, at: UnsentRow(table=SHAPE.name, key=KEY, first=first, last=last, at=at),
    st.sampled_from(Did),
    st.sampled_from(Did),
    times,
)
decidings = st.builds(
    lambda untimed, unwritten: Deciding(REGIONS, untimed=untimed, unwritten=unwritten),
    st.sampled_from([None, "the clocks are apart"]),
    st.sampled_from([None, "nobody can tell who wrote it"]),
)
guessing = st.builds(
    Rule, st.sampled_from([Strategy.LAST_WRITE_WINS, Strategy.MANUAL]), st.just(Absent.EVIDENCE)
)
rules = st.one_of(
    guessing,
    st.builds(
        lambda absent, region: Rule(Strategy.PREFER, absent, region=region),
        st.sampled_from(Absent),
        st.sampled_from(REGIONS),
    ),
    st.builds(Rule, st.just(Strategy.LAST_WRITE_WINS), st.sampled_from(Absent)),
)


@dataclass(frozen=True)
class Case:
    """A row that never left *region*, as both regions have it."""

    row: UnsentRow
    here: Sighting | None
    there: Sighting | None
    rule: Rule
    deciding: Deciding
    region: str

    @property
    def drift(self) -> Drift:
        left, right = (self.here, self.there) if self.region == EAST else (self.there, self.here)
        return Drift(table=SHAPE.name, key=KEY, left=left, right=right)

    def decided(self) -> tuple[Fate, Decided | Asked | None]:
        return Replaying(self.deciding, self.region, LEFT_AT).decide(self.row, self.drift, SHAPE, self.rule)


def cases(by: st.SearchStrategy[Rule] = rules) -> st.SearchStrategy[Case]:
    return st.builds(Case, rows, sides, sides, by, decidings, st.sampled_from(REGIONS))


@given(cases())
def test_nothing_is_replayed_over_a_later_write(case: Case) -> None:
    """Nor over one of the other region's own since it took over, nor where that has deleted the row."""
    fate, _ = case.decided()

    if fate is not Fate.REPLAYED:
        return
    if case.there is None:
        assert case.row.first is Did.INSERT
    elif case.there.at:
        assert case.there.at <= case.row.at
        assert case.there.foreign or case.there.at <= LEFT_AT


@given(cases(guessing))
def test_a_row_that_the_other_region_wrote_later_is_not_deleted(case: Case) -> None:
    """By no rule that goes by evidence."""
    _, found = case.decided()

    if isinstance(found, Decided) and found.image is None and case.there and case.there.at:
        assert case.there.at <= case.row.at


@given(cases())
def test_what_is_asked_is_changed_nowhere(case: Case) -> None:
    """And what both have alike is neither decided nor asked."""
    fate, found = case.decided()

    alike = (case.here and case.here.image) == (case.there and case.there.image)
    assert (found is None) == alike == (fate in {Fate.ARRIVED, Fate.SUPERSEDED})
    assert (fate is Fate.ASKED) == isinstance(found, Asked)
    if isinstance(found, Asked):
        plan = planned(settle(case.drift, found))
        assert not any(repair.changes for repair in plan.repairs.values())


def planned(row: Settled | Queued) -> ReconciliationPlan:
    return ReconciliationPlan(
        name="comparison-1",
        estate="eden",
        regions=REGIONS,
        made_at=LEFT_AT,
        tables=(SHAPE,),
        rows=(row,) if isinstance(row, Settled) else (),
        queue=(row,) if isinstance(row, Queued) else (),
    )
