"""Keys that have drifted are made like the winner's, and that is taken back exactly."""

from collections.abc import Sequence

import pytest

from recovery.errors import BadInput, Refused
from recovery.fakes.cache_keys import FakeCacheKeys, Held, Undigested
from recovery.fakes.world import World
from recovery.reconcile.cache_drift import CachePair, KeyDrift, cache_drift
from recovery.reconcile.cache_keys import Key
from recovery.reconcile.cache_repair import AT_ONCE, CacheRepaired, Rule, Undo, Winner, repair, take_back

FAR_MS = 4_000_000_000_000
LEFT = {
    b"value": Held(b"\x00left", FAR_MS),
    b"type": Held({b"a", b"b"}),
    b"expiry": Held(b"1", FAR_MS),
    b"": Held({b"a": b"1"}),
    b"left": Held([b"x"], FAR_MS + 1),
}
RIGHT = {
    b"value": Held(b"right\xff"),
    b"type": Held({b"a": 1.5}, FAR_MS),
    b"expiry": Held(b"1"),
    b"": Held({b"a": b"2"}),
    b"right": Held(b"new?", FAR_MS),
}


class Regions:
    def __init__(self) -> None:
        self.left, self.right = (FakeCacheKeys(World(["here"]), at) for at in "lr")
        self.left.held |= LEFT
        self.right.held |= RIGHT
        self.undos: list[Undo] = []
        self.pair = CachePair(self.left, self.right, lambda: None)

    def drifts(self) -> list[KeyDrift]:
        told: list[KeyDrift] = []
        cache_drift(self.pair, tell=told.append)
        return told

    def repaired(self, rule: Rule, drifts: list[KeyDrift] | None = None) -> CacheRepaired:
        found = self.drifts() if drifts is None else drifts
        return repair(self.pair, found, rule=rule, keep_undo=self.undos.extend)


@pytest.fixture
def regions() -> Regions:
    return Regions()


def test_the_losing_side_gets_the_winners_values_and_expiries(regions: Regions) -> None:
    done = regions.repaired(Rule(Winner.LEFT))

    assert done == CacheRepaired(written=5, absent=1)
    assert regions.right.held == LEFT | {b"right": RIGHT[b"right"]}
    assert regions.left.held == LEFT


def test_either_side_may_win(regions: Regions) -> None:
    done = regions.repaired(Rule(Winner.RIGHT))

    assert done == CacheRepaired(written=5, absent=1)
    assert regions.left.held == RIGHT | {b"left": LEFT[b"left"]}
    assert regions.right.held == RIGHT


def test_what_only_the_losing_side_has_is_deleted_when_told_so(regions: Regions) -> None:
    done = regions.repaired(Rule(Winner.LEFT, delete_absent=True))

    assert done == CacheRepaired(written=5, deleted=1)
    assert regions.right.held == LEFT
    assert regions.drifts() == []


def test_nothing_is_done_where_a_person_is_asked(regions: Regions) -> None:
    done = regions.repaired(Rule(Winner.ASK, delete_absent=True))

    assert done == CacheRepaired(asked=6)
    assert (regions.left.held, regions.right.held, regions.undos) == (LEFT, RIGHT, [])


@pytest.mark.parametrize("winner", [Winner.LEFT, Winner.RIGHT])
def test_an_undo_restores_values_and_expiries_exactly(regions: Regions, winner: Winner) -> None:
    regions.repaired(Rule(winner, delete_absent=True))
    kept = [Undo.model_validate_json(undo.model_dump_json()) for undo in regions.undos]

    done = take_back(kept, regions.right if winner is Winner.LEFT else regions.left)

    assert (done.written + done.deleted, done.moved) == (6, 0)
    assert (regions.left.held, regions.right.held) == (LEFT, RIGHT)


def test_an_undo_leaves_what_was_written_since_the_repair(regions: Regions) -> None:
    regions.repaired(Rule(Winner.LEFT))
    regions.right.held[b"value"] = Held(b"newer")

    done = take_back(regions.undos, regions.right)

    assert done.moved == 1
    assert regions.right.held == RIGHT | {b"value": Held(b"newer")}


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_key_that_moved_since_the_comparison_is_left(regions: Regions, side: str) -> None:
    drifts = regions.drifts()
    moved: FakeCacheKeys = getattr(regions, side)
    moved.held |= {b"value": Held(b"newer"), b"expiry": Held(b"1", FAR_MS + 1)}

    done = regions.repaired(Rule(Winner.LEFT), drifts)

    assert (done.written, done.moved) == (3, 2)
    assert moved.held[b"value"] == Held(b"newer")
    assert regions.right.held[b"expiry"] == (RIGHT[b"expiry"] if side == "left" else Held(b"1", FAR_MS + 1))


def test_a_key_that_moves_between_undo_and_write_is_left(regions: Regions) -> None:
    regions.right.meanwhile("put", lambda: regions.right.held.update({b"value": Held(b"newer")}))

    done = regions.repaired(Rule(Winner.LEFT))

    assert (done.written, done.moved) == (4, 1)
    assert regions.right.held[b"value"] == Held(b"newer")


def test_a_key_that_is_written_after_the_repair_is_counted(regions: Regions) -> None:
    drifts = regions.drifts()
    regions.right.meanwhile("look", lambda: regions.right.held.update({b"value": Held(b"newer")}))

    done = regions.repaired(Rule(Winner.LEFT), drifts)

    assert (done.written, done.moved_after) == (4, 1)


def test_a_repeated_repair_changes_nothing(regions: Regions) -> None:
    drifts = regions.drifts()
    regions.repaired(Rule(Winner.LEFT, delete_absent=True), drifts)

    again = regions.repaired(Rule(Winner.LEFT, delete_absent=True), drifts)

    assert again == CacheRepaired(already=6)
    assert len(regions.undos) == 6


def test_undos_are_kept_before_anything_is_written(regions: Regions) -> None:
    def lost(_undos: Sequence[Undo]) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        repair(regions.pair, regions.drifts(), rule=Rule(Winner.LEFT), keep_undo=lost)

    assert regions.right.held == RIGHT


def test_some_keys_are_held_at_a_time(regions: Regions) -> None:
    regions.left.held = {b"only %d" % number: Held(b"x") for number in range(AT_ONCE * 2 + 50)}
    regions.right.held, kept = {}, list[int]()

    done = repair(
        regions.pair,
        regions.drifts(),
        rule=Rule(Winner.LEFT),
        keep_undo=lambda undos: kept.append(len(undos)),
    )

    assert (done.written, kept) == (AT_ONCE * 2 + 50, [AT_ONCE, AT_ONCE, 50])


def test_values_without_a_digest_are_left(regions: Regions) -> None:
    """Whether they have changed since they were seen cannot be told."""
    regions.left.held = {b"only": Held(Undigested("stream", "1")), b"type": Held(b"1")}
    regions.right.held = {b"type": Held(Undigested("stream", "1"))}

    assert regions.repaired(Rule(Winner.LEFT)) == CacheRepaired(not_comparable=2)
    assert regions.undos == []


def test_a_replica_is_not_repaired(regions: Regions) -> None:
    regions.right.replica = True

    with pytest.raises(Refused, match=r"is a replica.* resync"):
        regions.repaired(Rule(Winner.LEFT))

    assert regions.right.held == RIGHT


def test_an_undo_of_another_logical_database_is_refused(regions: Regions) -> None:
    regions.repaired(Rule(Winner.LEFT))
    elsewhere = FakeCacheKeys(World(["here"]), "r", database=3)

    with pytest.raises(BadInput, match=r"logical database 0, .* opened at 3"):
        take_back(regions.undos, elsewhere)


def test_keys_are_told_in_base64() -> None:
    undo = Undo(database=0, key="AP8=", payload=None, expires_at_ms=None, became=None)

    key: Key = undo.change.key
    assert (key, undo.change.wanted) == (b"\x00\xff", None)
