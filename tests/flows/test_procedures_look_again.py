"""A failback or a restore that is gone on with looks again before it lets anybody in: hours may have passed."""

from collections.abc import Callable, Sequence

import pytest
from mortal import PLACES, Killed, Process, Stopping
from replaced import a_release
from returning import EAST, WEST, rows, with_unsent, writes
from returning import journal_of as failback_of

from recovery import operation_journal
from recovery.errors import BackingOut, Unavailable
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.journal import Event, Kind, find

Make = Callable[..., FakeEstate]
Flow = Callable[..., str]
DRIFTED = ("30",)


def killed_after(make: Make, operation: str, step: str) -> tuple[FakeEstate, Process]:
    """Return an estate on which the operation's first process dies once that step is done."""
    process, said = Process(), set[bytes]()
    dies = f'"operation":"{operation}","step":"{step}","region":"{EAST}","kind":"done"'.encode()
    process.stores = [Stopping(place, process, said, dies=dies) for place in PLACES]
    return make(process.stores), process


def starts_anew(estate: FakeEstate, region: str) -> None:
    """Have a region's hosts come up again, open: what closed them was in memory."""
    place = estate.world.places[region]
    place.fenced = place.shut_out = place.cache_fenced = False
    estate.world.changed()


@pytest.fixture
def half_way(make_estate: Make, leave: Flow, bring_back: Flow) -> FakeEstate:
    """A failback that has proved that nothing differs, and whose process died before it opened the region."""
    estate, process = killed_after(make_estate, "failback-2", "prove_alike")
    with_unsent(estate, leave)
    with pytest.raises(Killed):
        bring_back(estate)
    process.lives()
    return estate


def looked_again(events: Sequence[Event]) -> list[str | None]:
    return [event.step for event in events if event.data.get("looks_again") is True]


def test_a_region_that_came_up_open_is_closed_before_all_else(half_way: FakeEstate, bring_back: Flow) -> None:
    starts_anew(half_way, EAST)
    fences = half_way.region(EAST).gateway.log.count("fence")

    bring_back(half_way)

    assert half_way.region(EAST).gateway.log.count("fence") == fences + 1
    assert looked_again(failback_of(half_way)) == [
        "keep_fenced",
        "is_back",
        "replicate_both_ways",
        "follow_cache",
        "prove_alike",
    ]


def test_a_region_is_not_opened_while_the_other_one_does_not_hear_it(
    half_way: FakeEstate, bring_back: Flow
) -> None:
    """Customers in both would write what the other one never gets."""
    half_way.world.places[WEST].stopped_at = wall_clock()

    bring_back(half_way)

    assert half_way.region(WEST).follows


def test_what_differs_by_now_is_found_before_the_first_customer(
    half_way: FakeEstate, bring_back: Flow
) -> None:
    writes(half_way, WEST, (DRIFTED, "west's"), at=wall_clock())

    try:
        bring_back(half_way)
    except BackingOut:
        assert not half_way.region(EAST).accepts_writes
    else:
        east, west = rows(half_way)
        assert east == west


def test_a_serving_region_that_failed_meanwhile_leaves_the_other_one_fenced(
    half_way: FakeEstate, bring_back: Flow
) -> None:
    half_way.region(WEST).gateway.sick = True

    with pytest.raises(BackingOut, match=f"{WEST}'s services answer"):
        bring_back(half_way)

    assert not half_way.region(EAST).accepts_writes
    assert find(failback_of(half_way), Kind.BACKED_OUT)


def restore_of(estate: FakeEstate) -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, "restore-1")


def test_regions_that_came_up_open_are_closed_before_their_clusters_are_replaced(
    make_estate: Make, restore: Flow
) -> None:
    """What customers wrote there would be replaced; where the sequences stood is known from before."""
    estate, process = killed_after(make_estate, "restore-1", "close_regions")
    bad = a_release(estate)
    with pytest.raises(Killed):
        restore(estate, scope="two region", before_transaction=bad)
    process.lives()
    starts_anew(estate, EAST)
    open_at_replacing = list[bool]()
    estate.copies[EAST].replacement.meanwhile(
        "detach", lambda: open_at_replacing.append(estate.region(EAST).accepts_writes)
    )
    estate.region(EAST).database.fails("sequences", Unavailable("no answer"))

    restore(estate, scope="two region", before_transaction=bad)

    closed = [e for e in restore_of(estate) if (e.kind, e.step) == (Kind.DONE, "close_regions")]
    kept = [one["region"] for one in closed[-1].data["result"]["sequences"]]
    assert open_at_replacing[:1] == [False]
    assert EAST in kept
    assert looked_again(restore_of(estate)) == ["close_regions"]
