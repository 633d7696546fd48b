"""The pace at which a live Redis is asked."""

import pytest

from recovery.errors import BadInput
from recovery.reconcile.pace import Pace


def test_a_stall_is_followed_by_no_burst() -> None:
    now, rests = [0.0], list[float]()
    pace = Pace(100, clock=lambda: now[0], wait=rests.append)

    pace.spend(10)
    now[0] = 60
    pace.spend(10)
    pace.spend(10)

    assert rests == [pytest.approx(0.1)]


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_an_impossible_rate_is_refused(rate: float) -> None:
    with pytest.raises(BadInput, match=f"keys_per_second is {rate:g}"):
        Pace(rate)
