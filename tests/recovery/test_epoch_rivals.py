"""The epoch among rivals: whatever dies, arrives late or comes at the same instant, one operation holds it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from threading import Barrier

import pytest

from recovery.epoch import Claim, Epoch, give_up, take
from recovery.errors import EpochHeld, RecoveryError, Superseded, Unavailable
from recovery.fakes.stores import FakeStore
from recovery.quorum import Quorum

ESTATE = "eden"
PROCESS = count()
CALLS_OF_A_TAKE = 3
"""What one store is asked while its epoch is taken: look, announce, look."""


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


def attempt(what: Callable[[], Epoch]) -> Epoch | RecoveryError:
    try:
        return what()
    except RecoveryError as error:
        return error


def proves(epoch: Epoch) -> bool:
    try:
        epoch.prove()
    except Superseded:
        return False
    return True


def test_a_claim_without_a_majority_blocks_nobody() -> None:
    stores = three()
    left_behind(stores[:1], a_claim("died"), 1)

    epoch = a_taken(stores, "second")

    epoch.prove()
    assert epoch.number == 2


def test_a_claim_without_a_majority_ends_no_epoch() -> None:
    """A rival that died while it announced its claim stops nobody who holds the estate."""
    stores = three()
    epoch = a_taken(stores, "first")
    left_behind(stores[:1], a_claim("died"), 2)

    epoch.prove()


def test_a_claim_that_may_have_a_majority_holds() -> None:
    """With a store away nobody knows whether the dead process won; its own operation may go on."""
    stores = three()
    left_behind(stores[:1], a_claim("first"), 1)
    stores[2].down = True

    with pytest.raises(EpochHeld, match="first"):
        a_taken(stores, "second")

    a_taken(stores, "first").prove()


def test_three_different_claims_at_one_number_are_void() -> None:
    stores = three()
    for store, operation in zip(stores, ("died", "also-died", "died-too"), strict=True):
        left_behind([store], a_claim(operation), 1)

    assert a_taken(stores, "fourth").number == 2


def test_a_void_claim_stays_void_once_a_later_epoch_was_closed() -> None:
    """Its late write makes a majority long after: it must not block the estate then."""
    stores = three()
    dead = a_claim("died")
    left_behind(stores[:1], dead, 1)
    a_taken(stores, "second").close()

    left_behind(stores, dead, 1)

    a_taken(stores, "third").prove()


def test_a_claim_that_completes_late_does_not_hold() -> None:
    """It has no majority when the second operation looks, and gets it just afterwards.

    Before there was a second look, the second operation passed the claim over as void
    while its process went on to hold it: both held.
    """
    stores, second = three(), list[Epoch]()

    def meanwhile(verb: str) -> None:
        if verb == "put_new" and not second:
            stores[0].put_new(*announcement(late, 1))
            second.append(a_taken(stores, "second"))

    late = a_claim("late")
    seen_by_late = [stores[0], doubled(stores[1], before=meanwhile), FakeStore("witness")]
    seen_by_late[2].down = True

    with pytest.raises(EpochHeld, match="second"):
        take(a_quorum(seen_by_late), ESTATE, late)

    second[0].prove()


def test_a_person_gives_up_the_dead_where_two_stand() -> None:
    """Both processes died, the second one between its announcement and its look: neither can be resumed."""
    stores = three()
    held = a_taken(stores, "first")
    left_behind(stores, a_claim("rival"), 2)
    for operation in ("first", "rival"):
        with pytest.raises(EpochHeld):
            a_taken(stores, operation)

    give_up(a_quorum(stores), ESTATE, "rival")
    a_taken(stores, "first").close()

    a_taken(stores, "second").prove()
    assert not proves(held)


def test_an_operation_that_was_given_up_proves_nothing() -> None:
    stores = three()
    held = a_taken(stores, "first")

    give_up(a_quorum(stores), ESTATE, "first")

    with pytest.raises(Superseded, match="its operation was given up"):
        held.prove()


def test_a_lost_reply_wins_nothing_and_blocks_nobody() -> None:
    """The writes arrived, the answers did not: the process gives up, and takes its claim back."""
    stores = three()
    for store in stores:
        store.loses_replies = True
    with pytest.raises(Unavailable):
        a_taken(stores, "first")
    for store in stores:
        store.loses_replies = False

    a_taken(stores, "second").prove()


def test_writes_that_arrive_after_they_were_given_up_block_nobody() -> None:
    stores = three()
    for store in stores:
        store.late = True
    with pytest.raises(Unavailable):
        a_taken(stores, "first")
    for store in stores:
        store.late = False
        store.deliver()

    a_taken(stores, "second").prove()


@pytest.mark.parametrize("race", range(50))
def test_of_two_operations_that_race_one_holds(race: int) -> None:
    """With every store up in the even races, and one away in the odd ones: a region is lost then."""
    stores = three()
    stores[race % 3].down = bool(race % 2)
    start = Barrier(2)

    def contend(operation: str) -> object:
        start.wait()
        return attempt(lambda: a_taken(stores, operation))

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(contend, ("alert", "person")))

    winners = [epoch for epoch in outcomes if isinstance(epoch, Epoch)]
    assert [type(outcome) for outcome in outcomes].count(EpochHeld) == 1
    assert len(winners) == 1
    winners[0].prove()


@pytest.mark.parametrize("call", range(1, CALLS_OF_A_TAKE + 1))
@pytest.mark.parametrize("where", range(3))
@pytest.mark.parametrize("operation", ["first", "second"])
def test_whoever_comes_between_two_calls_only_one_holds(call: int, where: int, operation: str) -> None:
    """A whole take, of another operation or of the same one, happens inside one call of the first.

    The first can not reach one store, so that it waits for the call.
    """
    stores, calls, between = three(), count(1), list[object]()

    def interrupted(_verb: str) -> None:
        if next(calls) == call:
            between.append(attempt(lambda: a_taken(stores, operation)))

    seen_by_first = [*stores]
    seen_by_first[where] = doubled(stores[where], before=interrupted)
    seen_by_first[where - 1] = FakeStore(stores[where - 1].place)
    seen_by_first[where - 1].down = True

    outcome = attempt(lambda: a_taken(seen_by_first, "first"))

    held = [epoch for epoch in [outcome, *between] if isinstance(epoch, Epoch) and proves(epoch)]
    assert len(between) == 1
    assert len(held) == 1
