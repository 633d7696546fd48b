"""A step's share is drawn by chance; chance alone must not roll a sound move back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from recovery.fakes.load import a_region
from recovery.observation import Observation
from recovery.shift import Phase, Plan, SetWeights, Shift, advance

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
TTL = timedelta(seconds=1)
CLIENTS = 32
REQUESTS_A_CLIENT = 5
PLAN = Plan(increment_percent=20, interval=3 * TTL, verification=2 * TTL, max_hold=20 * TTL, settling=TTL)


class Customers:
    """Clients that resolve the global name once a TTL, each at an instant of its own."""

    def __init__(self, seed: int, share: int) -> None:
        self._chance = Random(seed)  # noqa: S311 - draws of a simulation
        self.share = share

    def windows(self) -> Iterator[Observation]:
        now = T0
        while True:
            sent = sum(self._drawn() for _ in range(CLIENTS))
            routed = CLIENTS * REQUESTS_A_CLIENT
            yield Observation(
                start=now,
                end=now + TTL,
                routed=routed,
                to_target=round(routed * sent / CLIENTS),
                answers=CLIENTS,
                target=a_region(100),
                source=a_region(100),
            )
            now += TTL

    def _drawn(self) -> bool:
        return self._chance.random() < self.share / 100


@pytest.mark.parametrize("first_seed", range(0, 500, 100))
def test_a_sound_move_is_not_rolled_back_by_chance(first_seed: int) -> None:
    """With requests counted as if each had been sent by a draw of its own, one move in ten was."""
    assert [
        phase for phase in map(moved, range(first_seed, first_seed + 100)) if phase is not Phase.DONE
    ] == []


def moved(seed: int) -> Phase:
    """Return how the move ends with the customers of this *seed*."""
    customers = Customers(seed, share=20)
    shift = Shift(plan=PLAN, source="east", target="west", original={"east": 80, "west": 20})
    now = T0
    for window in customers.windows():
        shift, action = advance(shift, window if shift.step else None, now)
        if isinstance(action, SetWeights):
            customers.share = action.share
        if shift.phase is not Phase.SHIFTING:
            break
        now = window.end
    return shift.phase
