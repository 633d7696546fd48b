"""Whether a region was left, as a guard reads it: from the point of no return until a failback has opened it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from leaving import (
    BACKED_OUT,
    BACKING_OUT,
    BEGUN,
    CLOSED,
    EAST,
    NO_RETURN,
    NOON,
    OPENS,
    WEST,
    Happening,
    Leaving,
)

from recovery.epoch import Claim, take
from recovery.errors import Unavailable
from recovery.estate import EstateFile
from recovery.journal import Kind
from recovery.left_hosts import Moved, leave
from recovery.operation_journal import OperationJournal
from recovery.region_standing import Asking, Standing


@pytest.fixture
def file(estate_values: dict[str, Any]) -> EstateFile:
    return EstateFile.from_values(estate_values, name="estate.yaml")


@pytest.fixture
def journal(file: EstateFile) -> Leaving:
    return Leaving(file.settings.estate)


@pytest.fixture
def asking(file: EstateFile, journal: Leaving) -> Asking:
    return Asking(file, journal.quorum, EAST)


def test_a_region_that_no_operation_has_left_is_open(asking: Asking) -> None:
    assert asking.ask() == Standing(may_serve=True, why="no operation has left it")


@pytest.mark.parametrize(
    "happenings",
    [(NO_RETURN,), (NO_RETURN, CLOSED)],
    ids=["under way", "ended, or given up: the other region has taken over"],
)
def test_a_failover_past_its_point_of_no_return_closes_the_region(
    journal: Leaving, asking: Asking, happenings: Sequence[Happening]
) -> None:
    name = journal.failover(*happenings)

    assert asking.ask() == Standing(
        may_serve=False, why=f"left by {name}, and no failback has opened it since", left_by=name
    )


@pytest.mark.parametrize(
    "happenings",
    [(), ((Kind.STARTED, "fence"),), (BACKING_OUT,), (BACKING_OUT, BACKED_OUT), (CLOSED,)],
    ids=["opened", "fencing", "backing out", "backed out", "given up"],
)
def test_a_failover_before_its_point_of_no_return_does_not(
    journal: Leaving, asking: Asking, happenings: Sequence[Happening]
) -> None:
    """Its own fence holds, and a back-out has the region serve again at once."""
    journal.failover(*happenings)

    assert asking.ask().may_serve


@pytest.mark.parametrize(
    "happenings",
    [(), ((Kind.STARTED, "fence"),), (BACKING_OUT,)],
    ids=["opened", "fencing", "backing out"],
)
def test_who_holds_the_estate_to_leave_the_region_is_told(
    file: EstateFile, journal: Leaving, asking: Asking, happenings: Sequence[Happening]
) -> None:
    """Until the estate is free: an end that one store has may not be found by whoever goes on with it."""
    name = journal.failover(*happenings)

    assert asking.ask().leaving == name
    assert Asking(file, journal.quorum, WEST).ask().leaving is None


@pytest.mark.parametrize("happenings", [(CLOSED,), (BACKING_OUT, BACKED_OUT)], ids=["given up", "backed out"])
def test_nobody_leaves_a_region_once_the_estate_is_free(
    journal: Leaving, asking: Asking, happenings: Sequence[Happening]
) -> None:
    journal.failover()
    assert asking.ask().leaving
    journal.ends(*happenings)

    assert asking.ask().leaving is None


def test_an_end_counts_once_the_estate_is_free(journal: Leaving, asking: Asking) -> None:
    """Its process died in between: whoever goes on may not find what one store has, and take over."""
    name = journal.failover(BACKING_OUT)
    running = OperationJournal(journal.quorum, name, actor="ann")
    running.go_on(1)
    running.record(Kind.BACKED_OUT, NOON)

    assert asking.ask().leaving == name


def test_a_failback_leaves_nothing(journal: Leaving, asking: Asking) -> None:
    journal.failback(BEGUN, of=journal.failover(NO_RETURN, CLOSED))

    assert asking.ask().leaving is None


def test_one_that_has_recorded_nothing_yet_may_leave_either_region(
    file: EstateFile, journal: Leaving, asking: Asking
) -> None:
    """By hand there is never more, up to the object that tells which one was left."""
    name = "failover-by-hand-20261126-120000"
    take(journal.quorum, file.settings.estate, Claim(operation=name, holder="ann", since=NOON))
    west = Asking(file, journal.quorum, WEST)
    assert (asking.ask().leaving, west.ask().leaving) == (name, name)

    journal.quorum.put_new(f"estates/{file.settings.estate}/left/{EAST}/{name}", b"")

    assert not asking.ask().may_serve
    assert west.ask().leaving is None


def test_the_region_that_took_over_is_open(file: EstateFile, journal: Leaving) -> None:
    name = journal.failover(NO_RETURN, CLOSED)

    assert Asking(file, journal.quorum, WEST).ask() == Standing(may_serve=True, why=f"it took over in {name}")


@pytest.mark.parametrize(
    ("happenings", "is_open"),
    [
        ((), False),
        ((BEGUN,), False),
        ((BEGUN, OPENS), True),
        ((BEGUN, OPENS, BACKING_OUT), False),
        ((BEGUN, OPENS, BACKING_OUT, BACKED_OUT), False),
        ((BEGUN, OPENS, (Kind.NOTED, "return_traffic"), BACKING_OUT, BACKED_OUT), True),
        ((BEGUN, OPENS, CLOSED), True),
        ((BEGUN, OPENS, NO_RETURN), True),
        ((BEGUN, OPENS, NO_RETURN, CLOSED), True),
    ],
    ids=[
        "opened",
        "fenced",
        "opening",
        "backing out",
        "backed out",
        "backed out, with its customers held there",
        "given up once it was open",
        "past its point of no return",
        "ended",
    ],
)
def test_a_failback_opens_it_from_the_step_that_does_until_it_is_backed_out(
    journal: Leaving, asking: Asking, happenings: Sequence[Happening], *, is_open: bool
) -> None:
    """Its own checks and its first customers need the region open, long before the operation ends."""
    left_by = journal.failover(NO_RETURN, CLOSED)
    journal.failback(*happenings, of=left_by, ended="held")

    told = asking.ask()

    assert (told.may_serve, told.left_by) == (is_open, None if is_open else left_by)


def test_of_two_failbacks_the_later_one_tells(journal: Leaving, asking: Asking) -> None:
    """The first was given up with the region open; the second has closed it, and put that back."""
    left_by = journal.failover(NO_RETURN, CLOSED)
    journal.failback(BEGUN, OPENS, CLOSED, of=left_by)
    second = journal.failback(BEGUN, BACKING_OUT, BACKED_OUT, of=left_by)

    assert asking.ask().why == f"left by {left_by}, and {second} was backed out"


def test_a_region_that_is_left_again_is_closed_again(journal: Leaving, asking: Asking) -> None:
    journal.failback(BEGUN, OPENS, NO_RETURN, CLOSED, of=journal.failover(NO_RETURN, CLOSED))
    again = journal.failover(NO_RETURN, CLOSED)

    assert asking.ask().left_by == again


def test_a_region_that_a_person_has_opened_is_open_until_it_is_left_again(
    file: EstateFile, journal: Leaving, asking: Asking
) -> None:
    """By hand there is no journal: runbooks/region_failback.md writes an object named after what had left it."""
    left_by = journal.failover(NO_RETURN, CLOSED)
    assert not asking.ask().may_serve

    journal.quorum.put_new(f"estates/{file.settings.estate}/opened/{EAST}/{left_by}", b"")

    assert asking.ask() == Standing(may_serve=True, why=f"a person has opened it again after {left_by}")
    again = journal.failover(NO_RETURN, CLOSED)
    assert asking.ask().left_by == again


def test_a_region_that_a_person_has_left_is_closed_until_a_person_opens_it(
    file: EstateFile, journal: Leaving, asking: Asking
) -> None:
    """By runbooks/region_failover.md, which writes no journal either."""
    name, folder = "failover-by-hand-20261126-120000", f"estates/{file.settings.estate}"
    assert asking.ask().may_serve

    journal.quorum.put_new(f"{folder}/left/{EAST}/{name}", b"")
    closed = asking.ask()
    journal.quorum.put_new(f"{folder}/opened/{EAST}/{name}", b"")

    assert closed == Standing(may_serve=False, why=f"left by hand, by {name}", left_by=name)
    assert asking.ask().may_serve


def test_a_failback_opens_what_a_person_helped_to_leave(
    file: EstateFile, journal: Leaving, asking: Asking
) -> None:
    """A person took the operation over by hand, and the tool ended it after all."""
    name = journal.failover(NO_RETURN, CLOSED)
    journal.quorum.put_new(f"estates/{file.settings.estate}/left/{EAST}/{name}", b"")
    assert not asking.ask().may_serve

    journal.failback(BEGUN, OPENS, of=name)

    assert asking.ask().may_serve


def test_the_hosts_that_an_estate_has_moved_away_from_are_closed(
    file: EstateFile, journal: Leaving, asking: Asking
) -> None:
    """Both regions were lost and rebuilt in a third place: what comes back is a zombie, both of it."""
    assert asking.ask().may_serve

    leave(
        journal.quorum,
        file.settings.estate,
        Moved(operation="recover-1", at=NOON, clusters={EAST: "elsewhere:5432"}),
    )

    told = asking.ask()
    assert not told.may_serve
    assert "names hosts that were left: recover-1 has moved the estate" in told.why


def test_no_majority_is_no_answer(journal: Leaving, asking: Asking) -> None:
    asking.ask()
    for store in journal.stores[:2]:
        store.down = True

    with pytest.raises(Unavailable, match="Too few of the journal's 3 stores answered"):
        asking.ask()


def test_one_store_less_changes_nothing(journal: Leaving, asking: Asking) -> None:
    name = journal.failover(NO_RETURN, CLOSED)
    journal.stores[0].down = True

    assert asking.ask().left_by == name


def test_in_quiet_hours_it_costs_one_listing_a_store(journal: Leaving, asking: Asking) -> None:
    journal.failover(NO_RETURN, CLOSED)
    asking.ask()
    journal.reads.clear()

    asking.ask()

    assert set(journal.reads) == {"keys"}
    assert len(journal.reads) <= len(journal.stores)


def test_while_an_operation_holds_the_estate_each_asking_sees_its_newest_event(
    journal: Leaving, asking: Asking
) -> None:
    """The estate's keys stay the same all through it."""
    name = journal.failover()
    assert asking.ask().may_serve

    running = OperationJournal(journal.quorum, name, actor="ann")
    running.go_on(1)
    running.record(Kind.POINT_OF_NO_RETURN, NOON)

    assert asking.ask() == replace(asking.ask(), may_serve=False, left_by=name)


def test_while_an_operation_holds_the_estate_the_journals_of_others_are_not_listed(
    journal: Leaving, asking: Asking
) -> None:
    """There are more of them every quarter: their keys would be read every second, by each region's guard."""
    journal.failback(BEGUN, OPENS, NO_RETURN, CLOSED, of=journal.failover(NO_RETURN, CLOSED))
    journal.failover()
    asking.ask()
    journal.reads.clear()

    asking.ask()

    assert 0 < journal.reads.count("keys") <= len(journal.stores)


def test_an_operation_that_has_taken_its_epoch_and_recorded_nothing_yet_is_not_missed(
    file: EstateFile, journal: Leaving, asking: Asking
) -> None:
    """The guard looks between the two, and the estate's keys stay the same from then on."""
    name = "failover-20261126-130000-ab12"
    epoch = take(journal.quorum, file.settings.estate, Claim(operation=name, holder="ann", since=NOON))
    assert asking.ask().may_serve

    running = OperationJournal(journal.quorum, name, actor="ann")
    running.go_on(epoch.number)
    running.record(Kind.OPENED, NOON, data={"source": EAST})
    running.record(Kind.POINT_OF_NO_RETURN, NOON)

    assert asking.ask().left_by == name
