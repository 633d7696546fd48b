"""What a recovery in a third place achieved: customers, seen served again, and the fate of what they were promised."""

from datetime import datetime, timedelta

from recovery import ledger, timeline
from recovery.errors import RecoveryError, Unavailable
from recovery.findings import Checked
from recovery.journal import Kind
from recovery.measurement import Request, Rows
from recovery.restoring import Achieved
from recovery.waiting import wait_until
from tasks import measuring
from tasks.achieving import phases
from tasks.moving import open_stand_ins, send_traffic
from tasks.replacing import put_in
from tasks.restore_run import RecoveryRun
from tasks.run import now
from tasks.step import step
from tasks.verification import served_by


@step(
    title="Verify through the global name",
    retries=1,
    touches=lambda run: [run.outside.front_door.name, run.outside.prober.endpoint],
    timeout_s=None,
)
def verify_recovery(run: RecoveryRun) -> Checked:
    """Every service answers through the global name, from a stand-in, and keeps a row where it keeps rows.

    Then the prober's clients are waited for; where it can not be asked, the reason stands in place of the instant.
    Safe to repeat.
    """
    deadline_s = float(run.file.settings.deadlines.verify_seconds)
    regions = {part.region for part in run.parts}
    served = wait_until(
        lambda: served_by(run, regions),
        what="every service through the global name",
        deadline_s=deadline_s,
        poll_s=0.2,
    )
    services = {one.service: one.detail for one in served}
    clients_s = deadline_s + float(
        run.file.settings.route53.record_ttl_seconds
    )  # so long they keep the old answer
    try:
        restored_at = wait_until(
            _Clients(run).restored, what="the prober's clients", deadline_s=clients_s, poll_s=0.25
        )
    except Unavailable as error:
        return Checked(services=services, restored_at=None, reason=str(error))
    return Checked(services=services, restored_at=restored_at)


@step(title="Measure what was achieved", touches=lambda run: [run.outside.prober.endpoint])
def measure_recovery(run: RecoveryRun) -> Achieved:
    """Compare the prober's ledger with what is in the stand-ins, and add up the journal's times. Safe to repeat.

    RTO: from the last good probe to customers served again. RPO: from the newest row before which none that was
    promised is missing, to the last good probe; docs/report.md.
    """
    fault_at, checked = run.fault_at, verify_recovery.result(run)
    restored_at = checked.restored_at if checked else None
    rto = restored_at - fault_at if restored_at and fault_at else None
    rows, reason = _rows(run, fault_at)
    prefix = rows.newest_of_prefix if rows else None
    rpo = fault_at - prefix if prefix and fault_at else None
    outage = rto.total_seconds() if rto else None
    return Achieved(
        rto_s=outage,
        rpo_s=max(rpo.total_seconds(), 0.0) if rpo else None,
        rpo_reason=None if rpo else reason or "the oldest row that is compared is lost already",
        rows_after=len(rows.lost) if rows else None,
        rows_given_up=len(rows.lost) if rows else None,
        outage_s=outage,
        phases=_phases(run, fault_at, restored_at),
    )


class _Clients:
    """What the ledger tells of the clients since the stand-ins were opened; asked again only for what is new."""

    def __init__(self, run: RecoveryRun) -> None:
        self._run = run
        opened = run.journal.find(Kind.STARTED, step=open_stand_ins.name)
        self._since = self._next = opened.time if opened else now()
        self._requests: list[Request] = []

    def restored(self) -> tuple[datetime | None, str]:
        """Return T6, None while clients are not served."""
        run = self._run
        new = run.outside.prober.requests(self._next)
        self._requests += new
        if new:
            self._next = new[-1].ended_at + timedelta(microseconds=1)
        serving, sent = measuring.serving_of(run.file), send_traffic.result(run)
        ttl = timedelta(seconds=run.file.settings.route53.record_ttl_seconds)
        windows = timeline.windows(self._requests, origin=self._since, length=serving.window, until=now())
        settles_at = sent.answered_at + ttl if sent else None
        point = timeline.restored(windows, fault_at=self._since, serving=serving, settles_at=settles_at)
        return point.at, point.reason or "served"


def _rows(run: RecoveryRun, fault_at: datetime | None) -> tuple[Rows | None, str | None]:
    """Compare what the prober was promised with the first stand-in: both have the same."""
    if fault_at is None:
        return None, "nobody said when the regions were lost, and the prober has no good probe"
    since = fault_at - timedelta(minutes=run.file.settings.prober.look_back_minutes)
    opened = run.journal.find(Kind.STARTED, step=open_stand_ins.name)
    until = opened.time if opened else now()
    try:
        writes = run.outside.prober.requests(since, until, kind="write")
        present = run.estate.region(run.region).database.present_rows(since - timedelta(minutes=1))
    except RecoveryError as error:
        return None, str(error)
    return ledger.compare(writes, present, since=since, compared_at=now()), None


def _phases(run: RecoveryRun, fault_at: datetime | None, restored_at: datetime | None) -> dict[str, float]:
    """Return what each part of the outage took, the decision to begin among them."""
    found = phases(run)
    begun = [e.time for e in run.journal.events if (e.kind, e.step) == (Kind.STARTED, put_in.name)]
    opened = run.journal.events[0].time
    ready = run.journal.find(Kind.DONE, step=open_stand_ins.name)
    spans = {
        "decide": (fault_at, opened),
        "replace": (min(begun, default=None), ready.time if ready else None),
        "move": (ready.time if ready else None, restored_at),
    }
    return found | {
        name: (end - begin).total_seconds() for name, (begin, end) in spans.items() if begin and end
    }
