"""What was proved, by whom, when; and what has changed since."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import dr_tests
import pytest
from pydantic import JsonValue

from recovery.dr_test.scoring import Score
from recovery.epoch import Claim, take
from recovery.fakes.stores import FakeStore
from recovery.journal import Event, Kind
from recovery.measurement import Measurement, Point, PointName, Rows
from recovery.operation_journal import OperationJournal
from recovery.quorum import Quorum
from recovery.readiness.kept import Kept, Memory
from recovery.readiness.proofs import History, Proved, read_on
from recovery.readiness.result import Readiness

EAST, WEST = "us-east-1", "us-west-2"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
OPENING: dict[str, JsonValue] = {
    "estate_digest": "d",
    "code_version": "0.1.0",
    "source": EAST,
    "objectives": {"rto_s": 900, "rpo_s": 300},
}


def days_ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


@pytest.fixture
def stores() -> list[FakeStore]:
    return [FakeStore(place) for place in (EAST, WEST, "witness")]


@pytest.fixture
def quorum(stores: list[FakeStore]) -> Quorum:
    return Quorum(stores)


def ran(  # noqa: PLR0913 - each is one fact of an operation
    quorum: Quorum,
    name: str,
    procedure: str,
    outcome: str | None,
    *,
    days: float = 1,
    took_s: float | None = 60,
) -> None:
    """Have an operation in the journal; without an outcome it goes on, without a length it was not measured."""
    epoch = take(quorum, "eden", Claim(operation=name, holder="me", since=days_ago(days)))
    journal = OperationJournal(quorum, name, actor="me")
    journal.go_on(epoch.number)
    journal.record(Kind.OPENED, days_ago(days), data={**OPENING, "procedure": procedure})
    journal.record(Kind.POINT_OF_NO_RETURN, days_ago(days))
    if took_s is not None:
        result = measured(days_ago(days), took_s).model_dump(mode="json")
        journal.record(Kind.DONE, days_ago(days), step="measure", data={"result": result})
    if outcome:
        journal.record(Kind.CLOSED, days_ago(days), data={"outcome": outcome})
    epoch.close()


def measured(fault_at: datetime, took_s: float) -> Measurement:
    """A loss of a region after which customers were served again so much later, and no row is gone."""
    restored_at = fault_at + timedelta(seconds=took_s)
    rows = Rows(
        compared_since=fault_at - timedelta(minutes=5),
        compared_at=restored_at,
        acknowledged=9,
        present=9,
        lost=[],
        unknown_present=0,
        unknown_absent=0,
        newest_of_prefix=fault_at,
    )
    points = [
        Point(name=PointName.FAULT, at=fault_at, measured_by="prober"),
        Point(name=PointName.RESTORED, at=restored_at, measured_by="prober"),
    ]
    return Measurement(points=points, windows=[], rows=rows, success_target=0.99, windows_needed=4)


@pytest.mark.parametrize(
    ("procedure", "outcome", "proves"),
    [
        ("region-failover", "restored", Proved.FAILOVER),
        ("region-failover", "moved", Proved.FAILOVER),
        ("region-failback", "returned", Proved.FAILBACK),
        ("pitr-restore", "restored beside", Proved.RESTORE),
        ("pitr-restore", "repaired", Proved.RESTORE),
        ("pitr-restore", "planned", None),
        ("region-failover", "stopped", None),
        ("region-failover", None, None),
        ("cross-region-repair", "repaired", None),
    ],
)
def test_an_operation_that_ended_well_is_a_proof(
    quorum: Quorum, procedure: str, outcome: str | None, proves: Proved | None
) -> None:
    ran(quorum, "operation-1", procedure, outcome)

    found = read_on(quorum, History(), [EAST, WEST]).proofs

    assert [*found] == ([proves] if proves else [])


@pytest.mark.parametrize("took_s", [901, None])
def test_a_failover_that_did_not_meet_its_objectives_or_was_not_measured_is_none(
    quorum: Quorum, took_s: float | None
) -> None:
    """It is to prove that the region is left in time; the one before it still does."""
    ran(quorum, "failover-1", "region-failover", "restored", days=9)
    ran(quorum, "failover-2", "region-failover", "restored", days=3, took_s=took_s)

    found = read_on(quorum, History(), [EAST, WEST]).proofs

    assert found[Proved.FAILOVER].operation == "failover-1"


def test_a_test_tells_how_far_each_of_its_scenarios_came(quorum: Quorum) -> None:
    for name, events in {dr_tests.TEST: dr_tests.quarterly(), **dr_tests.operations()}.items():
        told_again(quorum, name, events)

    found = read_on(quorum, History(), [EAST, WEST]).scenarios

    assert {scenario: proof.score for scenario, proof in found.items()} == {
        "region-loss": Score.THERE_AND_BACK,
        "planned-move": Score.THERE_ONLY,
        "data-corruption": Score.THERE_AND_BACK,
    }
    assert {proof.operation for proof in found.values()} == {dr_tests.TEST}


def test_a_tabletop_proves_no_scenario(quorum: Quorum) -> None:
    opened, *rest = dr_tests.quarterly()
    plan = {**opened.data["plan"], "kind": "tabletop"}  # type: ignore[dict-item]
    walked = opened.model_copy(update={"data": {**opened.data, "plan": plan}})
    told_again(quorum, dr_tests.TEST, [walked, *rest])

    assert read_on(quorum, History(), [EAST, WEST]).scenarios == {}


def told_again(quorum: Quorum, name: str, events: Sequence[Event]) -> None:
    """Have an operation that somebody told in the journal."""
    journal = OperationJournal(quorum, name, actor="me")
    for event in events:
        journal.record(event.kind, event.time, step=event.step, region=event.region, data=dict(event.data))


def test_the_newest_proof_counts_and_a_journal_that_has_ended_is_read_once(
    quorum: Quorum, stores: list[FakeStore]
) -> None:
    ran(quorum, "failover-1", "region-failover", "moved", days=9)
    ran(quorum, "failover-2", "region-failover", "restored", days=3)
    first = read_on(quorum, History(), [EAST, WEST])

    for store in stores:
        store.objects = {
            key: b"damaged" if "/journal/" in key else body for key, body in store.objects.items()
        }
    again = read_on(quorum, first, [EAST, WEST])

    assert first.proofs[Proved.FAILOVER].operation == "failover-2"
    assert first.left == {EAST: "failover-2"}
    assert again == first


def kept(at: datetime) -> Kept:
    return Kept(readiness=Readiness(estate="eden", at=at, took_s=1, checks=()), memory=Memory())


def test_the_newest_result_of_any_store_is_read(quorum: Quorum, stores: list[FakeStore]) -> None:
    kept(days_ago(2)).keep(quorum)
    stores[0].down = True
    kept(days_ago(1)).keep(quorum)
    stores[0].down = False

    found = Kept.newest(quorum, "eden")

    assert found is not None
    assert found.readiness.at == days_ago(1)
    assert Kept.newest(quorum, "another") is None


def test_what_is_not_understood_is_as_if_nothing_was_kept(quorum: Quorum) -> None:
    quorum.put("estates/eden/readiness.json", b'{"from": "a newer version"}')

    assert Kept.newest(quorum, "eden") is None
