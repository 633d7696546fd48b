"""The target goes bad while a planned move is under way: traffic is back at the source, and all is as before."""

import pytest
from scene import Scene

from lab.faults import Fault, Severity, break_it
from lab.place import EAST, WEST
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab


@pytest.mark.parametrize(
    ("fault", "severity", "told"),
    [
        (Fault.ERRORS, Severity(error_rate=0.6), "requests to the target failed"),
        (Fault.LATENCY, Severity(latency_s=0.8), "the target's median is"),
    ],
)
def test_traffic_is_put_back_and_the_cause_is_named(
    scene: Scene, fault: Fault, severity: Severity, told: str
) -> None:
    """Rolled back by the failure threshold, or by the latency threshold: the source serves as before."""
    before = scene.weights()
    with scene.start("failover", EAST, "--mode", "planned", "--reason", "test") as moving:
        wait_until(lambda: moved(scene, before), what="the first step of the shift", deadline_s=60)
        break_it(scene.lab, fault, WEST, severity)
        said, _ = moving.communicate(timeout=120)

    assert moving.returncode == 2, said
    assert "rolled back to us-east-1" in said
    assert told in said
    assert scene.report().ending.outcome == "backed out"
    assert scene.weights() == before
    assert scene.may_log_in(EAST)
    assert scene.follows(WEST) == {True}


def moved(scene: Scene, before: dict[str, int]) -> tuple[bool | None, str]:
    """Whether the weights are no longer what they were."""
    now = scene.weights()
    return (True if now != before else None), f"{now}"
