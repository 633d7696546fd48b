"""What an operation leaves behind in a lab, but for what differs from run to run: read from the parts themselves."""

from pathlib import Path

from scene import Scene

from blocks.estate import Estate
from lab.place import ROOT
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
        try:
            found |= _of_region(estate.region(name))
        except Unavailable:
            found[f"{name} answers"] = False
        found[f"{name}: stop object"] = outside.stops[name].present() if name in outside.stops else None
    closed = [event.data for event in scene.events(operation) if event.kind is Kind.CLOSED]
    reports = [folder / operation / "report.json" for folder in (ROOT / "reports", Path(outside.reports))]
    return found | {
        "weights": outside.traffic.weights(),
        "who holds the estate": holder_of(outside.journal, estate.name),
        "outcome": [data.get("outcome") for data in closed],
        "report": any(report.is_file() for report in reports),
    }


def _of_region(region: Region) -> State:
    return {
        f"{region.name}: may log in": dict(region.database.look().logins),
        f"{region.name}: subscriptions": sorted(
            (one.node_group, one.enabled) for one in region.database.subscriptions()
        ),
        f"{region.name}: Redis": (region.cache.look().role, region.cache.look().accepts_writes),
        f"{region.name}: gateway closed": region.gateway.look().fenced,
    }


def different(expected: State, found: State) -> list[str]:
    """Return what is not as it was after the undisturbed run."""
    return [
        f"{name}: {found.get(name)}, and {value} after an undisturbed run"
        for name, value in expected.items()
        if found.get(name) != value
    ]
