"""Walking a scenario through: every precondition is looked at, and nothing is touched."""

from collections.abc import Callable, Mapping

from recovery.dr_test.outcome import Injection, Losses, Proof, ProofState, ScenarioOutcome
from recovery.drill import evidence
from recovery.drill.scripts import Expected
from recovery.errors import RecoveryError
from recovery.findings import Finding, Findings
from recovery.operation import Failover, Mode
from recovery.readiness.check import Check, Group, State
from recovery.restore_operation import Restore, Scope
from tasks import planning, preflight, restore_planning
from tasks.playing import Scene
from tasks.run import now

TABLETOP = "a tabletop touches nothing"


def walked(scene: Scene) -> ScenarioOutcome:
    """Return what was looked at of all that the scenario would need, and what of it does not hold."""
    found = Findings(findings=_seen(scene))
    told = "; ".join([f"walked through: {found}", *map(str, found.failed)])
    not_done = Proof(state=ProofState.NOT_DONE, sentence=TABLETOP)
    return ScenarioOutcome(
        scenario=scene.script.scenario,
        started_at=scene.began,
        ended_at=now(),
        injection=Injection(what="nothing", at=None, reason=TABLETOP),
        happened=told,
        rto=evidence.not_applicable(TABLETOP),
        rpo=evidence.not_applicable(TABLETOP),
        losses=Losses(reason=TABLETOP),
        integrity=found.findings,
        steady_before=not_done,
        steady_after=not_done,
        reconciliation=not_done,
        failback=not_done,
        there=None,
        back=None,
    )


def _seen(scene: Scene) -> list[Finding]:
    """Return the preconditions; what is refused at once is one that does not hold."""
    found = []
    for look in LOOKS[scene.script.expected]:
        try:
            found += look(scene)
        except RecoveryError as error:
            found.append(Finding(check="it can be begun", ok=False, value=str(error)))
    return found


def _alerts(scene: Scene) -> list[Finding]:
    """Return whether an alert of each place would be heard; where nobody would be, it does not hold."""
    nobody = Finding(
        check="the monitoring of each place is alive", ok=False, value="the estate file names no Alertmanager"
    )
    return _ready(scene, Group.WATCHED) or [nobody]


def _link(scene: Scene) -> list[Finding]:
    """Return whether the link is crossed both ways: what each region commits arrives in the other one."""
    return _ready(scene, Group.REPLICATION)


def _ready(scene: Scene, group: Group) -> list[Finding]:
    checks = preflight.looked_at(scene.run.estate)
    return [_finding(check) for check in checks if check.group is group]


def _finding(check: Check) -> Finding:
    return Finding(
        check=f"{check.region}: {check.name}" if check.region else check.name,
        ok=check.state in {State.OK, State.WARNING},
        value=check.value,
        limit=check.limit,
        witness="readiness",
        remedy=check.remedy,
    )


def _failover(scene: Scene) -> list[Finding]:
    """Return them all but that the region is at fault: nothing is, now."""
    failover = Failover(source=scene.region, mode=Mode.UNPLANNED)
    return planning.planned(failover, scene.run.estate).preconditions


def _move(scene: Scene) -> list[Finding]:
    return planning.planned(Failover(source=scene.region, mode=Mode.PLANNED), scene.run.estate).preconditions


def _restore(scene: Scene) -> list[Finding]:
    restore = Restore(region=scene.region, scope=Scope.BESIDE, latest=True)
    return restore_planning.preconditions(restore, scene.run.estate)


def _rebuild(scene: Scene) -> list[Finding]:
    """Return them for both regions' clusters, by the other region's repository alone."""
    restore = Restore(
        region=scene.region, scope=Scope.TWO_REGION, latest=True, repository=scene.run.other.name
    )
    return restore_planning.preconditions(restore, scene.run.estate)


LOOKS: Mapping[Expected, tuple[Callable[[Scene], list[Finding]], ...]] = {
    Expected.FAILOVER: (_alerts, _failover),
    Expected.RESUMED_FAILOVER: (_alerts, _failover),
    Expected.LEFT_BY_A_PERSON: (_alerts, _move),
    Expected.PLANNED_MOVE: (_move,),
    Expected.NOTHING: (_alerts, _link),
    Expected.NOTICED: (_alerts,),
    Expected.ROWS_RESTORED: (_restore,),
    Expected.CLUSTERS_REBUILT: (_rebuild,),
    Expected.BESIDE: (_restore,),
}
"""What each scenario needs: the alerts that it begins with, and what its procedure looks at first."""
