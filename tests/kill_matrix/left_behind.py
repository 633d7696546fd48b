"""What an operation leaves behind in a lab, but for what differs from run to run: read from the parts themselves."""

import socket
from collections.abc import Callable
from pathlib import Path

from scene import Scene

from blocks.estate import Estate
from lab.pgbackrest import scratch_folder
from lab.place import PORTS, ROOT
from recovery.epoch import holder_of
from recovery.errors import Unavailable
from recovery.estate_in_hand import Region
from recovery.journal import Kind

State = dict[str, object]


def left_behind(scene: Scene, operation: str) -> State:
    """Return it, by names that say what each is."""
    estate = Estate.load(str(scene.lab.estate_file))
    outside, found = estate.outside, State()
    for name in estate.file.regions:
        region = estate.region(name)
        found |= {
            f"{name}: may log in": told(lambda region=region: dict(region.database.look().logins)),
            f"{name}: subscriptions": told(
                lambda region=region: sorted(
                    (s.node_group, s.enabled) for s in region.database.subscriptions()
                )
            ),
            f"{name}: Redis": told(lambda region=region: _redis(region)),
            f"{name}: gateway closed": told(lambda region=region: region.gateway.look().fenced),
            f"{name}: stop object": told(lambda name=name: outside.stops[name].present()),
            f"{name}: the operation's folder": (scratch_folder(scene.lab, name) / operation).exists(),
            f"{name}: a scratch cluster runs": _scratch_runs(scene, name),
        }
    closed = [event.data for event in scene.events(operation) if event.kind is Kind.CLOSED]
    reports = [folder / operation / "report.json" for folder in (ROOT / "reports", Path(outside.reports))]
    return found | {
        "weights": outside.traffic.weights(),
        "who holds the estate": holder_of(outside.journal, estate.name),
        "outcome": [data.get("outcome") for data in closed],
        "report": any(report.is_file() for report in reports),
    }


def _scratch_runs(scene: Scene, region: str) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex((scene.lab.address(region), PORTS.scratch_postgres)) == 0


def _redis(region: Region) -> object:
    state = region.cache.look()
    return state.role, state.accepts_writes


def told(look: Callable[[], object]) -> object:
    """Return what a look tells; a part that is lost does not answer, after an undisturbed run too."""
    try:
        return look()
    except Unavailable:
        return "does not answer"


def different(expected: State, found: State) -> list[str]:
    """Return what is not as it was after the undisturbed run."""
    return [
        f"{name}: {found.get(name)}, and {value} after an undisturbed run"
        for name, value in expected.items()
        if found.get(name) != value
    ]
