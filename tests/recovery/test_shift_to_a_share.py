"""A shift that ends at a share, as when a region returns: the last step is the share, and it is verified."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from recovery.fakes.load import WINDOW, a_region, a_window
from recovery.shift import Action, Done, Phase, Plan, RollBack, SetWeights, Shift, advance

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG = timedelta(hours=1)


def a_shift(final_percent: int, *, at: int = 0, increment_percent: int = 20) -> Shift:
    plan = Plan(
        increment_percent=increment_percent,
        interval=timedelta(seconds=30),
        verification=timedelta(seconds=60),
        max_hold=timedelta(seconds=300),
        final_percent=final_percent,
    )
    return Shift(
        plan=plan, source="serving", target="returned", original={"serving": 100 - at, "returned": at}
    )


def well_behaved(shift: Shift) -> tuple[Shift, list[Action], datetime]:
    """Advance with windows in which the load does what it was told, to the shift's end."""
    now, actions = T0, []
    shift, action = advance(shift, None, now)
    while shift.phase is Phase.SHIFTING and now < T0 + LONG:
        actions.append(action)
        now += WINDOW
        shift, action = advance(shift, a_window(now, shift.weights["returned"]), now)
    return shift, [*actions, action], now


def shares(actions: list[Action]) -> list[int]:
    return [action.share for action in actions if isinstance(action, SetWeights)]


@pytest.mark.parametrize(
    ("final", "steps"), [(50, [20, 40, 50]), (40, [20, 40]), (10, [10]), (100, [20, 40, 60, 80, 100])]
)
def test_the_last_step_is_the_share_that_was_asked_for(final: int, steps: list[int]) -> None:
    shift, actions, _ = well_behaved(a_shift(final))

    assert shares(actions) == steps
    assert actions[-1] == Done()
    assert shift.weights == {"serving": 100 - final, "returned": final}


def test_the_last_share_stays_well_for_the_verification_period() -> None:
    """A whole one does, and so does half."""
    _, _, ended = well_behaved(a_shift(10))

    assert ended - T0 >= timedelta(seconds=60)


def test_one_that_goes_on_begins_at_the_share_that_the_zone_has() -> None:
    """Its process was killed between two steps."""
    _, actions, _ = well_behaved(a_shift(50, at=40))

    assert shares(actions) == [50]


def test_a_region_that_fails_below_its_share_gets_no_more() -> None:
    shift, now = a_shift(50), T0
    shift, _ = advance(shift, None, now)
    actions: list[Action] = []
    while shift.phase is Phase.SHIFTING:
        now += WINDOW
        shift, action = advance(shift, a_window(now, 20, target=a_region(200, 100)), now)
        actions.append(action)

    assert isinstance(actions[-1], RollBack)
    assert actions[-1].weights == {"serving": 100, "returned": 0}
    assert shares(actions) == []


@pytest.mark.parametrize("final", [0, -1, 101])
def test_a_share_that_is_none_is_refused(final: int) -> None:
    with pytest.raises(ValidationError, match="final_percent"):
        a_shift(final)


@given(st.integers(1, 100), st.integers(0, 100), st.integers(1, 100))
def test_no_step_goes_beyond_the_share(final: int, at: int, increment: int) -> None:
    """Wherever it begins, and whatever the increment is."""
    shift, actions, _ = well_behaved(a_shift(final, at=at, increment_percent=increment))

    taken = shares(actions)
    assert all(share <= final for share in taken)
    assert taken[-1] == final
    assert shift.phase is Phase.DONE
