"""Walking a scenario through: every precondition is looked at, and nothing is touched."""

from recovery.dr_test.outcome import Injection, Losses, Proof, ProofState, ScenarioOutcome
from recovery.drill import evidence
from recovery.drill.scripts import WATCHING, Expected
from recovery.errors import RecoveryError
from recovery.findings import Finding
from recovery.operation import Failover, Mode
from recovery.restore_operation import Restore, Scope
from tasks.playing import Scene
from tasks.run import now

TABLETOP = "a tabletop touches nothing"
NOT_SO = ("DOES NOT HOLD", "WOULD BE REFUSED")
"""What a plan says of what stands against it."""
RESTORING = frozenset({Expected.BESIDE, Expected.ROWS_RESTORED, Expected.CLUSTERS_REBUILT})


def walked(scene: Scene) -> ScenarioOutcome:
    """Return what stands against the procedure that the scenario would need, by its own dry run."""
    try:
        against = [line.strip(" -") for line in _plan(scene).splitlines() if any(no in line for no in NOT_SO)]
    except RecoveryError as error:
        against = [str(error)]
    told = "; ".join(against) or "its preconditions hold"
    not_done = Proof(state=ProofState.NOT_DONE, sentence=TABLETOP)
    return ScenarioOutcome(
        scenario=scene.script.scenario,
        started_at=scene.began,
        ended_at=now(),
        injection=Injection(what="nothing", at=None, reason=TABLETOP),
        happened=f"walked through: {told}",
        rto=evidence.not_applicable(TABLETOP),
        rpo=evidence.not_applicable(TABLETOP),
        losses=Losses(reason=TABLETOP),
        integrity=[Finding(check="what it needs is there", ok=not against, value=told, witness="dry run")],
        steady_before=not_done,
        steady_after=not_done,
        reconciliation=not_done,
        failback=not_done,
        there=None,
        back=None,
    )


def _plan(scene: Scene) -> str:
    """Return the dry run of what would be done: of a failover as if it were planned, since nothing is at fault now."""
    order, region = scene.run.operation, scene.region
    if scene.script.expected in WATCHING:
        return ""
    if scene.script.expected in RESTORING:
        return str(
            scene.procedures.restore(
                Restore(region=region, scope=Scope.BESIDE, latest=True, dry_run=True, estate=order.estate)
            )
        )
    return str(
        scene.procedures.failover(
            Failover(source=region, mode=Mode.PLANNED, dry_run=True, estate=order.estate)
        )
    )
