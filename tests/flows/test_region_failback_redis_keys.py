"""The keys of Redis are compared before the first customer: a follower is a copy by its own account alone."""

import pytest
from returning import EAST, WEST, Flow, came_back, is_fenced, report_of

from recovery.errors import NotReady, Refused
from recovery.fakes.cache_keys import Held
from recovery.fakes.estate import FakeEstate

pytestmark = pytest.mark.usefixtures("unorchestrated")


def test_the_proof_tells_that_keys_are_alike(estate: FakeEstate, leave: Flow, bring_back: Flow) -> None:
    came_back(estate, leave)
    for region in (EAST, WEST):
        estate.region(region).keys.held[b"cart:1"] = Held(b"three apples")

    bring_back(estate)

    alike = report_of(estate).alike
    assert alike
    assert alike.redis_keys == "1 keys of Redis were compared, and 0 differ"


def test_keys_that_differ_keep_the_region_closed(estate: FakeEstate, leave: Flow, bring_back: Flow) -> None:
    """Its Redis says that it follows, and has not what the other one has."""
    came_back(estate, leave)
    estate.region(WEST).keys.held[b"cart:1"] = Held(b"three apples")

    with pytest.raises(NotReady, match=r"Redis: 1 of .* keys have drifted"):
        bring_back(estate)

    assert is_fenced(estate)


def test_keys_that_can_not_be_compared_are_told_and_hold_nothing_up(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """Its own account stands: that it follows, and how far."""
    came_back(estate, leave)
    estate.region(EAST).keys.fails("walk", Refused("NOPERM no permissions to run the 'eval' command"))

    bring_back(estate)

    alike = report_of(estate).alike
    assert alike
    assert alike.redis_keys == (
        "the keys of Redis were not compared: NOPERM no permissions to run the 'eval' command"
    )
