"""A store that has missed events, or lost them all, is given them; nothing else is written."""

from collections.abc import Callable
from datetime import UTC, datetime

from recovery.fakes.stores import FakeStore
from recovery.journal import Kind
from recovery.operation_journal import OperationJournal, fill, read
from recovery.quorum import Quorum

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
OPERATION = "failover-20261127-120000-ab12"
EVENTS = 5


class Stores:
    """Three stores with the events of one operation, and how often each was written to since."""

    def __init__(self) -> None:
        self.written = {"east": 0, "west": 0, "witness": 0}
        self.east, self.west, self.witness = (
            FakeStore(place, before=self._of(place)) for place in self.written
        )
        self.quorum = Quorum([self.east, self.west, self.witness])
        journal = OperationJournal(self.quorum, OPERATION, actor="ann")
        journal.go_on(1)
        for _ in range(EVENTS):
            journal.record(Kind.NOTED, NOON)
        fill(self.quorum)
        self.written.update(dict.fromkeys(self.written, 0))

    def _of(self, place: str) -> Callable[[str], None]:
        def called(verb: str) -> None:
            self.written[place] += verb.startswith("put")

        return called


def test_a_store_that_came_back_empty_has_all_events_again_and_no_other_is_written_to() -> None:
    stores = Stores()
    stores.east.objects.clear()

    lacking = fill(stores.quorum)

    assert lacking == EVENTS
    assert stores.east.objects == stores.west.objects
    assert stores.written == {"east": EVENTS, "west": 0, "witness": 0}
    assert fill(stores.quorum) == 0


def test_what_each_of_two_stores_lacks_they_are_given() -> None:
    stores = Stores()
    first, *_, last = sorted(stores.east.objects)
    del stores.east.objects[first], stores.west.objects[last]

    lacking = fill(stores.quorum)

    assert lacking == 2
    assert stores.east.objects == stores.west.objects == stores.witness.objects
    assert stores.written == {"east": 1, "west": 1, "witness": 0}


def test_a_copy_that_was_changed_is_given_to_nobody() -> None:
    stores = Stores()
    key = max(stores.east.objects)
    del stores.east.objects[key]
    stores.west.objects[key] = stores.west.objects[key].replace(b'"ann"', b'"eve"')

    fill(stores.quorum)

    assert stores.east.objects[key] == stores.witness.objects[key]
    assert len(read(stores.quorum, OPERATION)) == EVENTS


def test_a_store_that_does_not_answer_is_left() -> None:
    stores = Stores()
    stores.east.objects.clear()
    stores.west.down = True

    assert fill(stores.quorum) == EVENTS
    assert stores.east.objects == stores.witness.objects
    assert stores.written["west"] == 0
