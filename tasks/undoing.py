"""Putting the estate back as it was, whatever a test was in the middle of.

Only what the test has done is undone, and what came of it: an operation that it did not start, and that began before it
had broken anything, is somebody else's, and so is a region that such a one has left.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from recovery.drill.faults import Damage, Fault
from recovery.epoch import give_up, holder_of
from recovery.errors import NotReady, RecoveryError
from recovery.failback import Failback
from recovery.findings import Findings
from recovery.journal import Kind, closed_at, find
from recovery.operation import Failover, new_id
from recovery.operation_journal import left_by, newest_first, read
from recovery.procedures import AnyOperation, asked_for
from recovery.report.restore_words import REPAIRED
from recovery.restore_operation import Restore, Scope
from recovery.shift import WHOLE, weights_for
from recovery.waiting import wait_until
from tasks import steady
from tasks.answers import answered_only
from tasks.drill_run import DrTestRun, Procedures
from tasks.failback import customers_weight
from tasks.playing import STEADY_S, answers_again, is_left, notes_of
from tasks.run import now
from tasks.traffic import HELD

UNDER_WAY_S = 60.0
"""So long an operation that others run may go on, before it is taken over."""


def put_back(run: DrTestRun, procedures: Procedures) -> Findings:
    """Mend what was broken, end what is under way, and bring back what was left; return the steady state.

    Safe to repeat, and on an estate to which nothing happened: each part looks before it acts.
    """
    run.note("The estate is put back as it was.")
    _rebuilt(run, procedures)
    damaged: Sequence[Damage] = ()
    if run.outside.faults:
        run.epoch.prove()
        damaged = run.outside.faults.heal()
    _finished(run, procedures)
    if left := is_left(run):
        _brought_back(run, procedures, left)
    for damage in damaged:
        _restored(run, procedures, damage)
    return steady.awaited(run.estate, deadline_s=STEADY_S)


def _brought_back(run: DrTestRun, procedures: Procedures, left: str) -> None:
    """Have a region back that was left: `NotReady` where that was not the test's doing."""
    quorum = run.outside.journal
    by = left_by(quorum, left, but="") or ""
    opened = find(read(quorum, by), Kind.OPENED)
    _refuse_others(run, by, f"{left} was left by {by}", since=opened.time if opened else None)
    answers_again(run)
    _emptied(run, left)
    operation = new_id("failback", now())
    run.note(f"{operation} was started, to bring {left} back.", started=operation)
    procedures.failback(
        Failback(region=left, id=operation, estate=run.operation.estate, reason=f"{run.id} was stopped")
    )


def _restored(run: DrTestRun, procedures: Procedures, damage: Damage) -> None:
    """Have rows back that the test has damaged, unless a restore has brought them back, or somebody else did it."""
    broken = next((e.time for e in notes_of(run) if e.data.get("injecting") == Fault.CORRUPTION), None)
    if broken is None or damage.at < broken or _is_repaired(run, damage):
        return
    operation = new_id("restore", now())
    run.note(f"{operation} was started, to bring damaged rows back.", started=operation)
    procedures.restore(
        Restore(
            region=damage.region,
            scope=Scope.SURGICAL,
            before_transaction=damage.transaction,
            tables=(damage.table,),
            apply=True,
            id=operation,
            estate=run.operation.estate,
            reason=f"{run.id} was stopped",
        )
    )


def _is_repaired(run: DrTestRun, damage: Damage) -> bool:
    """Whether a restore to just before that transaction has repaired the live rows."""
    quorum = run.outside.journal
    for name in newest_first(quorum, "restore"):
        events = read(quorum, name)
        opened, closed = find(events, Kind.OPENED), find(events, Kind.CLOSED)
        if opened is not None and opened.time < damage.at:
            return False
        asked = asked_for(events)
        same = isinstance(asked, Restore) and str(asked.before_transaction) == damage.transaction
        if same and closed is not None and closed.data.get("outcome") == REPAIRED:
            return True
    return False


def _refuse_others(run: DrTestRun, operation: str, what: str, *, since: datetime | None) -> None:
    """Raise `NotReady` for an operation that neither the test has started, nor what it has broken."""
    notes = notes_of(run)
    broken = next((event.time for event in notes if "injecting" in event.data), None)
    came_of_it = broken is not None and since is not None and since >= broken
    if not came_of_it and all(event.data.get("started") != operation for event in notes):
        raise NotReady(
            f"{what}, which is none of this test's: a person decides about it. After that, `dr drill --put-back "
            f"--id {run.id}` puts back what the test has changed."
        )


def _rebuilt(run: DrTestRun, procedures: Procedures) -> None:
    """Have clusters back that were lost with their disks: nothing else can be mended before."""
    lost = [name for name in run.file.regions if not run.estate.region(name).database.listens()]
    injected = [event for event in notes_of(run) if event.data.get("injecting") == Fault.CLUSTERS]
    if len(lost) < len(run.file.regions) or not injected:
        return
    _finished(run, procedures)
    if any(run.estate.region(name).database.listens() for name in lost):
        return
    operation = new_id("restore", now())
    run.note(f"{operation} was started, to rebuild both clusters.", started=operation)
    procedures.restore(
        Restore(
            region=run.region.name,
            scope=Scope.TWO_REGION,
            latest=True,
            repository=run.other.name,
            id=operation,
            estate=run.operation.estate,
            reason=f"{run.id} was stopped",
        )
    )


def _emptied(run: DrTestRun, left: str) -> None:
    """Have no customers in a region whose return was held half-way: a failback begins with its fence.

    They are sent to the other region, which must serve, and are there once the answers of before have expired. One
    that has its customers by a person's hand keeps them: the failback refuses, and says what to do.
    """
    if not (customers_weight(left, run.estate) and _was_held(run, left)):
        return
    other = run.file.other(left)
    serving = run.estate.region(other)

    def serves() -> tuple[bool | None, str]:
        failed = serving.gateway.answers(run.file.services_in(other))
        return (None if failed else True), ", ".join(f"{name}: {how}" for name, how in failed.items())

    wait_until(serves, what=f"every service of {other}", deadline_s=STEADY_S, poll_s=0.5)
    run.note(f"All traffic is sent to {other}: that {left} gets its own back was held half-way.")
    run.outside.traffic.set_weights(weights_for(WHOLE, left, other))
    ttl_s = float(run.file.settings.route53.record_ttl_seconds)
    expire = answered_only(run, {other})[0] + timedelta(seconds=ttl_s)
    wait_until(
        lambda: ((now() >= expire) or None, f"they do at {expire:%H:%M:%S} UTC"),
        what=f"that answers with {left} have expired",
        deadline_s=2 * ttl_s + 1,
        poll_s=0.1,
    )


def _was_held(run: DrTestRun, left: str) -> bool:
    """Whether the newest failback is of that region, and held its traffic half-way."""
    quorum = run.outside.journal
    events = [event for name in newest_first(quorum, "failback")[:1] for event in read(quorum, name)]
    ours = any(event.data.get("returned") == left for event in events if event.kind is Kind.OPENED)
    return ours and any(event.data.get("ended") == HELD for event in events if event.kind is Kind.NOTED)


def _finished(run: DrTestRun, procedures: Procedures) -> None:
    """Have no operation under way: wait for its end, or go on with it where whoever ran it is gone."""
    quorum = run.outside.journal
    if (holder := holder_of(quorum, run.estate.name)) is None:
        return

    def over() -> tuple[bool | None, str]:
        held = holder_of(quorum, run.estate.name)
        return (None if held else True), f"{held.operation} goes on" if held else "free"

    try:
        wait_until(over, what=f"the end of {holder.operation}", deadline_s=UNDER_WAY_S, poll_s=0.5)
    except RecoveryError:
        _refuse_others(
            run, holder.operation, f"{holder.operation} holds {run.estate.name}", since=holder.since
        )
        _gone_on_with(run, procedures, holder.operation)


def _gone_on_with(run: DrTestRun, procedures: Procedures, operation: str) -> None:
    run.note(f"{operation} is gone on with here: nobody has ended it.")
    events = read(run.outside.journal, operation)
    try:
        _resumed(run, procedures, operation, asked_for(events))
    except RecoveryError:
        # One that had begun to back out ends so, and one whose reason was mended meanwhile: it was put back, or says
        # why not.
        if closed_at(read(run.outside.journal, operation)) is None:
            raise


def _resumed(run: DrTestRun, procedures: Procedures, operation: str, asked: AnyOperation | None) -> None:
    here = {"id": operation, "estate": run.operation.estate}
    match asked:
        case Failover():
            procedures.failover(asked.model_copy(update=here))
        case Failback():
            procedures.failback(asked.model_copy(update=here))
        case Restore():
            procedures.restore(asked.model_copy(update=here))
        case None:
            run.note(f"{operation} is given up: its process died before it had begun anything.")
            give_up(run.outside.journal, run.estate.name, operation)
        case _:
            run.note(f"{operation} is left to a person: it is not one that a test starts.")
