"""What must come of the scenarios that restore from backups."""

from recovery.dr_test.outcome import Leg
from recovery.drill import evidence
from recovery.findings import Finding
from recovery.objectives import Judgement
from recovery.operation import new_id
from recovery.operation_journal import read
from recovery.report.restore_compose import compose_restore
from recovery.report.restore_document import RestoreVerdict
from recovery.restore_operation import Restore, Scope
from tasks.playing import Scene
from tasks.run import now


def rows_restored(scene: Scene) -> bool:
    """The rows that the transaction damaged come back, from before it."""
    scene.damaged_at = scene.break_it()
    operation = new_id("restore", now())
    scene.note_operation(operation, Leg.THERE)
    scene.procedures.restore(
        Restore(
            region=scene.region,
            scope=Scope.SURGICAL,
            before_transaction=scene.details.get("transaction"),
            tables=(scene.details.get("table", ""),),
            apply=True,
            id=operation,
            **scene.asked,
        )
    )
    return _seen(scene, operation).overall is Judgement.MET


def clusters_rebuilt(scene: Scene) -> bool:
    """Both clusters come back from the other region's repository alone."""
    at = scene.damaged_at = scene.break_it()
    operation = new_id("restore", now())
    scene.note_operation(operation, Leg.THERE)
    scene.procedures.restore(
        Restore(
            region=scene.region,
            scope=Scope.TWO_REGION,
            latest=True,
            repository=scene.run.other.name,
            fault_at=at,
            id=operation,
            **scene.asked,
        )
    )
    return _seen(scene, operation).overall is Judgement.MET


def restored_beside(scene: Scene) -> bool:
    """The newest state comes back beside the live cluster, and is proved."""
    operation = new_id("restore", now())
    scene.note_operation(operation, Leg.THERE)
    scene.procedures.restore(
        Restore(region=scene.region, scope=Scope.BESIDE, latest=True, keep=False, id=operation, **scene.asked)
    )
    verdict = _seen(scene, operation)
    scene.happened = f"{operation}: {verdict.brought_back}"
    scene.rpo = evidence.not_applicable("nothing was lost: the newest archived state was asked for")
    return verdict.rto.judgement == verdict.proofs.judgement == Judgement.MET


def _seen(scene: Scene, operation: str) -> RestoreVerdict:
    """Take the figures of a restore that has ended."""
    verdict = compose_restore(read(scene.run.outside.journal, operation)).verdict
    scene.rto, scene.rpo = evidence.figure(verdict.rto), evidence.figure(verdict.rpo)
    scene.happened = f"{operation}: {verdict.headline}"
    scene.integrity.append(
        Finding(
            check="what was restored is whole",
            ok=verdict.proofs.judgement == "met",
            value=f"{verdict.proofs.held} of {verdict.proofs.tried} proofs hold",
            witness="restore",
        )
    )
    return verdict
