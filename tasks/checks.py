"""Checks before anything is changed: each a fact with a value, a limit and a remedy."""

from recovery import operation_journal
from recovery.errors import DeadlinePassed, NotReady, RecoveryError
from recovery.findings import Finding, Findings
from recovery.operation import Mode
from recovery.traffic import CONTROL_PLANE, stop_object_of
from recovery.waiting import wait_until
from tasks import fencing, readiness, soundness, witnesses
from tasks.run import FailoverRun
from tasks.step import step

WITNESSES_NEEDED = 2


def _source_and_witnesses(run: FailoverRun) -> list[str]:
    guard = fencing.guard_of_source(run)
    ends = [
        *fencing.source_parts(run),
        *([guard.endpoint] if guard else []),
        run.target.database.endpoint,
        CONTROL_PLANE,
    ]
    return ends if run.operation.mode is Mode.PLANNED else [run.outside.prober.endpoint, *ends]


@step(
    title="Confirm the state of the source",
    side="source",
    touches=_source_and_witnesses,
    deadline="confirm_seconds",
    without_source="that is a witness's evidence against it",
    without_control_plane="whether a region that was left came back is not known; the other checks decide",
    looks_again=True,
)
def confirm_source(run: FailoverRun) -> Findings:
    """Unplanned: two of three witnesses call the source at fault, and the prober does not call it well.

    Planned: the source is sound, and what it commits arrives. A source that was left already is refused:
    of several who see the same fault, the one that comes late is told. Where an earlier process of this operation
    has fenced the source, or its guard keeps it closed, that accuses nobody (`_still_closed`). Reads only, but for a
    mark: safe to repeat.
    """
    _refuse_left(run)
    if run.operation.mode is Mode.PLANNED:
        closed = fencing.own_fence(run)
        if closed:  # it is completed next, or nothing is taken over; then all of what it has must arrive
            return Findings(findings=closed)
        return refuse_unless_all(
            f"{run.source.name} can not be left in a planned way", soundness.of_source(run)
        )
    with fencing.sought(run) as kept_closed:
        if closed := fencing.own_fence(run):
            return _still_closed(run, closed)
        found = _convicted(run)
        closed = fencing.own_fence(run, kept_closed=True) if kept_closed() else []
        return _still_closed(run, closed) if closed else found


def _still_closed(run: FailoverRun, closed: list[Finding]) -> Findings:
    """Return that every part of the source is closed, or silent: nobody writes there, and what was seen before stands.

    A closed region fails the prober and its services' checks, whoever closed it: no witness can tell any more whether
    it is well. Where a part is open, it has come back, or was not closed yet when its process died: in doubt the
    region is opened again.
    """
    found = Findings(findings=closed)
    if found.failed:
        told = " | ".join(str(finding) for finding in found.failed)
        raise NotReady(
            f"Whether {run.source.name} is still at fault can not be told, since a part of it is closed for {run.id} "
            f"itself, and another one is not: {told}. It is opened again; where it fails then, start a new failover.",
            evidence=found.model_dump(mode="json"),
        )
    return found


def _convicted(run: FailoverRun) -> Findings:
    deadline_s = float(run.file.settings.deadlines.confirm_seconds)

    def convicted() -> tuple[Findings | None, str]:
        found = source_findings(run)
        return (found if is_at_fault(found) else None), "; ".join(map(str, found.findings))

    try:
        return wait_until(convicted, what=f"{run.source.name} to be called at fault", deadline_s=deadline_s)
    except DeadlinePassed as error:
        raise NotReady(
            f"{error}. {WITNESSES_NEEDED} of 3 witnesses must call it so, the prober among them. "
            "To leave a region that serves, use the mode `planned`.",
            evidence=source_findings(run).model_dump(mode="json"),
        ) from error


def _refuse_left(run: FailoverRun) -> None:
    """Raise `NotReady` where another operation left the source, and no traffic was sent to it since.

    Where the control plane does not tell, it may have come back: the other checks decide.
    """
    left_by = operation_journal.left_by(run.outside.journal, run.source.name, but=run.id)
    if left_by is None:
        return
    try:
        weight = run.outside.traffic.weights()[run.source.name]
    except RecoveryError as error:
        run.note(f"{left_by} left {run.source.name}; whether it came back is not known: {error}")
        return
    if weight == 0:
        raise NotReady(
            f"{run.source.name} was left already, by {left_by}, and its weight is 0 since: there is nothing to do."
        )


def source_findings(run: FailoverRun) -> Findings:
    """Return what the witnesses say now."""
    return Findings(findings=witnesses.at_fault(run))


def is_at_fault(found: Findings) -> bool:
    """Whether enough witnesses call the source at fault, the prober among them.

    The prober alone sees what customers see. A partition deafens the target, and an
    orchestrator on the target's side of it: together they would leave a region that serves.
    """
    accusing = [finding for finding in found.findings if finding.ok]
    prober = next(finding for finding in found.findings if finding.witness == "prober")
    return len(accusing) >= WITNESSES_NEEDED and prober.ok


def _stop_or_nothing(run: FailoverRun) -> str | None:
    """Return what is left where neither the zone nor the target's stop object can be looked at."""
    stops = run.source.name in run.outside.stops
    return "the source's own stop object will do, whatever the zone says" if stops else None


@step(
    title="Check that the target can take over",
    side="target",
    deadline="ready_seconds",
    touches=lambda run: [
        run.target.database.endpoint,
        run.target.cache.endpoint,
        run.target.gateway.endpoint,
        run.outside.prober.endpoint,
        run.outside.front_door.name,
        *([stop_object_of(run.target.name)] if run.target.name in run.outside.stops else []),
        CONTROL_PLANE,
    ],
    without_source=_stop_or_nothing,
    without_control_plane=_stop_or_nothing,
    looks_again=True,
)
def can_take_over(run: FailoverRun) -> Findings:
    """Refuse a target that is not reachable, writable, near enough, or large enough. Reads only."""
    return refuse_unless_all(f"{run.target.name} can not take over", readiness.of_target(run))


def refuse_unless_all(what: str, findings: list[Finding]) -> Findings:
    """Return the findings, or raise `NotReady` with each one that does not hold."""
    found = Findings(findings=findings)
    if found.failed:
        told = " | ".join(str(finding) for finding in found.failed)
        raise NotReady(f"{what}: {told}", evidence=found.model_dump(mode="json"))
    return found
