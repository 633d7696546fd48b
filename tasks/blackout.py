"""The blackout lint: no step of an unplanned failover may need what is lost with the source."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from recovery import blackout
from recovery.blackout import Area, Dependence
from recovery.operation import Mode
from recovery.traffic import CONTROL_PLANE, stop_object_of
from tasks.fencing import source_parts
from tasks.run import FailoverRun
from tasks.step import Step

REMEDIES = {
    Area.SOURCE: "Go by runbooks/region_failover.md by hand, and have that step say what it does without the source.",
    Area.CONTROL_PLANE: (
        "Give `recovery.route53.stop_objects` an object of the source that is kept elsewhere, or leave it in the mode "
        "`planned` while it serves."
    ),
}


def refuse_needy(run: FailoverRun, steps: Iterable[Step[FailoverRun, [], Any]]) -> None:
    """Raise `NeedsTheLost` where a step of an unplanned failover has no other way than through the source."""
    if run.operation.mode is Mode.UNPLANNED:
        blackout.refuse([step.reach(run) for step in steps], may_be_dark(run), remedies=REMEDIES)


def dependences(run: FailoverRun, step: Step[FailoverRun, [], Any]) -> list[Dependence]:
    """Return what the step touches that may be dark, for a plan; a planned move leaves a source that answers."""
    if run.operation.mode is Mode.PLANNED:
        return []
    return blackout.dependences(step.reach(run), may_be_dark(run))


def may_be_dark(run: FailoverRun) -> Mapping[Area, AbstractSet[str]]:
    """Return the endpoints in the source, the stop objects that are kept there too, and the control plane."""
    stops = run.file.settings.route53.stop_objects or {}
    kept = {stop_object_of(name) for name, stop in stops.items() if stop.region == run.source.name}
    return {Area.SOURCE: {*source_parts(run), *kept}, Area.CONTROL_PLANE: {CONTROL_PLANE}}
