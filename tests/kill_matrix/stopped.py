"""`make stop-matrix`: stop a test in the middle of each scenario in a lab; 0 only if the estate is as it was each time.

`SCENARIOS="region-loss cache-loss"` chooses some, `SEED=7` how far into a scenario its process is told to stop.
"""

import json
import random
import sys
from argparse import ArgumentParser
from threading import Timer
from time import monotonic

from scene import Scene, a_lab

from kill_matrix.left_behind import different, left_behind
from kill_matrix.procedures import DATABASE
from kill_matrix.rows import Damage, rows_of, wrong
from lab.place import EAST
from recovery.dr_test.scenarios import ScenarioName
from recovery.drill.order import SHORT
from recovery.drill.scripts import ALL, Expected, Script
from recovery.errors import RecoveryError
from recovery.journal import Kind
from recovery.readiness.check import State
from recovery.waiting import wait_until

BEGUN = ("Injected: ", " was started (there)")
"""What a line of a test has in it once the scenario has broken or begun something."""
MOST_LINES = 25
FEWER_LINES = {
    Expected.NOTHING: 1,
    Expected.NOTICED: 1,
    Expected.BESIDE: 12,
    Expected.ROWS_RESTORED: 12,
}
"""It is stopped so many lines later at most: a scenario says more than that before it has ended."""
DEADLINE_S = 600.0
READY_S = 120.0
"""So long alerts may fire, and backups be taken anew, after the estate was put back."""


def main() -> int:
    """Print each scenario, and whether it left the estate as it was; return the exit status."""
    asked = ArgumentParser(prog="stop-matrix", description=__doc__)
    asked.add_argument("scenarios", nargs="*", type=ScenarioName)
    asked.add_argument("--seed", type=int, default=1)
    chosen = asked.parse_args()
    drawn, safe = random.Random(chosen.seed), 0  # noqa: S311 - to choose an instant, not to keep a secret
    scripts = [one for one in ALL if not chosen.scenarios or one.scenario in chosen.scenarios]
    for scene in a_lab("stop-matrix", automatic=True, backed_up=True):
        for script in scripts:
            most = FEWER_LINES.get(script.expected, MOST_LINES)
            began, lines = monotonic(), drawn.randint(0, most)
            found = stopped(scene, script, lines)
            safe += not found
            told = "; ".join(found) or f"as it was, {monotonic() - began:.0f} s"
            print(f"{script.scenario:20} {lines:2} lines in: {told}", flush=True)
    print(f"{safe} of {len(scripts)} stops left the estate as it was")
    return 0 if scripts and safe == len(scripts) else 1


def stopped(scene: Scene, script: Script, lines: int) -> list[str]:
    """Stop a test of one scenario so many *lines* after it has begun something; return what is not as it was."""
    state, failed, before = left_behind(scene, "none"), unready(scene), set(scene.operations())
    # What is rebuilt from backups lacks what was not archived yet: there only what both regions have is compared.
    kept = script.scenario is not ScenarioName.BOTH_REGIONS_LOST
    damage = Damage(DATABASE, rows_of(scene, EAST, DATABASE)) if kept else Damage()

    told = _told_to_stop(scene, script.scenario, lines)

    test = next(
        (name for name in scene.operations() if name.startswith(f"{SHORT}-") and name not in before), ""
    )
    ends = (
        [event.data.get("outcome") for event in scene.events(test) if event.kind is Kind.CLOSED]
        if test
        else []
    )
    if ends != ["stopped"]:
        return [f"it ended with {ends or 'nothing'}: {told[-400:]}"]
    return [*different(state, left_behind(scene, "none")), *wrong(scene, damage), *_not_ready(scene, failed)]


def _told_to_stop(scene: Scene, scenario: str, lines: int) -> str:
    """Run the test, tell it to stop so many lines after it has begun something, and return what it said."""
    said, left = "", -1
    with scene.start("drill", scenario, "--reason", "stop matrix") as test:
        late = Timer(DEADLINE_S, test.kill)
        late.start()
        for line in test.stdout or ():
            said += line
            if left < 0 and any(mark in line for mark in BEGUN):
                left = lines + 1
            left -= left > 0
            if left == 0:
                test.terminate()
                left = sys.maxsize
        test.wait()
        late.cancel()
    return said


def unready(scene: Scene) -> set[str]:
    """Return the checks of `dr readiness` that fail, or are not known."""
    said = scene.dr("readiness", "--json").told
    checks = json.loads(said[said.index("{") :])["checks"]
    bad = [check for check in checks if check["state"] in {State.FAILED, State.UNKNOWN}]
    return {f"{check['region'] or ''} {check['name']}".strip() for check in bad}


def _not_ready(scene: Scene, before: set[str]) -> list[str]:
    """Return the checks that hold no more, once they have had time to hold again."""

    def ready() -> tuple[bool | None, str]:
        more = sorted(unready(scene) - before)
        return (None if more else True), ", ".join(more)

    try:
        wait_until(ready, what="readiness", deadline_s=READY_S, poll_s=2)
    except RecoveryError as error:
        return [str(error)]
    return []


if __name__ == "__main__":
    sys.exit(main())
