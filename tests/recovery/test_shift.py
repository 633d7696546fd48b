"""Moving traffic in steps, without a network and without a clock."""

from datetime import UTC, datetime, timedelta

import pytest

from recovery.errors import BadInput, Refused
from recovery.fakes.load import WINDOW, a_region, a_window
from recovery.judgement import Outcome
from recovery.observation import Observation
from recovery.shift import (
    Action,
    Done,
    Hold,
    Phase,
    Plan,
    SetWeights,
    Shift,
    advance,
    weights_for,
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


def well_behaved(shift: Shift, *, until: timedelta = timedelta(minutes=20)) -> tuple[Shift, list[Action]]:
    """Advance with windows in which the load does what it was told, to the shift's end."""
    now, actions = T0, []
    shift, action = advance(shift, None, now)
    while shift.phase is Phase.SHIFTING and now < T0 + until:
        actions.append(action)
        now += WINDOW
        shift, action = advance(shift, a_window(now, shift.weights["west"]), now)
    return shift, [*actions, action]


def shares(actions: list[Action]) -> list[int]:
    return [action.share for action in actions if isinstance(action, SetWeights)]


def test_a_good_shift_goes_up_in_steps_and_is_done() -> None:
    shift, actions = well_behaved(a_shift())

    assert shares(actions) == [20, 40, 60, 80, 100]
    assert actions[-1] == Done()
    assert shift.weights == {"east": 0, "west": 100}


def test_a_shift_takes_its_intervals_and_its_verification() -> None:
    """Four steps of 30 s and 60 s of good windows at the last: 18 windows of 10 s."""
    _, actions = well_behaved(a_shift())

    assert len(actions) - 1 == (4 * 30 + 60) / 10


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        ({"east": 50, "west": 50}, [70, 90, 100]),
        ({"east": 255, "west": 1}, [20, 40, 60, 80, 100]),
        ({"east": 1, "west": 255}, [100]),
        ({"east": 0, "west": 10}, [100]),
    ],
)
def test_steps_begin_where_the_target_is(original: dict[str, int], expected: list[int]) -> None:
    """Two active regions share the load already: the target's share never goes down on the way."""
    _, actions = well_behaved(a_shift(original=original))

    assert shares(actions) == expected


def test_an_unplanned_shift_is_one_step() -> None:
    plan = Plan.at_once(verification=seconds(30), max_hold=seconds(120))

    _, actions = well_behaved(a_shift(plan=plan))

    assert shares(actions) == [100]
    assert actions[-1] == Done()


def test_a_share_that_has_not_moved_is_not_verified() -> None:
    """Weights were set, and resolvers still answer with the old ones."""
    shift, actions = run(a_shift(), [a_window(T0 + WINDOW * n, 0) for n in range(1, 6)])

    assert shares(actions) == [20]
    assert shift.step
    assert shift.step.last
    assert shift.step.last.outcome is Outcome.INCONCLUSIVE
    assert "has not moved there yet" in shift.step.last.reason


def test_windows_from_before_the_step_are_not_judged() -> None:
    """They saw the old weights, and could only by chance look like the new ones."""
    early = a_window(T0 + seconds(5), 20)

    shift, _ = run(a_shift(plan=a_plan(interval=seconds(0))), [early])

    assert shift.step
    assert shift.step.share == 20
    assert shift.step.last is None


def test_a_step_is_not_verified_while_caches_keep_what_was_answered_before_it() -> None:
    """By the answers alone, all of a step would be there at once, and most of the clients where they were."""
    plan = a_plan(interval=seconds(0), ttl=3 * WINDOW)
    good = [a_window(T0 + WINDOW * n, 20) for n in range(1, 5)]

    _, early = run(a_shift(plan=plan), good[:3])
    _, expired = run(a_shift(plan=plan), good)

    assert shares(early) == [20]
    assert shares(expired) == [20, 40]


def test_overlapping_windows_are_counted_once() -> None:
    """A sliding window asked for each second would make two breaches of one."""
    bad = [a_window(T0 + seconds(n), 20, target=a_region(200, 100)) for n in (10, 11, 12, 13)]

    shift, _ = run(a_shift(), bad)

    assert shift.step
    assert shift.step.failed_windows == 1


@pytest.mark.parametrize("windows", [[None] * 40, "empty", "errors"])
def test_no_data_never_advances_and_ends_in_a_hold(windows: list[None] | str) -> None:
    """Nothing is known of the source either, so traffic is not put back."""
    if windows == "empty":
        windows = [Observation(start=T0 + WINDOW * n, end=T0 + WINDOW * (n + 1)) for n in range(40)]
    if windows == "errors":
        windows = [
            Observation(start=T0 + WINDOW * n, end=T0 + WINDOW * (n + 1), error="prober away")
            for n in range(40)
        ]

    shift, actions = run(a_shift(), windows)

    assert shares(actions) == [20]
    assert isinstance(actions[-1], Hold)
    assert shift.weights == {"east": 80, "west": 20}
    assert "20 % was not verified within 300 s" in shift.reason


def test_small_windows_add_up_to_a_verdict() -> None:
    """40 requests say little of a share of 20 % and of its failures; ten such windows say enough."""
    shift, actions = run(a_shift(), [a_window(T0 + WINDOW * n, 20, requests=40) for n in range(1, 11)])

    assert shares(actions) == [20, 40]
    assert shift.phase is Phase.SHIFTING


def test_an_ended_shift_repeats_its_last_action() -> None:
    bad = [a_window(T0 + WINDOW * n, 20, target=a_region(200, 40)) for n in (1, 2)]
    rolled_back, actions = run(a_shift(), bad)
    done, _ = well_behaved(a_shift())

    assert advance(rolled_back, None, T0) == (rolled_back, actions[-1])
    assert advance(done, a_window(T0, 0), T0) == (done, Done())


def test_a_shift_survives_its_journal() -> None:
    shift, _ = run(a_shift(), [a_window(T0 + WINDOW * n, 20, requests=40) for n in (1, 2)])

    assert Shift.model_validate_json(shift.model_dump_json()) == shift


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"original": {"east": 0, "west": 0}}, "All weights are zero"),
        ({"original": {"east": 100}}, "east, west"),
        ({"original": {"east": 1, "west": 1, "north": 1}}, "north"),
        ({"original": {"east": 300, "west": 0}}, "east is 300"),
    ],
)
def test_weights_that_can_not_be_put_back_are_refused(changes: dict[str, object], told: str) -> None:
    with pytest.raises(Refused, match=told):
        a_shift(**changes)


def test_one_region_is_no_shift() -> None:
    with pytest.raises(ValueError, match="both east"):
        a_shift(target="east", original={"east": 1})


def test_a_plan_that_can_not_be_done_in_time_is_refused() -> None:
    with pytest.raises(ValueError, match="max_hold is 0:01:00, and interval and verification take 0:01:30"):
        a_plan(max_hold=seconds(60))


@pytest.mark.parametrize("share", [-1, 101])
def test_a_share_beyond_all_is_refused(share: int) -> None:
    with pytest.raises(BadInput, match=f"share is {share}"):
        weights_for(share, "east", "west")
