"""What a shift never does, whatever is seen."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from recovery.fakes.load import FAST, SLOW, WINDOW, a_window
from recovery.observation import Observation, Seen
from recovery.shift import Done, Phase, Plan, RollBack, SetWeights, Shift, advance, weights_for

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_plan(increment_percent: int, *, back_out: bool) -> Plan:
    return Plan(
        increment_percent=increment_percent,
        interval=timedelta(seconds=30),
        verification=timedelta(seconds=60),
        max_hold=timedelta(seconds=90),
        back_out=back_out,
    )


def windows(at: datetime) -> st.SearchStrategy[Observation | None]:
    """Anything a prober could say of the ten seconds before *at*."""
    region = st.builds(
        lambda requests, bad, p95: Seen(requests=requests, failed=round(requests * bad), p95=p95),
        st.integers(0, 2000),
        st.sampled_from([0.0, 0.0, 0.01, 0.05, 0.2, 1.0]),
        st.sampled_from([FAST, FAST, SLOW, None]),
    )
    seen = st.builds(
        lambda routed, part, target, source: Observation(
            start=at - WINDOW,
            end=at,
            routed=routed,
            to_target=round(routed * part),
            target=target,
            source=source,
        ),
        st.integers(0, 2000),
        st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        region,
        region,
    )
    good = st.sampled_from([20, 40, 60, 80, 100]).map(lambda share: a_window(at, share))
    return st.one_of(st.none(), seen, good)


@given(
    st.data(),
    st.integers(0, 255),
    st.integers(0, 255),
    st.builds(a_plan, increment_percent=st.sampled_from([7, 20, 33, 100]), back_out=st.booleans()),
)
def test_whatever_is_seen_a_shift_keeps_its_promises(
    data: st.DataObject, east: int, west: int, plan: Plan
) -> None:
    """Never two zeros; only upwards; never without a verified step; an end; back to what was."""
    original = {"east": east, "west": west if east else max(west, 1)}
    shift, now, reached = Shift(plan=plan, source="east", target="west", original=original), T0, -1
    steps = -(-100 // plan.increment_percent) + 1
    for _ in range(steps * 9 + 2):
        window = data.draw(windows(now)) if shift.phase is Phase.SHIFTING else None
        before = shift
        shift, action = advance(shift, window, now)
        assert any(shift.weights.values())
        match action:
            case SetWeights(share, weights):
                assert share > reached
                assert weights == weights_for(share, "east", "west")
                assert before.step is None or (window is not None and window.routed > 0)
                reached = share
            case RollBack(weights):
                assert weights == original
                assert plan.back_out
            case Done():
                assert reached == 100
        now += WINDOW

    assert shift.phase in {Phase.DONE, Phase.ROLLED_BACK, Phase.HELD}
    assert advance(shift, None, now)[0] == shift
