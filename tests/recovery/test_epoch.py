"""The epoch: one operation of an estate holds it from open to close, and a resumed one ends the process before."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count

import pytest

from recovery.epoch import Claim, Epoch, holder_of, take
from recovery.errors import EpochHeld, Superseded, Unavailable
from recovery.fakes.stores import FakeStore
from recovery.quorum import Quorum

ESTATE = "eden"
PROCESS = count()


def three() -> list[FakeStore]:
    return [FakeStore(place) for place in ("east", "west", "witness")]


def a_quorum(stores: Sequence[FakeStore], *, deadline_s: float = 5.0) -> Quorum:
    return Quorum(stores, deadline_s=deadline_s)


def a_claim(operation: str) -> Claim:
    return Claim(
        operation=operation, holder=f"sre@host:{next(PROCESS)}", since=datetime(2026, 3, 1, tzinfo=UTC)
    )


def a_taken(stores: Sequence[FakeStore], operation: str) -> Epoch:
    return take(a_quorum(stores), ESTATE, a_claim(operation))


def doubled(store: FakeStore, *, before: Callable[[str], None]) -> FakeStore:
    """The same store, with something that happens before each of its calls."""
    double = FakeStore(store.place, before=before)
    double.objects = store.objects
    return double


def announcement(claim: Claim, number: int) -> tuple[str, bytes]:
    return f"estates/{ESTATE}/epoch/{number:08d}", claim.model_dump_json().encode()


def left_behind(stores: Sequence[FakeStore], claim: Claim, number: int) -> None:
    """What a process killed while it announced its claim leaves at these stores."""
    for store in stores:
        store.put_new(*announcement(claim, number))


def test_the_first_epoch_is_one_and_the_next_is_greater() -> None:
    stores = three()
    first = a_taken(stores, "first")
    first.close()

    assert first.number == 1
    assert a_taken(stores, "second").number > 1


def test_the_second_operation_is_told_who_holds_the_estate_since_when() -> None:
    stores = three()
    a_taken(stores, "first")

    with pytest.raises(EpochHeld, match=r"held by operation first since 2026-03-01 00:00:00 .*sre@host"):
        a_taken(stores, "second")

    held_by = holder_of(a_quorum(stores), ESTATE)
    assert held_by is not None
    assert held_by.operation == "first"


def test_a_refused_operation_disturbs_nobody() -> None:
    stores = three()
    held = a_taken(stores, "first")

    with pytest.raises(EpochHeld):
        a_taken(stores, "second")

    held.prove()


def test_a_closed_epoch_frees_the_estate() -> None:
    stores = three()
    epoch = a_taken(stores, "first")

    epoch.close()
    epoch.close()

    assert holder_of(a_quorum(stores), ESTATE) is None
    a_taken(stores, "second").prove()


def test_a_closed_epoch_proves_nothing() -> None:
    epoch = a_taken(three(), "first")
    epoch.close()

    with pytest.raises(Superseded, match="Epoch 1 of eden is over: it was closed"):
        epoch.prove()


def test_a_close_that_reached_one_store_ends_the_epoch_for_its_own_process() -> None:
    """Others may have seen that one store, and may hold the estate already."""
    stores = three()
    epoch = a_taken(stores, "first")
    stores[0].down = stores[1].down = True
    with pytest.raises(Unavailable):
        epoch.close()
    stores[0].down = stores[1].down = False

    with pytest.raises(Superseded, match="it was closed"):
        epoch.prove()


def test_a_close_that_reached_one_store_is_repeated() -> None:
    stores = three()
    epoch = a_taken(stores, "first")
    stores[0].down = stores[1].down = True
    with pytest.raises(Unavailable):
        epoch.close()
    stores[0].down = stores[1].down = False

    epoch.close()

    stores[2].down = True
    assert holder_of(a_quorum(stores), ESTATE) is None


def test_a_resumed_operation_ends_the_process_before() -> None:
    stores = three()
    older = a_taken(stores, "first")

    newer = a_taken(stores, "first")

    newer.prove()
    with pytest.raises(Superseded, match="epoch 2 was taken by another process, of first"):
        older.prove()


def test_a_process_stays_ended_when_the_one_after_it_has_closed() -> None:
    stores = three()
    older = a_taken(stores, "first")
    a_taken(stores, "first").close()

    with pytest.raises(Superseded, match="epoch 2 was closed"):
        older.prove()


def test_a_process_stays_ended_whichever_majority_answers_first() -> None:
    """The close reached the east alone: the first answer is without it, the second with it.

    Taken together they once read as "that newer epoch is over, so mine is the newest".
    """
    stores = three()
    seen_by_older = [doubled(store, before=lambda _: None) for store in stores]
    older = a_taken(seen_by_older, "first")
    newer = a_taken(stores, "first")
    stores[1].down = stores[2].down = True
    with pytest.raises(Unavailable):
        newer.close()
    seen_by_older[0] = doubled(
        stores[0], before=lambda verb: setattr(seen_by_older[0], "down", verb == "keys")
    )
    seen_by_older[2] = doubled(
        stores[2], before=lambda verb: setattr(seen_by_older[2], "down", verb == "read")
    )
    same = Epoch(a_quorum(seen_by_older), ESTATE, older.number, claim=a_claim("first"))

    with pytest.raises(Superseded, match="epoch 2 was closed"):
        same.prove()


def test_closing_an_older_epoch_frees_nothing() -> None:
    """A process that was superseded ends late, and closes what it held."""
    stores = three()
    older = a_taken(stores, "first")
    newer = a_taken(stores, "first")

    older.close()

    newer.prove()
    with pytest.raises(EpochHeld):
        a_taken(stores, "second")


def test_a_claim_by_hand_ends_the_tool_s_epoch() -> None:
    """The runbook's first step: a person who takes the next epoch at two stores stops the tool."""
    stores = three()
    epoch = take(a_quorum(stores, deadline_s=0.05), ESTATE, a_claim("first"))
    left_behind(stores[:2], a_claim("by-hand"), 2)

    with pytest.raises(Superseded, match="epoch 2 was taken by another process, of by-hand"):
        epoch.prove()


def test_without_a_majority_nothing_is_taken_or_proved() -> None:
    stores = three()
    epoch = a_taken(stores, "first")
    stores[0].down = stores[1].down = True

    with pytest.raises(Unavailable, match="Nothing may be done without the journal"):
        epoch.prove()
    with pytest.raises(Unavailable):
        a_taken(stores, "first")


@pytest.mark.parametrize("away", range(3))
def test_one_store_may_be_away_from_taking_to_closing(away: int) -> None:
    stores = three()
    stores[away].down = True
    epoch = a_taken(stores, "first")
    epoch.prove()
    epoch.close()

    stores[away].down = False

    a_taken(stores, "second").prove()


def test_an_object_that_is_no_claim_is_told() -> None:
    stores = three()
    for store in stores:
        store.put_new(f"estates/{ESTATE}/epoch/00000001", b"{}")

    with pytest.raises(Unavailable, match="epoch/00000001 is no claim of an epoch"):
        a_taken(stores, "first")
