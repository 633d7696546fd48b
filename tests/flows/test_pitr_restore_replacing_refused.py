"""Restores that would replace clusters, refused before anything is fetched: what can not be exchanged, or reached."""

from collections.abc import Callable

import pytest
from replaced import EAST, WEST, a_release, result_of, untouched

from recovery.errors import NotReady
from recovery.fakes.estate import FakeEstate

Restore = Callable[..., str]


@pytest.fixture
def released(estate: FakeEstate) -> tuple[FakeEstate, int]:
    """Two damaged regions, and the transaction that did it."""
    return estate, a_release(estate)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"same_disk": False}, "two disks"),
        ({"may_rename": False}, "its account may not"),
        ({"tablespaces": 2}, "2 tablespaces elsewhere"),
        ({"can_start": False}, "give both start and stop"),
    ],
)
def test_a_cluster_that_can_not_be_exchanged_is_refused_before_anything_is_fetched(
    released: tuple[FakeEstate, int], restore: Restore, wrong: dict[str, object], told: str
) -> None:
    estate, bad = released
    replacement = estate.copies[WEST].replacement
    replacement.swap = replacement.swap.model_copy(update=wrong)

    with pytest.raises(NotReady, match=told):
        restore(estate, scope="in place", before_transaction=bad)

    assert "fetch" not in estate.copies[WEST].scratch.log
    assert untouched(estate)


def test_a_moment_that_only_one_region_can_reach_is_refused(
    released: tuple[FakeEstate, int], restore: Restore
) -> None:
    estate, bad = released
    estate.copies[WEST].backups.backups.clear()

    with pytest.raises(NotReady, match="us-west-2 can not be restored"):
        restore(estate, scope="in place", before_transaction=bad)

    assert untouched(estate)


def test_a_region_that_was_left_is_not_put_back(
    released: tuple[FakeEstate, int], restore: Restore, leave: Callable[..., str]
) -> None:
    """After a failover the one that serves goes back alone; with both regions' writes it can not be done."""
    estate, _ = released
    estate.loses(EAST)
    leave(estate)
    moment = estate.world.clock()

    with pytest.raises(NotReady, match="us-east-1 was left by a failover"):
        restore(estate, region=WEST, scope="two region", time=moment, id="restore-2")
    restore(estate, region=WEST, scope="in place", time=moment)

    assert result_of(estate, "open_regions")["regions"] == [WEST]
    assert "put_in" not in estate.copies[EAST].replacement.log
