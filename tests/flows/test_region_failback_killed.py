"""A failback that is killed at any point: another process goes on with it, and it ends the same."""

from collections.abc import Callable
from itertools import count

import pytest
from mortal import PARTS, Killed, Procedure, Process, killed_everywhere
from returning import (
    EAST,
    WEST,
    Flow,
    is_fenced,
    is_free,
    is_left,
    journal_of,
    rows,
    steps,
    with_a_gap,
    with_unsent,
)

from recovery.errors import BackingOut, NotReady, OperationClosed
from recovery.fakes.estate import FakeEstate
from recovery.journal import Kind, find

pytestmark = pytest.mark.usefixtures("unorchestrated")
Make = Callable[..., FakeEstate]


def ended(estate: FakeEstate) -> list[object]:
    """What a failback leaves behind, but for instants, and how far sequences were moved: odd stays odd."""
    regions = [estate.region(name) for name in (EAST, WEST)]
    return [
        dict(estate.shares),
        rows(estate),
        [region.accepts_writes for region in regions],
        [region.follows for region in regions],
        [region.cache.look().role for region in regions],
        [place.cache_fenced for place in estate.world.places.values()],
        [value % 2 for place in estate.world.places.values() for value in place.sequences.values()],
        [stop.is_there for stop in estate.stops.values()],
        estate.route53.weights(),
        estate.region(EAST).sending.skipped,
        journal_of(estate)[-1].data.get("outcome"),
        (is_free(estate), is_left(estate)),
        (estate.outside.reports / "failback-2" / "report.json").exists(),
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_failback_killed_anywhere_is_resumed_to_the_same_end(
    make_estate: Make, leave: Flow, bring_back: Flow, part: int
) -> None:
    """No step is done twice, no row is brought home twice, and a gap is not forgotten."""
    failback = Procedure(
        prepare=lambda process: with_a_gap(make_estate(process.stores), leave),
        run=bring_back,
        journal=journal_of,
        ended=ended,
    )

    for _ in killed_everywhere(failback, part=part, least=60):
        pass


@pytest.mark.parametrize("part", range(PARTS))
def test_a_back_out_killed_anywhere_is_gone_on_with(
    make_estate: Make, leave: Flow, bring_back: Flow, part: int
) -> None:
    """Its traffic is rolled back: in the end the region is fenced, and has no customer.

    What the region did after the first customers came is not taken for how it had been before.
    """
    for lives_for in count(part, PARTS):
        process = Process()
        estate = process.acts_on(with_unsent(make_estate(process.stores), leave))
        estate.route53.meanwhile("set_weights", lambda estate=estate: estate.prober.accuses.add(EAST))
        process.lives_for = process.points + lives_for
        try:
            bring_back(estate)
        except NotReady:
            break
        except Killed:
            process.lives()
        backing_out = find(journal_of(estate), Kind.BACKING_OUT)
        over, failed = (BackingOut, OperationClosed), "requests to the target failed"
        with pytest.raises(over) if backing_out else pytest.raises(NotReady, match=failed):
            bring_back(estate)

        assert is_fenced(estate), f"killed after {lives_for} points"
        assert estate.route53.weights() == {EAST: 0, WEST: 100}, f"killed after {lives_for} points"
        assert (is_free(estate), is_left(estate)) == (True, True), f"killed after {lives_for} points"
        assert "return_cache" not in steps(estate, Kind.STARTED)

    assert lives_for >= 40
