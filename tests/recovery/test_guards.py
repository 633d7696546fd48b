"""What becomes of a verdict: each guard alone holds a failover back, and what is missing is told."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from recovery.guards import COURSES, Circumstances, Course, Decision, Policy, decide
from recovery.verdict import Condition, Row, Verdict

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FAILOVERS = [Row.REGION_LOST, Row.REGION_FAULT]


def a_verdict(row: Row = Row.REGION_LOST, **values: Any) -> Verdict:
    return Verdict(row=row, region="us-east-1", since=NOW, reason="as told", votes=(), **values)


def a_policy(**values: Any) -> Policy:
    """Return one that lets a failover happen by itself, but for *values*."""
    return Policy(**({"automatic": True, "approval": False} | values))


def around(**values: Any) -> Circumstances:
    """Return circumstances in which nothing stands against a failover, but for *values*."""
    fine = {
        "standing_since": NOW - timedelta(minutes=2),
        "evaluations": 4,
        "target_ready": True,
        "target_told": "ready",
    }
    return Circumstances(**(fine | values))


def decided(policy: Policy | None = None, **values: Any) -> Decision:
    return decide(a_verdict(), around(**values), policy or a_policy(), NOW)


def failed(decision: Decision) -> list[str]:
    return [guard.name for guard in decision.guards if not guard.ok]


@pytest.mark.parametrize("row", FAILOVERS)
def test_with_all_guards_satisfied_it_fails_over(row: Row) -> None:
    decision = decide(a_verdict(row), around(), a_policy(), NOW)

    assert decision.course is Course.FAIL_OVER
    assert decision.missing == ()
    assert failed(decision) == []
    assert len(decision.guards) == 11


@pytest.mark.parametrize(
    ("values", "course", "missing"),
    [
        (
            {"standing_since": NOW - timedelta(seconds=119)},
            Course.WAIT,
            "held long enough: at least 120 s (now: 119 s)",
        ),
        ({"standing_since": None}, Course.WAIT, "held long enough: at least 120 s (now: 0 s)"),
        (
            {"standing_since": NOW + MINUTE},
            Course.WAIT,
            "held long enough: at least 120 s (now: -60 s)",
        ),
        ({"evaluations": 3}, Course.WAIT, "seen again and again: at least 4 (now: 3 evaluations)"),
        (
            {"target_ready": False, "target_told": "lags 400 s"},
            Course.HELD_BACK,
            "target ready: fit to take over (now: lags 400 s)",
        ),
        (
            {"target_ready": None, "target_told": "does not answer"},
            Course.HELD_BACK,
            "target ready: fit to take over (now: does not answer)",
        ),
        (
            {"left_by": "failover-3"},
            Course.HELD_BACK,
            "not left already: none did (now: failover-3)",
        ),
        ({"operation": "move-7"}, Course.HELD_BACK, "estate free: no operation holds it (now: move-7)"),
        (
            {"ended_at": NOW - 14 * MINUTE},
            Course.HELD_BACK,
            "cooled down: 900 s after the last operation (now: rests until 2026-03-01 12:01:00 UTC)",
        ),
        ({"maintenance": "disks, by Ann"}, Course.HELD_BACK, "no maintenance: none (now: disks, by Ann)"),
        (
            {"begun": (NOW - 59 * MINUTE,)},
            Course.HELD_BACK,
            "within the budget: fewer than 1 in an hour and 2 in a day (now: 1 in an hour, 1 in a day)",
        ),
        (
            {"begun": (NOW - 2 * HOUR, NOW - 23 * HOUR)},
            Course.HELD_BACK,
            "within the budget: fewer than 1 in an hour and 2 in a day (now: 0 in an hour, 2 in a day)",
        ),
        ({"switched_off": "Bob: drill"}, Course.HELD_BACK, "switched on: on (now: Bob: drill)"),
    ],
)
def test_each_guard_alone_stops_a_failover(values: dict[str, Any], course: Course, missing: str) -> None:
    """And says what it found, and what it is held to."""
    decision = decided(**values)

    assert decision.course is course
    assert decision.missing == (missing,)
    assert len(failed(decision)) == 1


@pytest.mark.parametrize(
    ("policy", "course", "missing"),
    [
        ({"automatic": False}, Course.SHADOW, ["automatic failover"]),
        ({"approval": True}, Course.ASK, ["no approval needed"]),
        (
            {"automatic": False, "approval": True},
            Course.SHADOW,
            ["automatic failover", "no approval needed"],
        ),
    ],
)
def test_the_policy_alone_stops_a_failover(
    policy: dict[str, Any], course: Course, missing: list[str]
) -> None:
    decision = decided(a_policy(**policy))

    assert decision.course is course
    assert failed(decision) == missing
    assert len(decision.missing) == len(missing)


def test_nothing_happens_by_itself_unless_the_estate_says_so() -> None:
    """The policy of an estate that says nothing is the shadow mode, with an approval."""
    assert decided(Policy()).course is Course.SHADOW
    assert decided(Policy(automatic=True)).course is Course.ASK


@pytest.mark.parametrize("row", FAILOVERS)
def test_circumstances_of_which_nothing_is_known_stop_a_failover(row: Row) -> None:
    decision = decide(a_verdict(row), Circumstances(), a_policy(), NOW)

    assert decision.course is Course.HELD_BACK
    assert failed(decision) == ["held long enough", "seen again and again", "target ready"]


@pytest.mark.parametrize("policy", [a_policy(), a_policy(approval=True), Policy()])
def test_what_forbids_goes_before_what_is_too_early_and_that_before_the_policy(policy: Policy) -> None:
    """A person hears of a closed way at once; nobody is asked for what has not stood long enough."""
    assert decided(policy, maintenance="disks", evaluations=1).course is Course.HELD_BACK
    assert decided(policy, evaluations=1).course is Course.WAIT


@pytest.mark.parametrize(
    ("values", "course"),
    [
        ({"standing_since": NOW - 2 * MINUTE}, Course.FAIL_OVER),
        ({"standing_since": NOW - 2 * MINUTE + TICK}, Course.WAIT),
        ({"evaluations": 4}, Course.FAIL_OVER),
        ({"ended_at": NOW - 15 * MINUTE}, Course.FAIL_OVER),
        ({"ended_at": NOW - 15 * MINUTE + TICK}, Course.HELD_BACK),
        ({"ended_at": NOW + HOUR}, Course.HELD_BACK),
        ({"begun": (NOW - HOUR,)}, Course.FAIL_OVER),
        ({"begun": (NOW - HOUR + TICK,)}, Course.HELD_BACK),
        ({"begun": (NOW,)}, Course.HELD_BACK),
        ({"begun": (NOW - 2 * HOUR,)}, Course.FAIL_OVER),
        ({"begun": (NOW - 2 * HOUR, NOW - DAY)}, Course.FAIL_OVER),
        ({"begun": (NOW - 2 * HOUR, NOW - DAY + TICK)}, Course.HELD_BACK),
    ],
)
def test_every_limit_is_exact(values: dict[str, Any], course: Course) -> None:
    assert decided(**values).course is course


def test_a_failover_that_another_clock_puts_in_the_future_is_in_the_budget() -> None:
    """Two hosts' clocks differ; the failover was begun all the same."""
    assert failed(decided(begun=(NOW + MINUTE,))) == ["within the budget"]


@pytest.mark.parametrize(
    ("policy", "begun", "course"),
    [
        ({"per_hour": 0}, 0, Course.HELD_BACK),
        ({"per_day": 0}, 0, Course.HELD_BACK),
        ({"per_hour": 2}, 1, Course.FAIL_OVER),
        ({"per_hour": 3}, 2, Course.HELD_BACK),
        ({"per_hour": 3, "per_day": 3}, 2, Course.FAIL_OVER),
    ],
)
def test_the_budget_is_the_estates(policy: dict[str, int], begun: int, course: Course) -> None:
    assert decided(a_policy(**policy), begun=(NOW - MINUTE,) * begun).course is course


def test_the_end_of_the_rest_is_told_in_utc() -> None:
    """Whatever zone the last operation's end was written in."""
    tokyo = timezone(timedelta(hours=9))

    decision = decided(ended_at=NOW.astimezone(tokyo))

    assert "rests until 2026-03-01 12:15:00 UTC" in decision.missing[0]


@pytest.mark.parametrize(
    ("row", "course"),
    [
        (Row.GLOBAL_FAULT, Course.PAGE),
        (Row.MONITORING_FAULT, Course.PAGE),
        (Row.PARTITION, Course.PAGE),
        (Row.UNATTRIBUTED, Course.PAGE),
        (Row.SERVICE_FAULT, Course.PAGE),
        (Row.SUSPECT, Course.WATCH),
        (Row.HEALTHY, Course.NOTHING),
    ],
)
def test_no_other_row_fails_over_though_every_guard_would_let_it(row: Row, course: Course) -> None:
    decision = decide(a_verdict(row), around(), a_policy(), NOW)

    assert (decision.course, decision.guards, decision.missing) == (course, (), ())


def test_every_row_has_a_course() -> None:
    assert set(COURSES) == set(Row) - set(FAILOVERS)


def test_a_suspicion_of_a_region_that_fails_the_prober_calls_a_person() -> None:
    """Customers feel it, and only a word is missing: nobody would have heard of it."""
    verdict = a_verdict(Row.SUSPECT, failing=True)

    assert decide(verdict, around(), a_policy(), NOW).course is Course.PAGE


def test_a_verdict_short_of_a_failover_tells_what_it_lacks() -> None:
    conditions = (
        Condition(what="the prober finds us-east-1 bad", holds=True, value="fails the prober"),
        Condition(what="us-west-2 is well", holds=False, value="not probed"),
    )

    decision = decide(a_verdict(Row.SUSPECT, conditions=conditions), around(), a_policy(), NOW)

    assert decision.missing == ("us-west-2 is well (now: not probed)",)
