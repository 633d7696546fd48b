"""An evaluation is kept whole: its inputs alone, read back from a line of JSON, give the rest again."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.errors import BadInput
from recovery.evaluation import Evaluation, again, evaluate, parsed
from recovery.guards import Circumstances, Course, Policy
from recovery.signals import Correlation, Signal, SignalClass, Situation
from recovery.verdict import Row

EAST, WEST = "us-east-1", "us-west-2"
NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
FAULT = (SignalClass.HEALTH, SignalClass.ERRORS, SignalClass.SATURATION)


def a_signal(kind: SignalClass, *, service: str | None = None) -> Signal:
    return Signal(
        key=f"{kind}/1",
        region=EAST,
        observer="witness",
        signal=kind,
        service=service,
        active_at=NOW - timedelta(minutes=3),
        confirmed=True,
    )


def a_situation(*signals: Signal, answers: bool | None = False, at: datetime = NOW) -> Situation:
    return Situation(
        at=at,
        regions=(EAST, WEST),
        signals=signals,
        probes={EAST: answers, WEST: True},
        watchdogs={EAST: None, WEST: NOW - timedelta(seconds=20)},
    )


def an_evaluation(situation: Situation | None = None, **around: object) -> Evaluation:
    return evaluate(
        situation or a_situation(*map(a_signal, FAULT)),
        Correlation(),
        Circumstances.model_validate(around),
        Policy(automatic=True),
    )


def a_line(**around: object) -> str:
    return an_evaluation(**around).model_dump_json() + "\n"


def test_it_holds_its_inputs_and_what_followed_from_them() -> None:
    situation = a_situation(*map(a_signal, FAULT))

    kept = an_evaluation(situation, target_ready=True, target_told="ready")

    assert kept.situation == situation
    assert kept.verdict.row is Row.REGION_FAULT
    assert kept.decision.course is Course.WAIT
    assert kept.decision.missing[0] == "held long enough: at least 120 s (now: 0 s)"


def test_the_decision_is_of_the_situations_own_instant() -> None:
    """Not of the instant at which somebody looks at it again."""
    since = NOW - timedelta(minutes=2)

    kept = an_evaluation(standing_since=since, evaluations=4, target_ready=True)

    assert kept.decision.course is Course.ASK
    assert again(kept) == kept


@pytest.mark.parametrize(
    ("situation", "sentence"),
    [
        (
            a_situation(*map(a_signal, FAULT)),
            (
                "region fault (us-east-1): held back; us-east-1: health, errors, saturation, fails the prober, "
                "its monitoring is not heard; us-west-2: answers the prober"
            ),
        ),
        (
            Situation(at=NOW, regions=(EAST, WEST), watchdogs={EAST: NOW, WEST: NOW}),
            "suspect (us-east-1): watch; us-east-1: not probed; us-west-2: not probed",
        ),
    ],
)
def test_its_sentence_names_the_row_the_region_the_course_and_the_reason(
    situation: Situation, sentence: str
) -> None:
    assert an_evaluation(situation).sentence == sentence


@given(
    st.lists(st.builds(a_signal, st.sampled_from(SignalClass), service=st.sampled_from([None, "cart"]))),
    st.sampled_from([True, False, None]),
    st.sampled_from([NOW, NOW.astimezone(timezone(timedelta(hours=9, minutes=30)))]),
    st.booleans(),
)
def test_read_back_from_json_it_gives_the_same_again(
    signals: list[Signal],
    answers: bool | None,  # noqa: FBT001 - hypothesis gives by position
    at: datetime,
    ready: bool,  # noqa: FBT001 - hypothesis gives by position
) -> None:
    kept = an_evaluation(
        a_situation(*signals, answers=answers, at=at),
        standing_since=at - timedelta(seconds=119.5),
        begun=(at - timedelta(hours=3),),
        target_ready=ready,
    )

    (read,) = parsed("evaluations.jsonl", [kept.model_dump_json()])

    assert read == kept
    assert again(read) == kept


def test_again_goes_by_the_inputs_and_not_by_what_was_kept() -> None:
    kept = an_evaluation()
    forged = kept.model_copy(update={"verdict": kept.verdict.model_copy(update={"row": Row.HEALTHY})})

    assert again(forged) == kept


def test_lines_come_in_their_order_and_empty_ones_are_passed_over() -> None:
    lines = [a_line(evaluations=1), "\n", "  \n", a_line(evaluations=2)]

    found = [kept.around.evaluations for kept in parsed("kept.jsonl", lines)]

    assert found == [1, 2]


@pytest.mark.parametrize(
    ("bad", "where"),
    [
        ('{"situation": {', "the line: Invalid JSON"),
        ("null\n", "the line: Input should be an object"),
        ("{}\n", "situation: Field required"),
        (a_line().replace('"us-west-2"]', '"us-west-2", "mars"]', 1), "situation.regions: Tuple should have"),
        (a_line().replace("Z", "", 1), "situation.at: Input should have timezone info"),
        (
            a_line().replace('"saturation"', '"gossip"', 1),
            r"situation.signals.2.signal: Input should be 'health'",
        ),
        (
            a_line().replace('"evaluations":0', '"evaluations":-1', 1),
            "around.evaluations: Input should be greater",
        ),
        (a_line()[:-2] + ',"more":1}', "more: Extra inputs are not permitted"),
    ],
)
def test_a_bad_line_is_refused_by_its_number(bad: str, where: str) -> None:
    """The good ones before it were given; empty lines are counted."""
    lines = parsed("kept.jsonl", [a_line(), "\n", bad])
    next(lines)

    with pytest.raises(BadInput) as refusal:
        next(lines)

    assert str(refusal.value).startswith(f"kept.jsonl, line 3: {where}")
    assert str(refusal.value).endswith("give the intake's evaluations.jsonl, unchanged.")
