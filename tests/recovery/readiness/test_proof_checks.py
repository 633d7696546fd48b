"""What a proof is worth now: whole while it is young and nothing changed, less with age, and with every change."""

from datetime import UTC, datetime, timedelta

import pytest

from recovery.dr_test.scenarios import ScenarioName
from recovery.dr_test.scoring import Score
from recovery.readiness.check import Check, State
from recovery.readiness.proofs import History, Proof, Proved
from recovery.readiness.proving import KnownSchema, Now, proof_checks, seen
from recovery.readiness.told import Silent

EAST, WEST = "us-east-1", "us-west-2"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
INTERVAL = timedelta(days=100)
WATCHED = KnownSchema(fingerprint="a", since=NOON - timedelta(days=300), first=True)


def days_ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


def a_proof(**fields: object) -> Proof:
    told = {"operation": "failover-1", "at": days_ago(10), "estate_digest": "d", "code_version": "0.1.0"}
    return Proof.model_validate(told | fields)


BROUGHT_BACK = a_proof(operation="failback-1", at=NOON)


def judged(
    proof: Proof | None,
    *,
    back: Proof | None = BROUGHT_BACK,
    digest: str = "d",
    code: str = "0.1.0",
    schema: KnownSchema = WATCHED,
) -> Check:
    """Return the check of failovers, of an estate of which all is as it was at the proof."""
    known = {Proved.FAILOVER: proof, Proved.FAILBACK: back}
    history = History(proofs={name: one for name, one in known.items() if one})
    return named("a failover was proved", history, Now(NOON, digest, code, {EAST: WATCHED, WEST: schema}))


def named(name: str, history: History, now: Now) -> Check:
    checks = proof_checks(history, now, interval=INTERVAL, scenarios=[ScenarioName.REGION_LOSS])
    (found,) = [check for check in checks if check.name == name]
    return found


def test_a_young_proof_after_which_nothing_changed_is_whole() -> None:
    found = judged(a_proof())

    assert (found.state, found.worth) == (State.OK, 1)
    assert found.value == "10 days ago, by failover-1: worth 1, and nothing from 2027-06-05 on"
    assert found.limit == "1: whole for 100 days, nothing after 200 days"


@pytest.mark.parametrize(("days", "worth"), [(101, 0.99), (150, 0.5), (200, 0), (300, 0)])
def test_an_old_proof_is_worth_less_and_less(days: float, worth: float) -> None:
    """The check and the evidence of tests count in the same way: docs/evidence.md."""
    found = judged(a_proof(at=days_ago(days)))

    assert (found.state, found.worth) == (State.WARNING, pytest.approx(worth))


def test_where_nothing_was_proved_it_is_a_warning_and_worth_nothing() -> None:
    found = judged(None)

    assert (found.state, found.value, found.worth) == (
        State.WARNING,
        "none has met its objectives yet",
        0,
    )


@pytest.mark.parametrize("back", [None, a_proof(operation="failback-0", at=days_ago(11))])
def test_a_failover_without_a_way_back_is_half_of_one(back: Proof | None) -> None:
    found = judged(a_proof(), back=back)

    assert (found.state, found.worth) == (State.WARNING, 0.5)
    assert found.value.endswith("; it was proved “there only”")


@pytest.mark.parametrize(
    ("now", "told", "worth"),
    [
        ({"digest": "another"}, "the estate file has changed", 0.5),
        ({"code": "0.2.0"}, "the code has changed from 0.1.0 to 0.2.0", 0.75),
        (
            {"schema": KnownSchema(fingerprint="b", since=days_ago(2), first=False)},
            f"the schema in {WEST} has changed, at 2026-11-25 12:00 UTC",
            0.5,
        ),
        (
            {"schema": KnownSchema(fingerprint="b", since=days_ago(2), first=True)},
            f"the schema in {WEST} may have changed: it is watched since 2026-11-25 12:00 UTC",
            0.5,
        ),
    ],
)
def test_what_changed_since_a_proof_is_named_and_leaves_a_part_of_it(
    now: dict[str, object], told: str, worth: float
) -> None:
    found = judged(a_proof(), **now)  # type: ignore[arg-type]

    assert (found.state, found.worth) == (State.WARNING, worth)
    assert found.value.endswith(f"; since then {told}")


@pytest.mark.parametrize(
    ("scenarios", "state", "worth", "told"),
    [
        ({}, State.WARNING, 0, "no test has tried it yet"),
        (
            {ScenarioName.REGION_LOSS: a_proof(operation="dr-test-1")},
            State.OK,
            1,
            "10 days ago, by dr-test-1: worth 1",
        ),
        (
            {ScenarioName.REGION_LOSS: a_proof(operation="dr-test-1", score=Score.NOT_THERE)},
            State.WARNING,
            0,
            "10 days ago, by dr-test-1: worth 0; it was proved “not there”",
        ),
    ],
)
def test_each_scenario_is_worth_what_the_newest_test_of_it_found(
    scenarios: dict[ScenarioName, Proof], state: State, worth: float, told: str
) -> None:
    now = Now(NOON, "d", "0.1.0", {EAST: WATCHED})

    found = named("the scenario region-loss was proved", History(scenarios=scenarios), now)

    assert (found.state, found.worth, told in found.value) == (state, worth, True), found
    assert found.remedy == "`dr drill region-loss`"


def test_a_schema_is_known_since_it_was_first_seen() -> None:
    first = seen(None, "a", days_ago(9))
    same = seen(first, "a", days_ago(5))
    other = seen(same, "b", days_ago(2))

    assert (first.since, first.first) == (days_ago(9), True)
    assert same == first
    assert (other.fingerprint, other.since, other.first) == ("b", days_ago(2), False)


def test_journals_that_can_not_be_read_prove_nothing() -> None:
    now = Now(NOON, "d", "0.1.0", {})

    checks = proof_checks(
        Silent("too few stores"), now, interval=INTERVAL, scenarios=[ScenarioName.REGION_LOSS]
    )

    assert {check.state for check in checks} == {State.UNKNOWN}
