"""An approval: by somebody else, proved, once."""

from datetime import UTC, datetime, timedelta

import pytest

from recovery.approval import Decision, Question, Said
from recovery.errors import BadInput, Refused
from recovery.fakes.approvers import FakeApprovers
from recovery.fakes.stores import FakeStore
from recovery.operation import Failover, Incident
from recovery.quorum import Quorum

NOW = datetime(2026, 3, 14, 2, 17, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
PEOPLE = FakeApprovers()
PLACES = ("east", "west", "witness")


def a_question(stores: list[FakeStore] | None = None, **asked: object) -> Question:
    operation = {"id": "failover-1", "source": "us-east-1", "requested_by": "ada"} | asked
    quorum = Quorum(stores or [FakeStore(place) for place in PLACES])
    return Question(Failover.model_validate(operation), "eden", quorum, PEOPLE)


def said(by: str = "grace", decision: Decision = Decision.APPROVE, *, code: str | None = None) -> Said:
    return Said(decision=decision, by=by, code=code or PEOPLE.code_of(by, NOW), why="seen it")


@pytest.mark.parametrize("decision", Decision)
def test_an_answer_stands_with_who_and_why(decision: Decision) -> None:
    question = a_question()

    question.take(said(decision=decision), given_in="dr", now=NOW)

    answer = question.answer()
    assert answer is not None
    assert answer.approved is (decision is Decision.APPROVE)
    assert (answer.by, answer.why, answer.at, answer.given_in) == ("grace", "seen it", NOW, "dr")


def test_who_asked_can_not_approve() -> None:
    question = a_question()

    with pytest.raises(Refused, match="ada asked for this operation, and can not approve it"):
        question.take(said("ada"), given_in="dr", now=NOW)

    assert question.answer() is None


def test_who_asked_may_take_it_back() -> None:
    """A refusal needs no second pair of eyes."""
    answer = a_question().take(said("ada", Decision.REFUSE), given_in="dr", now=NOW)

    assert not answer.approved


def test_what_alerts_ask_for_any_approver_may_approve() -> None:
    incident = Incident(id="incident-1", active_at=NOW, decided_at=NOW, verdict="region lost")

    answer = a_question(incident=incident, requested_by="ada").take(said("ada"), given_in="dr", now=NOW)

    assert answer.approved


@pytest.mark.parametrize(
    ("by", "code", "told"),
    [
        ("mallory", "any", "'mallory' is no approver of eden: ada, grace are"),
        ("grace", "000000", "The code is not grace's of this moment"),
        ("grace", PEOPLE.code_of("ada", NOW), "The code is not grace's of this moment"),
        (
            "grace",
            PEOPLE.code_of("grace", NOW - timedelta(minutes=5)),
            "The code is not grace's of this moment",
        ),
    ],
)
def test_nobody_else_can_answer(by: str, code: str, told: str) -> None:
    question = a_question()

    with pytest.raises((Refused, BadInput), match=told):
        question.take(said(by, code=code), given_in="dr", now=NOW)

    assert question.answer() is None


def test_a_code_counts_once() -> None:
    """Whoever read it over a shoulder can not approve another operation with it."""
    stores = [FakeStore(place) for place in PLACES]
    a_question(stores).take(said(), given_in="dr", now=NOW)

    with pytest.raises(Refused, match="grace's code was used already"):
        a_question(stores, id="failover-2").take(said(), given_in="dr", now=NOW)


def test_the_first_answer_counts() -> None:
    question = a_question()
    first = question.take(said("ada", Decision.REFUSE), given_in="dr", now=NOW)

    second = question.take(said(code=PEOPLE.code_of("grace", LATER)), given_in="dr", now=LATER)

    assert second == first
    assert question.answer() == first


def test_a_code_is_in_no_text() -> None:
    """A message or a log that shows what was said shows no code."""
    assert PEOPLE.code_of("grace", NOW) not in repr(said())
