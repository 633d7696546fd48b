"""A Redis that was the master follows the other one, and takes over again: on fakes and on real ones."""

from collections.abc import Callable

import pytest
from situations import Situation

from lab.place import EAST, WEST
from recovery.errors import Unavailable

Arrives = Callable[[Callable[[], object], str], None]


def followed(situation: Situation, arrives: Arrives) -> None:
    """Have the west's take over, and the east's follow it."""
    situation.replica.promote()
    situation.written(WEST, "contract:since", "west's")
    situation.master.follow(situation.across(WEST))
    arrives(lambda: in_step(situation), "the east's, as a replica")


def in_step(situation: Situation) -> bool:
    ours, theirs = situation.master.look(), situation.replica.look()
    return ours.role == "replica" and ours.link_up and ours.offset >= theirs.offset


def test_a_master_that_follows_has_the_other_one_s_keys_in_place_of_its_own(
    situation: Situation, arrives: Arrives
) -> None:
    """Those that it alone had are gone: the other one's have been the newer ones since it took over."""
    situation.replica.promote()
    situation.written(EAST, "contract:alone", "east's")

    followed(situation, arrives)

    assert situation.value_of(EAST, "contract:since") == b"west's"
    assert situation.value_of(EAST, "contract:alone") is None
    assert not situation.written(EAST, "contract:refused", "x")


def test_what_the_master_gets_arrives_in_one_that_follows_it(situation: Situation, arrives: Arrives) -> None:
    followed(situation, arrives)

    situation.written(WEST, "contract:later", "x")

    arrives(lambda: situation.value_of(EAST, "contract:later") == b"x", "the later key")


def test_one_that_follows_already_goes_on(situation: Situation, arrives: Arrives) -> None:
    followed(situation, arrives)

    situation.master.follow(situation.across(WEST))

    arrives(lambda: in_step(situation), "the east's, as a replica")
    assert situation.value_of(EAST, "contract:since") == b"west's"


def test_a_fenced_master_feeds_one_that_follows_it(situation: Situation, arrives: Arrives) -> None:
    """So that its last byte arrives before the other one takes writes."""
    followed(situation, arrives)
    situation.written(WEST, "contract:last", "x")

    situation.replica.fence()

    arrives(lambda: in_step(situation), "the last byte")
    assert situation.value_of(EAST, "contract:last") == b"x"


def test_the_roles_are_given_back_without_losing_a_key(situation: Situation, arrives: Arrives) -> None:
    """As at the end of a failback."""
    followed(situation, arrives)
    situation.replica.fence()
    arrives(lambda: in_step(situation), "the last byte")

    assert situation.master.promote() is True
    situation.replica.follow(situation.across(EAST))
    situation.replica.unfence()

    arrives(lambda: situation.replica.look().role == "replica" and situation.replica.look().link_up, "roles")
    assert situation.written(EAST, "contract:back", "x")
    arrives(lambda: situation.value_of(WEST, "contract:back") == b"x", "the key in the west")
    assert situation.value_of(WEST, "contract:since") == b"west's"


def test_one_that_does_not_answer_can_not_be_told_to_follow(situation: Situation) -> None:
    cache, where = situation.silent()

    with pytest.raises(Unavailable, match=f"^{where} did not answer"):
        cache.follow(situation.across(WEST))
