"""What every simulated schedule stands on."""

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from recovery.estate import EstateFile

if TYPE_CHECKING:
    from virtual import Virtual


@pytest.fixture
def virtual(monkeypatch: pytest.MonkeyPatch) -> "Virtual":
    """The schedule's clock and turns, in place of the machine's."""
    from virtual import Virtual  # noqa: PLC0415 - takes seconds

    made = Virtual()
    made.install(monkeypatch)
    return made


@pytest.fixture
def file(estate_values: dict[str, Any]) -> EstateFile:
    """The estate's file."""
    values = deepcopy(estate_values)
    shifting = {
        "increment_percent": 50,
        "increment_interval_seconds": 0.5,
        "verification_period_seconds": 0.5,
    }
    values["automated_failover"]["traffic_shifting"] |= shifting
    return EstateFile.from_values(values, name="estate.yaml")
