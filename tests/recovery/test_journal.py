"""The journal's chain of hashes: what was changed after it was written shows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.journal import NO_HASH, Event, Kind, broken_link, closed_at, find, following

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def a_chain(length: int = 5) -> list[Event]:
    events: list[Event] = []
    for number in range(length):
        at = AT + timedelta(seconds=number)
        events.append(
            following(
                events,
                time=at,
                operation="op-1",
                kind=Kind.DONE,
                actor="me",
                step=f"s{number}",
                data={"n": 1},
            )
        )
    return events


def an_event(kind: Kind, **fields: object) -> Event:
    return following([], **{"time": AT, "operation": "op-1", "actor": "me", "kind": kind} | fields)


def test_a_chain_begins_with_no_hash_and_each_event_names_the_one_before() -> None:
    events = a_chain(3)

    assert [event.seq for event in events] == [1, 2, 3]
    assert [event.previous for event in events] == [NO_HASH, events[0].hash, events[1].hash]
    assert broken_link(events) is None


def test_an_event_survives_its_json() -> None:
    event = a_chain(1)[0]

    again = Event.model_validate_json(event.to_json())

    assert again == event
    assert again.hash == again.digest()


FLIPS: dict[str, object] = {
    "time": AT + timedelta(days=1),
    "operation": "op-2",
    "step": "other",
    "region": "mars",
    "kind": Kind.FAILED,
    "actor": "you",
    "epoch": 9,
    "data": {"n": 2},
    "previous": "f" * 64,
    "hash": "f" * 64,
    "seq": 99,
}


@pytest.mark.parametrize("field", Event.model_fields)
def test_no_field_can_be_changed(field: str) -> None:
    """A new field of an event is covered by the hash, or this fails."""
    events = a_chain()

    events[2] = events[2].model_copy(update={field: FLIPS[field]})

    assert broken_link(events) == events[2].seq


def test_an_event_that_was_sealed_again_breaks_the_next() -> None:
    events = a_chain()

    events[2] = events[2].model_copy(update={"data": {"n": 2}}).sealed()

    assert broken_link(events) == 4


CHANGES: dict[str, tuple[Callable[[list[Event]], list[Event]], int]] = {
    "the first taken out": (lambda events: events[1:], 2),
    "one taken out": (lambda events: events[:2] + events[3:], 4),
    "two swapped": (lambda events: [events[0], events[2], events[1], *events[3:]], 3),
    "one twice": (lambda events: [*events[:2], events[1], *events[2:]], 2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_order_is_detected(change: str) -> None:
    changed, first = CHANGES[change]

    assert broken_link(changed(a_chain())) == first


def test_a_cut_end_is_not_detected_by_the_chain() -> None:
    """No chain can tell: that the end is there, a majority of the stores must say."""
    assert broken_link(a_chain()[:3]) is None


@given(st.permutations(range(4)))
def test_only_the_written_order_is_whole(order: list[int]) -> None:
    events = a_chain(4)

    assert (broken_link([events[place] for place in order]) is None) == (order == sorted(order))


def test_the_newest_event_of_a_step_and_region_is_found() -> None:
    first = an_event(Kind.DONE, step="fence", region="us-east-1", data={"n": 1})
    second = an_event(Kind.DONE, step="fence", region="us-east-1", data={"n": 2})
    other = an_event(Kind.DONE, step="fence", region="us-west-2")

    assert find([first, second, other], Kind.DONE, step="fence", region="us-east-1") == second
    assert find([first, second, other], Kind.DONE, step="fence") is None


@pytest.mark.parametrize("kind", Kind)
def test_only_a_close_or_a_finished_back_out_ends_an_operation(kind: Kind) -> None:
    ends = kind in {Kind.CLOSED, Kind.BACKED_OUT}

    assert closed_at([an_event(Kind.OPENED), an_event(kind)]) == (AT if ends else None)
