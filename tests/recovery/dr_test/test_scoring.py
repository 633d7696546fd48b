"""Full marks only there and back; less as time passes and things change; never more than was proved."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.dr_test.scoring import LEFT_AFTER_CHANGE, Score, State, present_worth, score, worthless_at

QUARTER, THEN = timedelta(days=92), datetime(2026, 3, 14, tzinfo=UTC)
maybe = st.sampled_from([True, False, None])
ages = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=800))
scores = st.sampled_from(list(Score))
known = st.sampled_from(["a", "b", None])
states = st.builds(State, at=st.just(THEN), estate_digest=known, schema_digest=known, code_version=known)


def state(at: datetime = THEN, **changed: str | None) -> State:
    return State(at=at, **{"estate_digest": "e", "schema_digest": "s", "code_version": "1"} | changed)


def worth(after: timedelta, **changed: str | None) -> float:
    now = state(THEN + after, **changed)
    return present_worth(Score.THERE_AND_BACK, state(), now, interval=QUARTER).points


@given(there=maybe, back=maybe)
def test_only_there_and_back_is_whole(*, there: bool | None, back: bool | None) -> None:
    reached = score(there=there, back=back)

    assert (reached.points == 1) == (there is True and back is True)
    assert (reached.points == 0) == (there is not True)


@given(proved=scores, then=states, now=states, age=ages)
def test_a_proof_is_never_worth_more_than_it_was(
    proved: Score, then: State, now: State, age: timedelta
) -> None:
    later = now.model_copy(update={"at": THEN + age})

    found = present_worth(proved, then, later, interval=QUARTER)

    assert 0 <= found.points <= found.of == proved.points
    assert found.why or found.is_full


@given(proved=scores, then=states, now=states, age=ages, more=ages)
def test_a_proof_does_not_get_better_with_age(
    proved: Score, then: State, now: State, age: timedelta, more: timedelta
) -> None:
    def at(days: timedelta) -> float:
        later = now.model_copy(update={"at": THEN + days})
        return present_worth(proved, then, later, interval=QUARTER).points

    assert at(age + more) <= at(age)


@given(age=ages, what=st.sampled_from(list(LEFT_AFTER_CHANGE)))
def test_a_change_never_makes_a_proof_better(age: timedelta, what: str) -> None:
    assert worth(age, **{what: "another"}) <= worth(age)
    assert worth(age, **{what: None}) == worth(age, **{what: "another"})


@pytest.mark.parametrize(("quarters", "left"), [(0, 1), (1, 1), (1.5, 0.5), (2, 0), (9, 0)])
def test_it_is_whole_for_one_interval_and_gone_after_two(quarters: float, left: float) -> None:
    assert worth(quarters * QUARTER) == pytest.approx(left)


def test_it_is_worthless_from_the_end_of_the_second_interval() -> None:
    end = worthless_at(THEN, interval=QUARTER)

    assert worth(end - THEN) == 0
    assert worth(end - THEN - timedelta(days=1)) > 0


def test_changes_multiply_and_each_is_told() -> None:
    now = state(THEN, estate_digest="f", schema_digest="t", code_version="2")

    found = present_worth(Score.THERE_AND_BACK, state(), now, interval=QUARTER)

    assert found.points == pytest.approx(0.5 * 0.5 * 0.75)
    assert found.why == [
        "The schema changed since.",
        "The estate file changed since.",
        "This tool's version changed since.",
    ]


def test_what_is_not_known_is_not_taken_for_unchanged() -> None:
    found = present_worth(Score.THERE_AND_BACK, state(schema_digest=None), state(), interval=QUARTER)

    assert found.points == 0.5
    assert found.why == ["The schema may have changed: it is not known what it was."]


def test_a_proof_from_the_future_is_none() -> None:
    assert worth(-timedelta(days=1)) == 0
