"""Seeing that customers are served: by using the global name, and by what the prober's clients see."""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from recovery.errors import Unavailable
from recovery.findings import Checked
from recovery.measurement import Request
from recovery.ports import Served
from recovery.waiting import wait_until
from tasks import measuring
from tasks.run import FailoverRun, Run
from tasks.step import step


@step(
    title="Verify through the global name",
    side="target",
    retries=1,
    deadline="verify_seconds",
    touches=lambda run: [run.outside.front_door.name, run.outside.prober.endpoint],
)
def verify(run: FailoverRun) -> Checked:
    """Every service answers through the global name, from the target, and keeps a row where it keeps rows.

    Then the prober's clients are waited for: enough good windows in a row. Where it can
    not be asked, the reason stands in place of the instant. Safe to repeat.
    """
    until = monotonic() + float(run.file.settings.deadlines.verify_seconds)
    served = wait_until(
        lambda: served_by(run, {run.target.name}),
        what="every service through the global name",
        deadline_s=until - monotonic(),
        poll_s=0.2,
    )
    services = {one.service: one.detail for one in served}
    clients = _Clients(run)
    try:
        restored_at = wait_until(
            clients.restored,
            what="the prober's clients",
            deadline_s=max(0.0, until - monotonic()),
            poll_s=0.25,
        )
    except Unavailable as error:
        return Checked(services=services, restored_at=None, reason=str(error))
    return Checked(services=services, restored_at=restored_at)


def served_by(run: Run[Any], regions: AbstractSet[str]) -> tuple[list[Served] | None, str]:
    """Ask every service once through the global name; None, and what failed, unless *regions* served all of it."""
    file = run.file
    served = run.outside.front_door.check(file.services, measuring.row_services(file))
    bad = [one for one in served if not one.ok or one.region not in regions]
    told = "; ".join(f"{one.service} at {one.region}: {one.detail}" for one in bad)
    return (None if bad else served), told


class _Clients:
    """What the ledger tells of the clients so far; asked again only for what is new.

    A prober that hands out its whole ledger four times a second would be what it measures.
    """

    def __init__(self, run: FailoverRun) -> None:
        self._run = run
        self._next = measuring.ledger_since(run)
        self._requests: list[Request] = []

    def restored(self) -> tuple[datetime | None, str]:
        """Return T6, None while clients are not restored."""
        new = self._run.outside.prober.requests(self._next)
        self._requests += new
        if new:
            self._next = new[-1].ended_at + timedelta(microseconds=1)
        fault = measuring.fault_point(self._run, self._requests)
        point = measuring.restored_point(self._run, self._requests, fault)
        return point.at, point.reason or "restored"
