"""A sound move seen through customers whose region is drawn by chance: how many there are, and how DNS answers them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from recovery.fakes.load import a_region
from recovery.observation import Observation
from recovery.shift import Phase, Plan, SetWeights, Shift, advance

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW_S = 1
REQUESTS_A_WINDOW = 150


def a_plan(ttl_s: int) -> Plan:
    """As the estate's defaults have it for a record of that TTL: see `tasks.traffic.plan_of`."""
    ttl, interval, verification = (timedelta(seconds=seconds) for seconds in (ttl_s, 30, 60))
    patience = 2 * (interval + verification)
    return Plan(
        increment_percent=20,
        interval=interval,
        verification=verification,
        max_hold=patience + 10 * ttl,
        ttl=ttl,
    )


class Customers:
    """Clients that resolve the global name once a TTL, each at an instant of its own, or all at one."""

    def __init__(self, seed: int, share: int, *, clients: int, ttl_s: int, in_step: bool) -> None:
        self._chance = Random(seed)  # noqa: S311 - draws of a simulation
        self.share = share
        self._ttl_s = ttl_s
        self._phases = [0 if in_step else self._chance.randrange(ttl_s) for _ in range(clients)]

    def windows(self) -> Iterator[Observation]:
        """Windows of a second: most have no more than an answer or two."""
        second, now = 0, T0
        while True:
            asking = sum(phase == second % self._ttl_s for phase in self._phases)
            end = now + timedelta(seconds=WINDOW_S)
            yield Observation(
                start=now,
                end=end,
                routed=REQUESTS_A_WINDOW,
                answers=asking,
                to_target=sum(self._chance.random() < self.share / 100 for _ in range(asking)),
                target=a_region(100),
                source=a_region(100),
            )
            second, now = second + WINDOW_S, end


@pytest.mark.parametrize(
    ("clients", "ttl_s", "in_step"),
    [(64, 1, False), (32, 30, False), (32, 30, True), (32, 60, False), (32, 60, True), (16, 60, False)],
)
def test_a_sound_move_is_not_rolled_back_by_chance(clients: int, ttl_s: int, *, in_step: bool) -> None:
    """With requests counted as if each had been sent by a draw of its own, one move in ten was."""
    ends = [moved(seed, clients=clients, ttl_s=ttl_s, in_step=in_step) for seed in range(20)]

    assert [phase for phase in ends if phase is not Phase.DONE] == []


def moved(seed: int, *, clients: int, ttl_s: int, in_step: bool) -> Phase:
    """Return how the move ends with the customers of this *seed*."""
    customers = Customers(seed, 20, clients=clients, ttl_s=ttl_s, in_step=in_step)
    shift = Shift(plan=a_plan(ttl_s), source="east", target="west", original={"east": 80, "west": 20})
    now = T0
    for window in customers.windows():
        shift, action = advance(shift, window if shift.step else None, now)
        if isinstance(action, SetWeights):
            customers.share = action.share
        if shift.phase is not Phase.SHIFTING:
            break
        now = window.end
    return shift.phase
