"""What was proved, by whom, when; and what has changed since."""

from datetime import UTC, datetime, timedelta

import pytest

from recovery.epoch import Claim, take
from recovery.fakes.stores import FakeStore
from recovery.journal import Kind
from recovery.operation_journal import OperationJournal
from recovery.quorum import Quorum
from recovery.readiness.check import Check, State
from recovery.readiness.kept import Kept, Memory
from recovery.readiness.proofs import History, Proof, Proved, read_on
from recovery.readiness.proving import KnownSchema, Now, proof_checks, seen
from recovery.readiness.result import Readiness
from recovery.readiness.told import Silent

EAST, WEST = "us-east-1", "us-west-2"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LIMIT = timedelta(days=100)
WATCHED = KnownSchema(fingerprint="a", since=NOON - timedelta(days=300), first=True)


def days_ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


@pytest.fixture
def stores() -> list[FakeStore]:
    return [FakeStore(place) for place in (EAST, WEST, "witness")]


@pytest.fixture
def quorum(stores: list[FakeStore]) -> Quorum:
    return Quorum(stores)


def ran(quorum: Quorum, name: str, procedure: str, outcome: str | None, *, days: float = 1) -> None:
    """Have an operation in the journal; without an outcome it goes on."""
    epoch = take(quorum, "eden", Claim(operation=name, holder="me", since=days_ago(days)))
    journal = OperationJournal(quorum, name, actor="me")
    journal.go_on(epoch.number)
    data = {"procedure": procedure, "estate_digest": "d", "code_version": "0.1.0", "source": EAST}
    journal.record(Kind.OPENED, days_ago(days), data=data)
    journal.record(Kind.POINT_OF_NO_RETURN, days_ago(days))
    if outcome:
        journal.record(Kind.CLOSED, days_ago(days), data={"outcome": outcome})
    epoch.close()


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


def a_proof(**fields: object) -> Proof:
    told = {"operation": "failover-1", "at": days_ago(10), "estate_digest": "d", "code_version": "0.1.0"}
    return Proof.model_validate(told | fields)


def judged(
    proof: Proof | None, *, digest: str = "d", code: str = "0.1.0", schema: KnownSchema = WATCHED
) -> Check:
    history = History(proofs={Proved.FAILOVER: proof} if proof else {})
    now = Now(NOON, digest, code, {EAST: WATCHED, WEST: schema})
    (found,) = [c for c in proof_checks(history, now, oldest=LIMIT) if c.name == "a failover was proved"]
    return found


def test_a_young_proof_after_which_nothing_changed_holds() -> None:
    found = judged(a_proof())

    assert (found.state, found.value) == (State.OK, "10 days ago, by failover-1")


def test_an_old_proof_and_none_are_warnings_and_no_failures() -> None:
    assert judged(a_proof(at=days_ago(101))).state is State.WARNING
    assert (judged(None).state, judged(None).value) == (State.WARNING, "none has ended well yet")


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"digest": "another"}, "the estate file has changed"),
        ({"code": "0.2.0"}, "the code has changed from 0.1.0 to 0.2.0"),
        (
            {"schema": KnownSchema(fingerprint="b", since=days_ago(2), first=False)},
            f"the schema in {WEST} has changed, at 2026-11-25 12:00 UTC",
        ),
        (
            {"schema": KnownSchema(fingerprint="b", since=days_ago(2), first=True)},
            f"the schema in {WEST} may have changed: it is watched since 2026-11-25 12:00 UTC",
        ),
    ],
)
def test_what_changed_since_a_proof_is_named(now: dict[str, object], told: str) -> None:
    found = judged(a_proof(), **now)  # type: ignore[arg-type]

    assert (found.state, found.value) == (State.WARNING, f"10 days ago, by failover-1; since then {told}")


def test_a_schema_is_known_since_it_was_first_seen() -> None:
    first = seen(None, "a", days_ago(9))
    same = seen(first, "a", days_ago(5))
    other = seen(same, "b", days_ago(2))

    assert (first.since, first.first) == (days_ago(9), True)
    assert same == first
    assert (other.fingerprint, other.since, other.first) == ("b", days_ago(2), False)


def test_journals_that_can_not_be_read_prove_nothing() -> None:
    now = Now(NOON, "d", "0.1.0", {})

    checks = proof_checks(Silent("too few stores"), now, oldest=LIMIT)

    assert {check.state for check in checks} == {State.UNKNOWN}


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
