"""Measuring from outside: the prober's ledger and the journal's instants become the operation's figures."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from recovery import interruption, ledger, timeline
from recovery.errors import RecoveryError
from recovery.estate import EstateFile
from recovery.journal import Kind
from recovery.measurement import Interruptions, Measurement, Point, PointName, Request, Rows
from recovery.operation import Mode
from recovery.timeline import Serving
from tasks.approval import approve
from tasks.replication import measure_exposure
from tasks.run import FailoverRun, now
from tasks.step import step
from tasks.traffic import shift

BEFORE_FAULT = timedelta(seconds=10)
"""How much of the time before the fault the picture shows."""
LEDGER_MARGIN = timedelta(seconds=30)
"""Requests are read from so long before the fault as it was first estimated: enough to find it."""


@step(
    title="Measure what was achieved",
    side="target",
    touches=lambda run: [run.outside.prober.endpoint, run.target.database.endpoint],
)
def measure(run: FailoverRun) -> Measurement:
    """Return the clock points, the windows of traffic, and the fate of every row that was promised.

    Reads only: safe to repeat. What can not be measured has its reason.
    """
    serving = serving_of(run.file)
    try:
        requests = run.outside.prober.requests(ledger_since(run))
    except RecoveryError as error:
        return _unmeasured(run, str(error))
    fault = fault_point(run, requests)
    rows, reason = _rows(run, fault.at or _mutating_or_now(run))
    interrupted, unseen = _interruptions(run, requests, fault)
    origin = (fault.at or _mutating_or_now(run)) - BEFORE_FAULT
    return Measurement(
        points=[fault, *_points(run, requests, fault)],
        windows=timeline.windows(requests, origin=origin, length=serving.window, until=now()),
        rows=rows,
        rows_reason=reason,
        interruptions=interrupted,
        interruptions_reason=unseen,
        success_target=serving.success_target,
        windows_needed=serving.windows_needed,
    )


def serving_of(file: EstateFile) -> Serving:
    """Return what counts as serving, as the estate has it."""
    prober = file.settings.prober
    return Serving(
        window=timedelta(milliseconds=prober.window_ms),
        success_target=prober.success_target,
        windows_needed=int(prober.windows),
    )


def row_services(file: EstateFile) -> list[str]:
    """Return the services that keep rows: those named after a node group (vault-service, eden_vault)."""
    groups = {group.rsplit("_", 1)[-1] for group in file.node_groups}
    return [service for service in file.services if service.removesuffix("-service") in groups]


def mutating_at(run: FailoverRun) -> datetime | None:
    """Return T3: when the first mutating step started, None before that."""
    started = (e for e in run.journal.events if e.kind is Kind.STARTED and e.data.get("mutating") is True)
    return next((event.time for event in started), None)


def ledger_since(run: FailoverRun) -> datetime:
    """Return from when on the ledger is read: before the fault, however long people took to decide."""
    exposed = measure_exposure.result(run)
    known = [run.operation.injected_at, exposed.fault_at if exposed else None, _mutating_or_now(run)]
    return min(at for at in known if at is not None) - LEDGER_MARGIN


def fault_point(run: FailoverRun, requests: Sequence[Request]) -> Point:
    """Return T0; of a planned move without a fault, the start of the first window in which it disturbed clients."""
    serving, mutated = serving_of(run.file), mutating_at(run)
    unprovoked = run.operation.mode is Mode.PLANNED and run.operation.injected_at is None
    if unprovoked and mutated is not None:
        seen = timeline.windows(requests, origin=mutated, length=serving.window, until=_until(run))
        if disturbed := next((window for window in seen if not serving.good(window)), None):
            return Point(
                name=PointName.FAULT, at=disturbed.start, measured_by="prober", error_s=disturbed.length_s / 2
            )
    return timeline.fault(
        requests,
        source=run.source.name,
        noticed_at=_mutating_or_now(run),
        serving=serving,
        injected_at=run.operation.injected_at,
    )


def restored_point(run: FailoverRun, requests: Sequence[Request], fault: Point) -> Point:
    """Return T6; what fails until the old answer has expired everywhere still belongs to this outage."""
    if fault.at is None:
        return _missing(PointName.RESTORED, "T0 was not measured")
    serving = serving_of(run.file)
    shifted = shift.result(run)
    ttl = timedelta(seconds=run.file.settings.route53.record_ttl_seconds)
    windows = timeline.windows(requests, origin=fault.at, length=serving.window, until=_until(run))
    settles_at = shifted.answered_at + ttl if shifted else None
    return timeline.restored(windows, fault_at=fault.at, serving=serving, settles_at=settles_at)


def _until(run: FailoverRun) -> datetime:
    """Return up to when clients are looked at: the end of the verification, once it has seen them served."""
    verified = run.journal.find(Kind.DONE, step="verify", region=run.target.name)
    return verified.time if verified else now()


def _points(run: FailoverRun, requests: Sequence[Request], fault: Point) -> list[Point]:
    """Return T1 to T7."""
    mutated, shifted = mutating_at(run), shift.result(run)
    writable = (
        timeline.writable(requests, target=run.target.name, mutating_at=mutated)
        if mutated
        else _missing(PointName.WRITABLE, "nothing was changed")
    )
    return [
        *_decided(run),
        Point(name=PointName.MUTATING, at=mutated, measured_by="journal"),
        writable,
        Point(
            name=PointName.ANSWERED,
            at=shifted.answered_at if shifted else None,
            measured_by="DNS",
            error_s=shifted.error_s if shifted else None,
            reason=None if shifted else "traffic was not shifted",
        ),
        restored_point(run, requests, fault),
        _missing(
            PointName.REDUNDANT,
            "replication from the source stays off until the failback makes the estate redundant again",
            by="heartbeats",
        ),
    ]


def _decided(run: FailoverRun) -> list[Point]:
    """Return T1 and T2: an approval decides; without one an incident's verdict, or the person who opened it."""
    opening, asked = run.journal.find(Kind.OPENED), approve.result(run)
    approved_at = asked.approved_at if asked else None
    decided_at = opening.time if opening else None
    if incident := run.operation.incident:
        detected = Point(name=PointName.DETECTED, at=incident.active_at, measured_by="Prometheus")
        decided_at = incident.decided_at
    else:
        detected = _missing(PointName.DETECTED, "started by a person, not by an alert", by="Prometheus")
    by = "approval" if approved_at else "decision record"
    return [detected, Point(name=PointName.DECIDED, at=approved_at or decided_at, measured_by=by)]


def _rows(run: FailoverRun, fault_at: datetime) -> tuple[Rows | None, str | None]:
    """Compare the ledger with the target's databases, as far back as the estate says."""
    since = fault_at - timedelta(minutes=run.file.settings.prober.look_back_minutes)
    try:
        writes = run.outside.prober.requests(since, kind="write")
        # A minute more than the ledger's: the database's clock is not the prober's.
        present = run.target.database.present_rows(since - timedelta(minutes=1))
    except RecoveryError as error:
        return None, str(error)
    return ledger.compare(writes, present, since=since, compared_at=now()), None


def _interruptions(
    run: FailoverRun, requests: Sequence[Request], fault: Point
) -> tuple[Interruptions | None, str | None]:
    """Return how single clients were interrupted since T0; by a planned move, since T3 if that was earlier."""
    if fault.at is None:
        return None, "T0 was not measured"
    since = min(fault.at, mutating_at(run) or fault.at)
    return interruption.measured(requests, since=since, until=_until(run), serving=serving_of(run.file))


def _unmeasured(run: FailoverRun, reason: str) -> Measurement:
    serving = serving_of(run.file)
    return Measurement(
        points=[_missing(PointName.FAULT, reason), *_points(run, [], _missing(PointName.FAULT, reason))],
        windows=[],
        rows=None,
        rows_reason=reason,
        interruptions_reason=reason,
        success_target=serving.success_target,
        windows_needed=serving.windows_needed,
    )


def _mutating_or_now(run: FailoverRun) -> datetime:
    return mutating_at(run) or now()


def _missing(name: PointName, reason: str, *, by: str = "prober") -> Point:
    return Point(name=name, at=None, measured_by=by, reason=reason)
