"""Grace, who answers an operation that waits for an approval; used by the tests of approved restores and recoveries."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from recovery import operation_journal
from recovery.approval import Decision, Question, Said
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.procedures import asked_for
from recovery.waiting import wait_until


def card_of(estate: FakeEstate, operation: str) -> dict[str, str]:
    """Return what an approver is shown; empty while nothing is."""
    events = operation_journal.read(estate.outside.journal, operation)
    return next((dict(event.data["card"]) for event in events if "card" in event.data), {})


@contextmanager
def answered(estate: FakeEstate, operation: str, decision: Decision) -> Iterator[None]:
    """Have grace answer as soon as the operation waits."""

    def answer() -> None:
        wait_until(lambda: (card_of(estate, operation) or None, "no card"), what="a card", deadline_s=30)
        now, asked = wall_clock(), asked_for(operation_journal.read(estate.outside.journal, operation))
        assert asked
        question = Question(asked, estate.name, estate.outside.journal, estate.approvers)
        code = estate.approvers.code_of("grace", now)
        question.take(Said(decision=decision, by="grace", code=code, why="seen"), given_in="dr", now=now)

    other = Thread(target=answer)
    other.start()
    try:
        yield
    finally:
        other.join()
