"""The target cannot take over: the failover is refused, and nothing was changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from scene import Scene

from blocks.estate import Estate
from lab.faults import Fault, break_it, heal
from lab.parts.link import LinkCondition, set_condition
from lab.place import EAST, REGIONS, WEST
from recovery.findings import oldest
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab


@pytest.fixture
def scene(shared_scene: Scene) -> Iterator[Scene]:
    """The shared lab, healed afterwards."""
    yield shared_scene
    heal(shared_scene.lab, REGIONS, lambda _proof: None)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault.POSTGRES, "a mark written in us-east-1 arrives in us-west-2"),
        (Fault.GATEWAY, "us-west-2's services answer through its gateway"),
    ],
)
def test_a_target_with_a_dead_part_is_refused_by_name(scene: Scene, fault: Fault, told: str) -> None:
    """The source serves as before, and the message names the check."""
    before = scene.weights()
    break_it(scene.lab, fault, WEST)

    ended = scene.dr("failover", EAST, "--mode", "planned", "--reason", "test")

    assert ended.status == 2
    assert told in ended.told
    assert scene.weights() == before
    assert scene.may_log_in(EAST)


def test_an_exposure_beyond_the_rpo_is_refused_with_both_numbers(scene: Scene, tmp_path: Path) -> None:
    """A target that lacks more than the RPO would lose more than was promised to the business."""
    estate = yaml.safe_load(scene.lab.estate_file.read_text())
    estate["disaster_recovery"]["rpo_minutes"] = 0.02
    strict = tmp_path / "strict.yaml"
    strict.write_text(yaml.safe_dump(estate))
    set_condition(scene.lab, LinkCondition(cut=True))
    wait_until(lambda: stale(scene), what="a lag beyond the RPO", deadline_s=30)
    break_it(scene.lab, Fault.REGION, EAST)

    ended = scene.dr("failover", EAST, "--reason", "test", estate=strict)

    assert ended.status == 2
    assert "what us-west-2 lacks of us-east-1's commits" in ended.told
    assert "RPO 1.2 s" in ended.told
    assert scene.follows(WEST) == {True}


def test_a_partition_fails_nothing_over(scene: Scene) -> None:
    """The target hears nothing, the prober sees the source serve: one witness is not enough."""
    before = scene.weights()
    break_it(scene.lab, Fault.LINK, EAST)

    ended = scene.dr("failover", EAST, "--reason", "test")

    assert ended.status == 2
    assert "2 of 3 witnesses" in ended.told
    assert scene.weights() == before
    assert scene.may_log_in(EAST)


def stale(scene: Scene) -> tuple[bool | None, str]:
    """Whether the west's newest heartbeat of the east is older than three seconds."""
    estate = Estate.load(str(scene.lab.estate_file))
    seen = oldest(list(estate.region(WEST).database.heartbeats(EAST).values()))
    now = oldest(list(estate.region(EAST).database.heartbeats(EAST).values()))
    lag = (now - seen).total_seconds() if now and seen else 0.0
    return (True if lag > 3 else None), f"{lag:.1f} s"
