"""Tables of which the returned region has missed more than a plan may have: copied whole, where that costs less."""

from collections.abc import Mapping

from recovery.reconcile.findings import Findings
from recovery.reconcile.shapes import TableName
from recovery.salvage.cheaper import better_copied
from recovery.waiting import wait_until
from tasks import salvaging, subscribing_anew
from tasks.failback_run import FailbackRun

ENDS_S = 60.0
"""So long a server may take to see that a subscriber has gone."""
LOOK_S = 0.5


def copy_most(run: FailbackRun, found: Findings) -> dict[str, str]:
    """Copy the tables of which that costs less, and return them with the reason; none where a plan can have all rows.

    Only where all that the returned region had of its own is known, and home: what else it has is not kept. A table
    of which a row waits for a person is left as it is. Safe to repeat once `end_copies` was.
    """
    reasons = _reasons(run, found)
    if not reasons:
        return {}
    run.epoch.prove()
    stopped = run.target.database.stop_applying()

    def unread() -> tuple[bool | None, str]:
        reading = [slot.subscription.node_group for slot in run.source.sending.slots(stopped) if slot.active]
        return (None if reading else True), f"{', '.join(reading) or 'none'} still read"

    wait_until(unread, what=f"the end of {run.target.name}'s subscriptions", deadline_s=ENDS_S)
    for subscription in stopped:
        if tables := [name for name in reasons if name.database == subscription.node_group]:
            for name in tables:
                run.note(f"{name} is copied whole: {reasons[name]}.", step="prove_alike")
            run.epoch.prove()
            run.target.copying.copy_anew(subscription, tables)
    end_copies(run)
    return {name.path: why for name, why in reasons.items()}


def end_copies(run: FailbackRun) -> None:
    """See every copy end that was begun, also by a process that was killed. Safe to repeat."""
    if not subscribing_anew.anew(run).of(run.target.name):
        return
    if not all(one.enabled for one in run.target.database.subscriptions()):
        run.epoch.prove()
        run.target.database.start_applying()

    def ended() -> tuple[bool | None, str]:
        """The end of a copy is seen with the next commit that arrives: 90 s passed where nobody wrote."""
        run.source.database.beat(run.source.name)
        left = run.target.copying.under_way()
        return (None if left else True), f"{', '.join(map(str, left)) or 'none'} under way"

    deadline_s = 60 * float(run.file.settings.failback.catch_up_minutes)
    wait_until(ended, what=f"the copies of {run.target.name}'s tables", deadline_s=deadline_s, poll_s=LOOK_S)


def _reasons(run: FailbackRun, found: Findings) -> Mapping[TableName, str]:
    """Return the tables that are copied, each with why."""
    listed, waits = salvaging.listed(run), {table for table, _ in salvaging.waiting(run)}
    groups = [group for group in subscribing_anew.anew(run).of(run.target.name) if listed.is_whole(group)]
    names = {
        name.path: name
        for name in run.source.tables.replicated()
        if name.database in groups and name not in waits
    }
    may_be = [table for table in found.tables if table.table in names]
    most = run.file.settings.reconciliation.most_rows
    return {
        names[table.table]: (
            f"{table.drifted:,} of {max(table.rows_left, table.rows_right):,} rows differ, more than a plan may have, "
            "and a copy of all costs less than a repair"
        )
        for table in better_copied(may_be, drifted=found.drifted, most=most)
    }
