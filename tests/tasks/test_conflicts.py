"""Conflicts of both regions are collected at once, and told apart."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from prefect import flow
from quick_estate import EAST, WEST

from recovery.errors import BadInput, Unavailable
from recovery.fakes.estate import FakeEstate
from recovery.reconcile.conflicts import OWN, Conflict, ConflictKind, LogPlace, Resolution, Version
from recovery.reconcile.shapes import TableName
from tasks.conflicts import Collected, collect

pytestmark = pytest.mark.usefixtures("prefect_api")


def a_conflict(resolution: Resolution, *, age: timedelta = timedelta(0)) -> Conflict:
    at = datetime.now(UTC) - age
    return Conflict(
        logged_at=at,
        table=TableName("eden_task", "public", "orders"),
        kind=ConflictKind.UPDATE_UPDATE,
        resolution=resolution,
        key=("1",),
        local_key=("1",),
        remote=Version(at, "from_there"),
        remote_lsn="A/1",
        local=Version(at - timedelta(seconds=1), OWN),
        place=LogPlace("", 0),
    )


def collected(estate: FakeEstate) -> Collected:
    @flow(name="collects-conflicts", persist_result=False)
    def collecting() -> Collected:
        return collect(estate)

    return collecting()


def test_real_conflicts_are_counted_apart_from_rows_that_move(estate: FakeEstate) -> None:
    log = estate.region(EAST).conflicts
    for resolution in (Resolution.KEEP_LOCAL, Resolution.APPLY_REMOTE, Resolution.APPLY_REMOTE):
        log.logs(a_conflict(resolution))

    found = collected(estate).regions

    assert (found[EAST].new, found[EAST].real, found[EAST].others) == (3, 1, 2)
    assert (found[WEST].new, found[WEST].real, found[WEST].others) == (0, 0, 0)


def test_conflicts_older_than_the_window_are_kept_and_not_counted(estate: FakeEstate) -> None:
    estate.region(WEST).conflicts.logs(a_conflict(Resolution.SKIP, age=timedelta(minutes=11)))

    found = collected(estate).regions[WEST]

    assert (found.new, found.real) == (1, 0)


def test_what_was_counted_is_counted_again_within_the_window(estate: FakeEstate) -> None:
    """The count is of the window, not of the run: a repeated run says the same."""
    estate.region(EAST).conflicts.logs(a_conflict(Resolution.SKIP))

    first, second = (collected(estate).regions[EAST] for _ in range(2))

    assert (first.real, second.real) == (1, 1)
    assert (first.new, second.new) == (1, 0)


def test_a_log_that_went_unread_is_told(estate: FakeEstate) -> None:
    log = estate.region(EAST).conflicts
    collected(estate)
    log.rotates()
    log.removes("log-1")

    assert collected(estate).regions[EAST].unread == ("log-1",)


def test_one_region_is_collected_though_the_other_is_lost(estate: FakeEstate) -> None:
    estate.region(EAST).conflicts.logs(a_conflict(Resolution.SKIP))
    estate.loses(WEST)

    with pytest.raises(Unavailable, match="us-west-2"):
        collected(estate)

    assert len(estate.region(EAST).conflicts.kept) == 1


def test_an_estate_that_does_not_log_conflicts_is_refused(make_estate: Callable[..., FakeEstate]) -> None:
    silent = {"replication": {"conflict_resolution": {"logging": False}}}

    with pytest.raises(BadInput, match=r"conflict_resolution\.logging false"):
        collected(make_estate(postgres_multi_region=silent))
