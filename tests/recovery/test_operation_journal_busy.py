"""A journal whose stores are slow to give it."""

from datetime import UTC, datetime
from itertools import count

from recovery.errors import Unavailable
from recovery.fakes.stores import FakeStore
from recovery.journal import Kind
from recovery.operation_journal import OperationJournal, read
from recovery.quorum import Quorum

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
PLACES = ("east", "west", "witness")


def test_a_journal_that_takes_longer_than_one_deadline_is_asked_for_again() -> None:
    """Stores that give objects one by one remember what they have fetched: the second time they are quicker."""
    reads = count(1)

    def busy(verb: str) -> None:
        if verb == "read" and next(reads) <= len(PLACES):
            raise Unavailable("no answer yet")

    written = [FakeStore(place) for place in PLACES]
    OperationJournal(Quorum(written), "failover-1", actor="ann").record(Kind.OPENED, NOON)
    asked = [FakeStore(place, before=busy) for place in PLACES]
    for store, of_before in zip(asked, written, strict=True):
        store.objects = of_before.objects

    assert [event.kind for event in read(Quorum(asked), "failover-1")] == [Kind.OPENED]
