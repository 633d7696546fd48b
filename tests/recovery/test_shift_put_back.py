"""When a step fails: traffic is put back to a source that is fit, and held otherwise."""

from datetime import UTC, datetime, timedelta

import pytest

from recovery.fakes.load import SLOW, WINDOW, a_region, a_window
from recovery.observation import Observation, Seen
from recovery.shift import (
    Action,
    Done,
    Hold,
    Phase,
    Plan,
    RollBack,
    SetWeights,
    Shift,
    Wait,
    advance,
    released,
)

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def a_plan(**changes: object) -> Plan:
    usual = {"increment_percent": 20, "interval": seconds(30), "verification": seconds(60)}
    usual |= {"max_hold": seconds(300), "cooldown": timedelta(minutes=15)}
    return Plan.model_validate(usual | changes)


def a_shift(**changes: object) -> Shift:
    usual = {"plan": a_plan(), "source": "east", "target": "west", "original": {"east": 100, "west": 0}}
    return Shift.model_validate(usual | changes)


def run(shift: Shift, windows: list[Observation | None], now: datetime = T0) -> tuple[Shift, list[Action]]:
    """Advance with one window after the other, ten seconds each."""
    actions = []
    for window in [None, *windows]:
        shift, action = advance(shift, window, now)
        actions.append(action)
        now += WINDOW
    return shift, actions


def shares(actions: list[Action]) -> list[int]:
    return [action.share for action in actions if isinstance(action, SetWeights)]


def test_failures_are_put_back_after_two_windows() -> None:
    bad = [a_window(T0 + WINDOW * n, 20, target=a_region(200, 40)) for n in (1, 2)]

    shift, actions = run(a_shift(original={"east": 99, "west": 0}), bad)

    assert isinstance(actions[1], Wait)
    assert isinstance(actions[2], RollBack)
    assert actions[2].weights == {"east": 99, "west": 0}
    assert shift.not_before == T0 + WINDOW * 2 + timedelta(minutes=15)
    assert "40 of 200 requests to the target failed" in shift.reason


def test_one_bad_window_between_good_ones_is_forgiven() -> None:
    windows = [a_window(T0 + WINDOW * n, 20) for n in (1, 2, 3)]
    windows[0] = a_window(T0 + WINDOW, 20, target=a_region(200, 40))

    _, actions = run(a_shift(), windows)

    assert shares(actions) == [20, 40]


def test_silence_between_two_failures_forgives_nothing() -> None:
    windows = [a_window(T0 + WINDOW * n, 20, target=a_region(200, 40)) for n in (1, 3)]

    shift, _ = run(a_shift(), [windows[0], None, windows[1]])

    assert shift.phase is Phase.ROLLED_BACK


def test_slow_answers_count_as_failure() -> None:
    bad = [a_window(T0 + WINDOW * n, 20, target=a_region(200, 0, SLOW)) for n in (1, 2)]

    shift, actions = run(a_shift(), bad)

    assert isinstance(actions[-1], RollBack)
    assert "p95 is 900 ms, and 500 ms is allowed" in shift.reason


def test_what_was_so_before_the_shift_is_no_reason_to_stop() -> None:
    """A target that always took 800 ms, and lost 8 %, is not worse for the traffic."""
    baseline = a_region(1000, 80, timedelta(milliseconds=800))
    same = [a_window(T0 + WINDOW * n, 20, target=a_region(600, 40, SLOW)) for n in (1, 2, 3)]

    _, actions = run(a_shift(baseline=baseline), same)

    assert shares(actions) == [20, 40]


@pytest.mark.parametrize(
    "source",
    [Seen(), a_region(10), a_region(100, 30), a_region(100, 0, SLOW), Seen(requests=100, failed=0)],
    ids=["unseen", "hardly seen", "failing", "slow", "untimed"],
)
def test_traffic_is_not_put_back_to_a_source_that_is_no_better(source: Seen) -> None:
    bad = [a_window(T0 + WINDOW * n, 20, target=a_region(200, 40), source=source) for n in (1, 2)]

    shift, actions = run(a_shift(), bad)

    assert isinstance(actions[-1], Hold)
    assert shift.weights == {"east": 80, "west": 20}
    assert "east was not seen to be any better than west; check both regions and decide" in shift.reason


def failing(*numbers: int, source: Seen | None = None) -> list[Observation | None]:
    """Windows in which the target fails a fifth of its requests, and the source is unseen unless given."""
    return [a_window(T0 + WINDOW * n, 20, target=a_region(200, 40), source=source or Seen()) for n in numbers]


def test_what_neither_region_is_free_of_may_pass() -> None:
    """A stall of both is no fault of the target, and going back would help nobody: 20 s are not 60."""
    patient = a_shift(plan=a_plan(patience=seconds(60)))

    shift, actions = run(patient, [*failing(1, 2), a_window(T0 + WINDOW * 3, 20)])

    assert shares(actions) == [20, 40]
    assert shift.step is not None
    assert shift.step.failing_since is None


def test_what_does_not_pass_is_held_when_patience_ends() -> None:
    patient = a_shift(plan=a_plan(patience=seconds(60)))

    shift, actions = run(patient, failing(*range(1, 7)))

    assert [isinstance(action, Hold) for action in actions] == [False] * 6 + [True]
    assert shift.weights == {"east": 80, "west": 20}


def test_a_source_that_becomes_fit_meanwhile_is_gone_back_to() -> None:
    patient = a_shift(plan=a_plan(patience=seconds(60)))

    _, actions = run(patient, [*failing(1, 2), *failing(3, source=a_region(100))])

    assert isinstance(actions[-1], RollBack)


def test_an_unplanned_shift_holds_and_does_not_go_back() -> None:
    plan = Plan.at_once(verification=seconds(30), max_hold=seconds(120))
    bad = [a_window(T0 + WINDOW * n, 100, target=a_region(1000, 400)) for n in (1, 2)]

    shift, actions = run(a_shift(plan=plan), bad)

    assert isinstance(actions[-1], Hold)
    assert "east is presumed lost" in shift.reason
    assert shift.weights == {"east": 0, "west": 100}


def test_a_held_shift_goes_on_when_a_person_says_so() -> None:
    bad = [a_window(T0 + WINDOW * n, 20, target=a_region(200, 40), source=Seen()) for n in (1, 2)]
    shift, _ = run(a_shift(), bad)
    now = T0 + seconds(600)

    again = released(shift, now)

    assert again.phase is Phase.SHIFTING
    after, action = advance(again, a_window(now + seconds(30), 20), now + seconds(30))
    assert isinstance(action, SetWeights)
    assert action.share == 40
    assert after.reason == ""


def test_a_share_that_never_arrives_is_put_back() -> None:
    shift, actions = run(a_shift(), [a_window(T0 + WINDOW * n, 0) for n in range(1, 32)])

    assert isinstance(actions[-1], RollBack)
    assert shift.weights == {"east": 100, "west": 0}


def test_verification_starts_over_after_a_failed_window() -> None:
    plan = Plan.at_once(verification=seconds(30), max_hold=seconds(300))
    windows = [a_window(T0 + WINDOW * n, 100) for n in range(1, 7)]
    windows[1] = a_window(T0 + WINDOW * 2, 100, target=a_region(1000, 400))

    _, actions = run(a_shift(plan=plan), windows)

    assert [isinstance(action, Done) for action in actions] == [False] * 5 + [True] * 2


def test_a_rollback_cools_down_before_the_next_shift() -> None:
    until = T0 + timedelta(minutes=15)
    shift = a_shift(not_before=until)

    same, action = advance(shift, None, T0)
    _, later = advance(same, None, until)

    assert same == shift
    assert action == Wait(until, "cooling down from a rollback until 2026-03-01 12:15:00 UTC")
    assert isinstance(later, SetWeights)


def test_an_unplanned_shift_waits_for_no_cooldown() -> None:
    plan = Plan.at_once(verification=seconds(30), max_hold=seconds(120))
    shift = a_shift(plan=plan, not_before=T0 + timedelta(minutes=15))

    assert shares([advance(shift, None, T0)[1]]) == [100]
