"""Two orchestrators want the same estate: one acts, and one that slept through a takeover does nothing more."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from mortal import done_twice
from scene import Scene, a_lab

from lab.faults import Fault, break_it, heal
from lab.place import EAST, REGIONS, ROOT
from recovery.journal import Kind
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab

RACES = 200
APART_S = 0.05
"""From one race's start to the next one's, and more: both wait for the same instant of one clock."""
RIVAL = """
import sys, time
from datetime import UTC, datetime
from blocks.journal_stores import journal_of
from recovery.epoch import Claim, take
from recovery.errors import EpochHeld

name, quorum = sys.argv[1], journal_of(sys.argv[2])[1]
print("ready", flush=True)
for line in sys.stdin:
    race, at = line.split()
    while time.time() < float(at):
        pass
    began = time.time()
    try:
        take(quorum, race, Claim(operation=name, holder=name, since=datetime.now(UTC))).prove()
    except EpochHeld:
        print("refused", began, flush=True)
    else:
        print("acts", began, flush=True)
"""


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    yield from a_lab("two-orchestrators", watched=False)


def test_of_two_that_start_at_once_one_acts(scene: Scene) -> None:
    """200 times, over three real stores: the one that holds proves it, and the other one is told who does."""
    apart = []
    with ExitStack() as stack:
        rivals = [stack.enter_context(rival(scene, name)) for name in ("failover-east", "failover-west")]
        assert [told(one) for one in rivals] == [["ready"], ["ready"]]

        for race in range(RACES):
            at = (datetime.now(UTC) + timedelta(seconds=APART_S)).timestamp()
            for one in rivals:
                assert one.stdin is not None
                print(f"race-{race} {at}", file=one.stdin, flush=True)
            (first, began), (second, later) = map(told, rivals)
            apart.append(abs(float(began) - float(later)))

            assert sorted((first, second)) == ["acts", "refused"], f"race {race}: {first} and {second}"

    assert sorted(apart)[RACES // 2] < 0.01


def test_of_two_failovers_at_once_one_leaves_the_region(scene: Scene) -> None:
    break_it(scene.lab, Fault.REGION, EAST)
    with scene.start("failover", EAST) as first, scene.start("failover", EAST) as second:
        ended = [process.communicate(timeout=120)[0] for process in (first, second)]
        statuses = [first.returncode, second.returncode]

    heal(scene.lab, REGIONS, lambda _proof: None)
    outcomes = [event.data["outcome"] for each in scene.operations() for event in closings(scene, each)]
    assert sorted(statuses) == [0, 2], ended
    assert outcomes.count("restored") == 1
    assert (
        "is held by operation" in ended[statuses.index(2)] or "was left already" in ended[statuses.index(2)]
    )
    assert scene.dr("failback", EAST).status == 0


def test_one_that_slept_through_a_takeover_does_nothing_more(scene: Scene) -> None:
    """It is stopped in the middle of a failover, as a paused machine is; whoever resumes the operation ends it."""
    break_it(scene.lab, Fault.REGION, EAST)
    before = set(scene.operations())
    with scene.start("failover", EAST) as sleeper:
        operation = wait_until(lambda: fencing(scene, before), what="the fence's beginning", deadline_s=60)
        sleeper.send_signal(signal.SIGSTOP)
        resumed = scene.dr("resume", operation)
        ended = scene.events(operation)

        sleeper.send_signal(signal.SIGCONT)
        said, _ = sleeper.communicate(timeout=120)

    heal(scene.lab, REGIONS, lambda _proof: None)
    assert resumed.status == 0, resumed.told
    assert sleeper.returncode != 0
    assert "This process does nothing more" in said or "This one does nothing more" in said
    assert scene.events(operation) == ended
    assert done_twice(ended) == []
    assert scene.dr("failback", EAST).status == 0


def rival(scene: Scene, name: str) -> subprocess.Popen[str]:
    """Return a process that takes an epoch whenever it is told to."""
    return subprocess.Popen(
        [sys.executable, "-c", RIVAL, name, str(scene.lab.estate_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ},
    )


def told(one: subprocess.Popen[str]) -> list[str]:
    assert one.stdout is not None
    return one.stdout.readline().split()


def fencing(scene: Scene, before: set[str]) -> tuple[str | None, str]:
    """The new operation's id once it fences."""
    new = set(scene.operations()) - before
    for operation in new:
        begun = [e.step for e in scene.events(operation) if e.kind is Kind.STARTED]
        return (operation if "fence" in begun else None), f"begun: {begun}"
    return None, "no operation"


def closings(scene: Scene, operation: str) -> list[object]:
    return [event for event in scene.events(operation) if event.kind is Kind.CLOSED]
