"""An operation's journal: nothing recorded is lost, and a process that was superseded records nothing more."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from recovery.errors import Superseded, Unavailable
from recovery.fakes.stores import FakeStore
from recovery.journal import Event, Kind
from recovery.operation_journal import OperationJournal, operations, read
from recovery.quorum import Quorum

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FOLDER = "operations/op-1/journal/"


def three() -> list[FakeStore]:
    return [FakeStore(place) for place in ("east", "west", "witness")]


def a_process(stores: Sequence[FakeStore], *, epoch: int = 1, operation: str = "op-1") -> OperationJournal:
    journal = OperationJournal(Quorum(stores), operation, actor=f"process {epoch}")
    journal.go_on(epoch)
    return journal


def recorded(stores: Sequence[FakeStore]) -> list[str]:
    """Steps, in order, as a new process reads them."""
    return [event.step or "" for event in read(Quorum(stores), "op-1")]


def down(stores: Sequence[FakeStore], *places: str) -> None:
    for store in stores:
        store.down = store.place in places


def test_a_new_operation_has_no_events() -> None:
    assert list(OperationJournal(Quorum(three()), "op-1", actor="me").events) == []


def test_what_was_recorded_is_read_back() -> None:
    stores = three()
    journal = a_process(stores)

    event = journal.record(Kind.DONE, AT, step="fence", region="us-east-1", data={"result": 3})

    assert list(read(Quorum(stores), "op-1")) == [event]
    assert (event.actor, event.epoch, event.seq) == ("process 1", 1, 1)
    assert journal.find(Kind.DONE, step="fence", region="us-east-1") == event
    assert journal.find(Kind.DONE, step="fence", region="us-west-2") is None


@pytest.mark.parametrize("written_without", ["east", "west", "witness"])
@pytest.mark.parametrize("read_without", ["east", "west", "witness"])
def test_any_one_store_may_be_lost(written_without: str, read_without: str) -> None:
    stores = three()
    down(stores, written_without)
    journal = a_process(stores)
    for step in ("fence", "promote"):
        journal.record(Kind.DONE, AT, step=step)

    down(stores, read_without)

    assert recorded(stores) == ["fence", "promote"]


def test_a_resumed_operation_goes_on_with_the_chain() -> None:
    stores = three()
    a_process(stores).record(Kind.DONE, AT, step="fence")

    a_process(stores, epoch=2).record(Kind.DONE, AT, step="promote")

    events = read(Quorum(stores), "op-1")
    assert [(event.seq, event.epoch) for event in events] == [(1, 1), (2, 2)]
    assert events[1].previous == events[0].hash


def test_an_event_whose_answer_was_lost_is_found_once_it_is_settled() -> None:
    stores = three()
    journal = a_process(stores)
    for store in stores:
        store.loses_replies = True
    with pytest.raises(Unavailable):
        journal.record(Kind.DONE, AT, step="fence")
    for store in stores:
        store.loses_replies = False

    journal.settle()

    assert journal.find(Kind.DONE, step="fence")
    assert recorded(stores) == ["fence"]


def test_what_one_store_had_is_kept_by_a_majority() -> None:
    stores = three()
    a_process(stores[:1]).record(Kind.CLOSED, AT, step="fence")

    OperationJournal(Quorum(stores), "op-1", actor="reader").keep()

    down(stores, "east")
    assert recorded(stores) == ["fence"]


def test_a_superseded_process_is_stopped_at_its_next_record() -> None:
    stores = three()
    older = a_process(stores)
    older.record(Kind.DONE, AT, step="fence")
    a_process(stores, epoch=2).record(Kind.NOTED, AT, step="resumed")

    with pytest.raises(Superseded, match="Event 2 of op-1 was written by another process"):
        older.record(Kind.DONE, AT, step="shift")

    assert recorded(stores) == ["fence", "resumed"]


def test_what_a_superseded_process_wrote_late_does_not_count() -> None:
    """Its write was under way when the newer process read; the newer one's chain has no place for it."""
    stores = three()
    older = a_process(stores)
    older.record(Kind.DONE, AT, step="fence")
    newer = a_process(stores, epoch=2)
    older.record(Kind.DONE, AT, step="late")

    newer.record(Kind.DONE, AT, step="promote")
    newer.record(Kind.DONE, AT, step="shift")

    assert recorded(stores) == ["fence", "promote", "shift"]


def test_going_on_sees_what_was_recorded_until_the_epoch_was_taken() -> None:
    """The process before may pass the point of no return between our reading and our taking the epoch."""
    stores = three()
    older = a_process(stores)
    newer = OperationJournal(Quorum(stores), "op-1", actor="newer")
    older.record(Kind.POINT_OF_NO_RETURN, AT)

    newer.go_on(2)

    assert newer.find(Kind.POINT_OF_NO_RETURN) is not None


@pytest.mark.parametrize("lost", ["east", "west"])
def test_an_event_left_at_one_store_survives_that_store(lost: str) -> None:
    """A killed process left it at a minority; the process that goes on relies on it, so it makes it safe."""
    stores = three()
    journal = a_process(stores)
    journal.record(Kind.DONE, AT, step="fence")
    down(stores, "west", "witness")
    with pytest.raises(Unavailable):
        journal.record(Kind.DONE, AT, step="half-written")
    down(stores, "witness")

    a_process(stores, epoch=2)

    down(stores, lost)
    assert recorded(stores)[0] == "fence"
    down(stores)
    assert recorded(stores) == ["fence", "half-written"]


def test_with_a_region_lost_a_hiccup_of_another_store_does_not_end_the_operation() -> None:
    """The region's store is gone, the witness misses one call: the same process goes on.

    It used to write another event over its own half-written one, call itself superseded,
    and leave a journal that nobody could resume until the lost store was back.
    """
    stores = three()
    down(stores, "east")
    journal = a_process(stores)
    journal.record(Kind.STARTED, AT, step="fence")
    down(stores, "east", "witness")
    with pytest.raises(Unavailable):
        journal.record(Kind.DONE, AT, step="fence")
    down(stores, "east")

    journal.record(Kind.STARTED, AT, step="promote")

    assert recorded(stores) == ["fence", "fence", "promote"]
    a_process(stores, epoch=2).record(Kind.DONE, AT, step="promote")


def test_a_stale_minority_does_not_stop_a_resume() -> None:
    """The dead process left its event at the store that was away; another one was written since."""
    stores = three()
    journal = a_process(stores)
    journal.record(Kind.DONE, AT, step="fence")
    down(stores, "east", "west")
    with pytest.raises(Unavailable):
        journal.record(Kind.DONE, AT, step="stale")
    down(stores, "witness")
    a_process(stores, epoch=2).record(Kind.DONE, AT, step="promote")
    down(stores, "west")

    a_process(stores, epoch=3).record(Kind.DONE, AT, step="shift")

    down(stores)
    assert recorded(stores) == ["fence", "promote", "shift"]


def test_a_lost_reply_records_once() -> None:
    stores = three()
    journal = a_process(stores)
    for store in stores:
        store.loses_replies = True
    with pytest.raises(Unavailable):
        journal.record(Kind.DONE, AT, step="fence")
    for store in stores:
        store.loses_replies = False

    journal.record(Kind.DONE, AT, step="promote")

    assert recorded(stores) == ["fence", "promote"]


def changed(stores: Sequence[FakeStore], number: int, **fields: object) -> None:
    """Change an event in these stores, its hash left as it was."""
    for store in stores:
        key = next(key for key in store.objects if key.startswith(f"{FOLDER}{number:06d}."))
        event = Event.model_validate_json(store.objects[key])
        store.objects[key] = event.model_copy(update=fields).to_json()


def test_a_copy_changed_in_one_store_is_passed_over() -> None:
    stores = three()
    journal = a_process(stores)
    journal.record(Kind.DONE, AT, step="fence", data={"rows_lost": 7})
    everywhere(stores)

    changed(stores[:1], 1, data={"rows_lost": 0})

    assert [event.data for event in read(Quorum(stores), "op-1")] == [{"rows_lost": 7}]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_event_changed_everywhere_is_told(number: int) -> None:
    stores = three()
    journal = a_process(stores)
    for step in ("fence", "promote", "shift"):
        journal.record(Kind.DONE, AT, step=step)
    everywhere(stores)

    changed(stores, number, step="nothing")

    with pytest.raises(Unavailable, match=rf"broken: .*{number:06d}.* was changed"):
        read(Quorum(stores), "op-1")


def test_an_event_taken_out_everywhere_is_told() -> None:
    stores = three()
    journal = a_process(stores)
    for step in ("fence", "promote", "shift"):
        journal.record(Kind.DONE, AT, step=step)
    everywhere(stores)

    for store in stores:
        del store.objects[next(key for key in store.objects if key.startswith(f"{FOLDER}000002."))]

    with pytest.raises(Unavailable, match="what comes before event 3 is missing"):
        read(Quorum(stores), "op-1")


def test_another_operation_s_event_is_told() -> None:
    stores = three()
    a_process(stores, operation="op-2").record(Kind.DONE, AT, step="fence")
    everywhere(stores)
    for store in stores:
        body = next(iter(store.objects.values()))
        store.objects[f"{FOLDER}000001.00000001.json"] = body

    with pytest.raises(Unavailable, match="journal of op-1 is broken"):
        read(Quorum(stores), "op-1")


def test_an_object_that_is_no_event_is_told() -> None:
    stores = three()
    for store in stores:
        store.put_new(f"{FOLDER}000001.00000001.json", b"{")

    with pytest.raises(Unavailable, match="is no event; compare the stores"):
        read(Quorum(stores), "op-1")


def test_operations_are_those_with_a_journal() -> None:
    stores = three()
    for operation in ("op-2", "op-1"):
        a_process(stores, operation=operation).record(Kind.OPENED, AT)
    Quorum(stores).put("operations/op-3/report.json", b"{}")

    assert operations(Quorum(stores)) == ["op-1", "op-2"]


def everywhere(stores: Sequence[FakeStore]) -> None:
    """Have the same objects at every store: a write counts at two, the third may lag."""
    objects = {key: body for store in stores for key, body in store.objects.items()}
    for store in stores:
        store.objects = dict(objects)
