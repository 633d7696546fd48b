"""The forecast: worst cases, added up from the timings of the estate file."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recovery.estate import EstateFile
from recovery.forecast import Forecast, forecast
from recovery.operation import Mode

EDEN = yaml.safe_load((Path(__file__).parents[1] / "samples" / "eden.yaml").read_text())


def an_estate(**shifting: Any) -> EstateFile:
    """Eden, with keys of `traffic_shifting` changed."""
    failover = EDEN["automated_failover"]
    changed = failover | {"traffic_shifting": failover["traffic_shifting"] | shifting}
    return EstateFile.from_values(EDEN | {"automated_failover": changed}, name="estate.yaml")


def seconds_of(forecast: Forecast) -> dict[str, float]:
    return {phase.name: phase.seconds for phase in forecast.phases}


def with_window(seconds: float) -> EstateFile:
    """Eden, with another detection window."""
    failover = EDEN["automated_failover"]
    changed = failover | {"detection": failover["detection"] | {"detection_window_seconds": seconds}}
    return EstateFile.from_values(EDEN | {"automated_failover": changed}, name="estate.yaml")


def test_an_unplanned_failover_is_detection_hold_steps_and_ttl() -> None:
    assert seconds_of(forecast(an_estate(), Mode.UNPLANNED)) == {
        "detect, by Route 53": 95,  # 30 s x 3 checks, and 5 s of timeout
        "hold until confirmed": 10,
        "check the target": 10,
        "fence the source": 10,
        "hear the fenced source out": 3,
        "promote the target": 30,
        "shift the traffic": 60,
        "old answers expire": 60,
        "verify the service": 60,
    }


def test_a_planned_move_takes_an_interval_and_the_records_age_for_each_step_and_is_watched() -> None:
    seconds = seconds_of(forecast(an_estate(increment_percent=30), Mode.PLANNED))

    assert seconds["shift in 4 steps"] == 4 * (30 + 60)
    assert seconds["watch the target"] == 60
    assert not any(name.startswith(("detect", "hold")) for name in seconds)


def test_a_planned_move_that_is_not_gradual_is_one_step() -> None:
    assert seconds_of(forecast(an_estate(gradual=False), Mode.PLANNED))["shift in 1 step"] == 30 + 60


@pytest.mark.parametrize(
    ("window", "name", "seconds"),
    [(94, "detect, by Route 53", 95), (95, "detect, by Route 53", 95), (96, "detect, by alert", 96)],
)
def test_the_slower_witness_counts(window: float, name: str, seconds: float) -> None:
    """A failover needs both, so that it waits for the later one."""
    first = forecast(with_window(window), Mode.UNPLANNED).phases[0]

    assert (first.name, first.seconds) == (name, seconds)


def test_phases_that_rest_on_defaults_say_so() -> None:
    phases = {phase.name: phase.defaulted for phase in forecast(an_estate(), Mode.UNPLANNED).phases}

    assert phases["detect, by Route 53"] is False
    assert phases["fence the source"] is True


def test_an_objective_is_met_to_the_second() -> None:
    worst = forecast(an_estate(), Mode.UNPLANNED)

    assert worst.total == timedelta(seconds=338)
    assert worst.meets(timedelta(seconds=338))
    assert not worst.meets(timedelta(seconds=337))
    assert worst.longest.name == "detect, by Route 53"


@given(percent=st.integers(1, 100), interval=st.integers(1, 600))
def test_the_steps_of_a_planned_move_carry_all_of_the_traffic(percent: int, interval: int) -> None:
    estate = an_estate(increment_percent=percent, increment_interval_seconds=interval)

    shift = next(p for p in forecast(estate, Mode.PLANNED).phases if p.name.startswith("shift in"))

    steps = shift.seconds / (interval + 60)
    assert steps * percent >= 100
    assert (steps - 1) * percent < 100
