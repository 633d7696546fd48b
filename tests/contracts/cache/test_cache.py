"""What every `Cache` promises, on fakes and on a real Redis and its replica."""

from collections.abc import Callable

import pytest
from situations import Situation

from lab.place import EAST, PORTS, WEST, Lab
from recovery.adapters.redis import CANARY, Redis, RedisAccess
from recovery.errors import RecoveryError, Refused, Unavailable
from recovery.ports import Cache

Arrives = Callable[[Callable[[], object], str], None]


def test_a_master_and_its_replica_tell_their_roles(master: Cache, replica: Cache) -> None:
    ours, theirs = master.look(), replica.look()

    assert (ours.role, ours.link_up, ours.lag_s, ours.accepts_writes) == ("master", True, None, True)
    assert (theirs.role, theirs.link_up, theirs.accepts_writes) == ("replica", True, False)
    assert theirs.lag_s is not None
    assert theirs.lag_s >= 0


def test_offsets_of_master_and_replica_meet(situation: Situation, arrives: Arrives) -> None:
    """They are comparable: that is how an exposure of the cache is told."""
    master, replica = situation.master, situation.replica
    before = master.look().offset
    situation.written(EAST, "contract:offset", "x" * 100)

    after = master.look().offset

    assert after >= before + 100
    arrives(lambda: replica.look().offset >= after, "the replica's offset")


def test_a_fenced_master_refuses_writes_and_answers_reads(situation: Situation, master: Cache) -> None:
    situation.written(EAST, "contract:fence", "before")

    master.fence()
    master.fence()

    assert not situation.written(EAST, "contract:fence", "after")
    assert situation.value_of(EAST, "contract:fence") == b"before"
    assert not master.look().accepts_writes


def test_what_was_written_before_the_fence_still_arrives(situation: Situation, arrives: Arrives) -> None:
    master, replica = situation.master, situation.replica
    situation.written(EAST, "contract:before", "mark")

    master.fence()

    arrives(lambda: situation.value_of(WEST, "contract:before") == b"mark", "the key in the replica")
    assert replica.look().link_up


def test_unfence_lets_writes_in_again(situation: Situation, master: Cache) -> None:
    master.fence()

    master.unfence()
    master.unfence()

    assert situation.written(EAST, "contract:unfence", "x")
    assert master.look().accepts_writes


def test_a_promoted_replica_takes_writes(situation: Situation, replica: Cache) -> None:
    situation.written(EAST, "contract:kept", "kept")
    assert not situation.written(WEST, "contract:promoted", "x")

    assert replica.promote() is True
    assert replica.promote() is False

    assert replica.look().accepts_writes
    assert situation.written(WEST, "contract:promoted", "x")
    assert situation.value_of(WEST, CANARY) == b"promoted"


def test_a_replica_keeps_what_it_has_when_it_is_promoted(
    situation: Situation, replica: Cache, arrives: Arrives
) -> None:
    situation.written(EAST, "contract:kept", "kept")
    arrives(lambda: situation.value_of(WEST, "contract:kept") == b"kept", "the key")

    replica.promote()

    assert situation.value_of(WEST, "contract:kept") == b"kept"


def test_a_replica_that_was_fenced_is_not_promoted_in_silence(replica: Cache) -> None:
    """Promoted means that a write was seen taken."""
    replica.fence()

    with pytest.raises(Refused, match="NOREPLICAS"):
        replica.promote()


def test_a_promoted_replica_that_was_fenced_takes_writes_after_unfence(replica: Cache) -> None:
    replica.fence()
    replica.unfence()

    assert replica.promote() is True


VERBS = ["look", "fence", "unfence", "promote"]


@pytest.mark.parametrize("verb", VERBS)
def test_no_answer_is_unavailable_and_tells_no_secret(situation: Situation, verb: str) -> None:
    cache, where = situation.silent()

    with pytest.raises(Unavailable, match=f"^{where} did not answer") as told:
        getattr(cache, verb)()

    assert_no_secret(told.value)


@pytest.mark.lab
@pytest.mark.parametrize("verb", VERBS)
def test_a_wrong_password_is_told_without_it(lab: Lab, verb: str) -> None:
    cache = Redis(RedisAccess(lab.address(EAST), PORTS.redis, password="canary-secret"))

    with pytest.raises(RecoveryError, match=r"^redis 127\.\d+\.10\.1") as told:
        getattr(cache, verb)()

    assert_no_secret(told.value)


def assert_no_secret(error: BaseException) -> None:
    assert "canary" not in f"{error!r} {error} {error.__cause__!r} {error.__cause__}"
    assert "canary" not in repr(RedisAccess("h", 1, password="canary-secret"))
