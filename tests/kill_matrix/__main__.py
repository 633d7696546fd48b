"""`make kill-matrix`: kill each procedure at each of its points in a lab; 0 only if all are safe.

`PROCEDURES="failback repair"` chooses some, `SEED=7` how far into a step its process is killed.
"""

import sys
from argparse import ArgumentParser
from itertools import groupby
from time import monotonic

from mortal import done_twice
from scene import Scene, a_lab

from kill_matrix.chain import Survived, Unexpected, killed_at_each, undisturbed
from kill_matrix.left_behind import different, left_behind
from kill_matrix.points import Point, points_of
from kill_matrix.procedures import ALL, Procedure
from kill_matrix.rows import wrong

AT_MOST = 24
"""So many points of one operation: its journal grows with each process, and is read whole by the next one."""


def main() -> int:
    """Print each point, and whether it is safe; return the exit status."""
    asked = ArgumentParser(prog="kill-matrix", description=__doc__)
    names = [procedure.name for procedure in ALL]
    asked.add_argument("procedures", nargs="*", choices=[*names, []], help=f"of {', '.join(names)}")
    asked.add_argument("--seed", type=int, default=1)
    chosen = asked.parse_args()
    killed = [one for one in ALL if not chosen.procedures or one.name in chosen.procedures]
    safe = points = 0
    for watched, some in groupby(killed, key=lambda one: one.watched):
        for scene in a_lab("kill-matrix", watched=watched, backed_up=True):
            for procedure in some:
                results = matrix_of(scene, procedure, seed=chosen.seed)
                safe, points = safe + sum(one.safe for one in results), points + len(results)
    print(f"{safe} of {points} kill points safe")
    return 0 if points and safe == points else 1


def matrix_of(scene: Scene, procedure: Procedure, *, seed: int) -> list[Survived]:
    """Kill one procedure everywhere, and return what became of each point.

    Regions work side by side in some: a point that one operation has passed is left to the next one. None is safe
    where an operation does not end as an undisturbed one does.
    """
    began = monotonic()
    asked = procedure.prepare(scene)
    operation, events = undisturbed(scene, asked.command)
    expected = left_behind(scene, operation)
    against = [f"undisturbed, {told}" for told in wrong(scene, asked.damage)]
    procedure.put_back(scene)
    points, results = points_of(events, seed=seed), list[Survived]()
    left = points
    try:
        while left:
            asked, passed, some = procedure.prepare(scene), list[Point](), left[:AT_MOST]
            for one in killed_at_each(scene, asked.command, some):
                match one:
                    case Survived():
                        results.append(one)
                        print(f"{procedure.name:20} {one}", flush=True)
                    case Point():
                        passed.append(one)
                    case operation:
                        against += [*different(expected, left_behind(scene, operation))]
                        against += wrong(scene, asked.damage)
                        against += [f"{step} was done twice" for step in done_twice(scene.events(operation))]
            procedure.put_back(scene)
            left = passed + left[AT_MOST:]
    except (Unexpected, AssertionError) as error:
        against.append(str(error))
    for told in against:
        print(f"{procedure.name:20} NOT AS UNDISTURBED: {told}", flush=True)
    print(f"{procedure.name:20} {len(points)} points in {monotonic() - began:.0f} s", flush=True)
    return results if not against else [Survived(one.point, safe=False) for one in results]


if __name__ == "__main__":
    sys.exit(main())
