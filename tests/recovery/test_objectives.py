"""Objectives against what was measured."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.measurement import Measurement, Point, PointName, Row, Rows, Window
from recovery.objectives import Judgement, Objectives, judge

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OBJECTIVES = Objectives(rto=timedelta(seconds=60), rpo=timedelta(seconds=30))


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_row(committed_s: float) -> Row:
    committed_at = at(committed_s)
    return Row(
        service="orders",
        client="c1",
        seq=1,
        region="west",
        acknowledged_at=committed_at,
        committed_at=committed_at,
    )


def some_rows(*lost_s: float, prefix_s: float | None = 0, acknowledged: int = 100) -> Rows:
    return Rows(
        compared_since=at(-100),
        compared_at=at(500),
        acknowledged=acknowledged,
        present=acknowledged - len(lost_s),
        lost=[a_row(second) for second in lost_s],
        unknown_present=0,
        unknown_absent=0,
        newest_of_prefix=None if prefix_s is None else at(prefix_s),
    )


def measured(rows: Rows | None = None, **points: float | None) -> Measurement:
    """Measure what is given as `T0=seconds`; windows of one second cover T0..T6, half of each failed."""
    instants = {"T0": 0.0, "T1": 5.0, "T2": 20.0, "T3": 22.0, "T4": 30.0, "T5": 31.0, "T6": 40.0, "T7": 300.0}
    instants |= points
    return Measurement(
        points=[
            Point(name=PointName(name), at=None, measured_by="prober", reason="nobody looked")
            if second is None
            else Point(name=PointName(name), at=at(second), measured_by="prober")
            for name, second in instants.items()
        ],
        windows=[
            Window(start=at(second), length_s=1, requests=10, succeeded=5, by_region={})
            for second in range(int(instants["T6"] or 0))
        ],
        rows=rows or some_rows(),
        success_target=0.99,
        windows_needed=3,
    )


def test_a_recovery_within_both_objectives_met_them() -> None:
    judged = judge(OBJECTIVES, measured())

    assert (judged.rto.length, judged.rpo.length) == (timedelta(seconds=40), timedelta(0))
    assert judged.judgement is Judgement.MET
    assert str(judged.rto) == "met: 40 s, the objective is 60 s"


def test_the_other_numbers_stand_beside_the_two() -> None:
    judged = judge(OBJECTIVES, measured())

    assert judged.orchestrated.length == timedelta(seconds=18)
    assert judged.decision.length == timedelta(seconds=15)
    assert judged.unprotected.length == timedelta(seconds=260)
    assert judged.unavailability.length == timedelta(seconds=20)


def test_the_objective_itself_still_meets_it() -> None:
    assert judge(OBJECTIVES, measured(T6=60)).rto.judgement is Judgement.MET
    assert judge(OBJECTIVES, measured(T6=60.001)).rto.judgement is Judgement.MISSED


@pytest.mark.parametrize("point", ["T0", "T6"])
def test_an_rto_without_its_points_is_not_measured(point: str) -> None:
    judged = judge(OBJECTIVES, measured(**{point: None}))

    assert judged.rto.judgement is Judgement.NOT_MEASURED
    assert judged.rto.reason == f"{point} was not measured: nobody looked"
    assert judged.unavailability.length is None
    assert judged.critical is None


def test_a_point_that_nobody_wrote_down_is_not_measured() -> None:
    measurement = measured()
    without = measurement.model_copy(update={"points": [p for p in measurement.points if p.name != "T6"]})

    assert "not written down" in (judge(OBJECTIVES, without).rto.reason or "")


def test_rows_that_were_not_compared_leave_the_rpo_not_measured() -> None:
    measurement = measured().model_copy(update={"rows": None, "rows_reason": "the target did not answer"})

    judged = judge(OBJECTIVES, measurement)

    assert judged.rpo.judgement is Judgement.NOT_MEASURED
    assert judged.judgement is Judgement.NOT_MEASURED
    assert str(judged.rpo) == "not measured: the target did not answer; the objective is 30 s"


def test_without_a_promise_nothing_is_known_of_the_loss() -> None:
    judged = judge(OBJECTIVES, measured(some_rows(acknowledged=0, prefix_s=None)))

    assert judged.rpo.judgement is Judgement.NOT_MEASURED


def test_the_rpo_is_the_time_from_the_contiguous_prefix_to_the_fault() -> None:
    judged = judge(OBJECTIVES, measured(some_rows(-1, -5, prefix_s=-12)))

    assert judged.rpo.length == timedelta(seconds=12)
    assert judged.rpo.judgement is Judgement.MET


def test_rows_promised_after_the_fault_and_lost_count_too() -> None:
    """A source that fails in part goes on promising: T0 minus the prefix would call that no loss."""
    judged = judge(OBJECTIVES, measured(some_rows(1, 45, prefix_s=0.5)))

    assert judged.rpo.length == timedelta(seconds=44.5)
    assert judged.rpo.judgement is Judgement.MISSED


def test_a_loss_from_the_oldest_row_on_is_missed_once_it_exceeds_the_objective() -> None:
    judged = judge(OBJECTIVES, measured(some_rows(-99, prefix_s=None)))

    assert judged.rpo.length is None
    assert judged.rpo.judgement is Judgement.MISSED
    assert "more than 100 s" in str(judged.rpo)


def test_clients_restored_before_the_flow_acted_leave_no_orchestrated_time() -> None:
    judged = judge(OBJECTIVES, measured(T6=10))

    assert judged.rto.length == timedelta(seconds=10)
    assert judged.orchestrated.length is None
    assert "T6 before T3" in (judged.orchestrated.reason or "")


def test_an_end_before_its_start_is_no_time_at_all() -> None:
    """Two clocks disagree: a negative RTO must not meet anything."""
    judged = judge(OBJECTIVES, measured(T0=50, T6=40))

    assert judged.rto.judgement is Judgement.NOT_MEASURED


def test_windows_that_leave_a_hole_are_no_integral() -> None:
    measurement = measured()
    holed = measurement.model_copy(update={"windows": measurement.windows[:10]})

    assert judge(OBJECTIVES, holed).unavailability.length is None


def test_phases_lie_between_measured_points_and_the_longest_is_critical() -> None:
    judged = judge(OBJECTIVES, measured(T4=None))

    assert [(p.start, p.end, p.length.total_seconds()) for p in judged.phases] == [
        ("T0", "T1", 5),
        ("T1", "T2", 15),
        ("T2", "T3", 2),
        ("T3", "T5", 9),
        ("T5", "T6", 9),
        ("T6", "T7", 260),
    ]
    assert judged.critical is not None
    assert judged.critical.what == "deciding"
    assert "person" in judged.critical.shorter


def test_phases_follow_the_clock_where_points_came_in_another_order() -> None:
    """The answer may change before the canary is back."""
    judged = judge(OBJECTIVES, measured(T4=33, T5=30))

    assert [p.end for p in judged.phases] == ["T1", "T2", "T3", "T5", "T4", "T6", "T7"]


INSTANT = st.none() | st.floats(-100, 500)


@given(st.fixed_dictionaries({f"T{n}": INSTANT for n in range(8)}), st.booleans())
def test_nothing_is_met_that_was_not_measured(points: dict[str, float | None], compared: bool) -> None:  # noqa: FBT001 (drawn)
    measurement = measured(some_rows(-1, prefix_s=-2), **points)
    if not compared:
        measurement = measurement.model_copy(update={"rows": None})

    judged = judge(OBJECTIVES, measurement)

    for achieved in (judged.rto, judged.rpo):
        assert (achieved.length is None) == (achieved.judgement is Judgement.NOT_MEASURED)
        assert (achieved.reason is None) == (achieved.length is not None)
    for span in (judged.orchestrated, judged.decision, judged.unprotected, judged.unavailability):
        assert span.length is None or span.length >= timedelta(0)
        assert (span.reason is None) == (span.length is not None)
