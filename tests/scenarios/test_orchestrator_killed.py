"""The process that drives the failover is killed in the middle, and another one goes on."""

import pytest
from mortal import done_twice
from scene import Scene

from lab.faults import Fault, break_it
from lab.place import EAST, WEST
from recovery.journal import Kind
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab

FINAL = ("take_over", "shift")


def test_a_resumed_operation_ends_like_an_undisturbed_one(scene: Scene) -> None:
    """Killed on either side of the point of no return, it does no step again that was done, but to look again."""
    injected_at = break_it(scene.lab, Fault.REGION, EAST)
    operation = killed(scene, "fence", "failover", EAST, "--injected-at", injected_at.isoformat())
    killed(scene, "take_over", "resume", operation)

    ended = scene.dr("resume", operation)

    events = scene.events(operation)
    skipped = {e.step for e in events if e.kind is Kind.SKIPPED}
    assert (ended.status, scene.report().ending.outcome) == (0, "restored"), ended.told
    assert done_twice(events) == []
    for step in FINAL:
        assert [e.kind for e in events if e.step == step].count(Kind.DONE) == 1
    assert {"fence", "take_over"} <= skipped
    assert scene.follows(WEST) == {False}
    assert scene.promised() - scene.present() <= {(r.client, r.seq) for r in scene.report().rows.lost}


def killed(scene: Scene, after: str, *command: str) -> str:
    """Run `dr` until the step *after* is done, kill it then, and return the operation's id."""
    with scene.start(*command) as process:
        operation = wait_until(lambda: done(scene, after), what=f"the end of {after}", deadline_s=60)
        process.kill()
        process.communicate()
    return operation


def done(scene: Scene, step: str) -> tuple[str | None, str]:
    """The operation's id once *step* is done."""
    for operation in scene.operations():
        steps = [e.step for e in scene.events(operation) if e.kind is Kind.DONE]
        return (operation if step in steps else None), f"done: {steps}"
    return None, "no operation"
