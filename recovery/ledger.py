"""The ledger compared with a database: which promised rows are there, which are lost, and since when.

A row's key is (service, client, seq). A write's sequence number is used once, so a row is there or it is not.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from itertools import pairwise, takewhile

from recovery.measurement import Outcome, Request, Row, Rows

Key = tuple[str, str, int]


def key(request: Request) -> Key:
    """Return the key of the row that a write makes."""
    return request.service, request.client, request.seq


def commit_time(request: Request) -> datetime:
    """Return when the row was committed: by the service's clock, else when the client had its answer."""
    return request.committed_at or request.ended_at


def compare(
    requests: Iterable[Request], present: Collection[Key], *, since: datetime, compared_at: datetime
) -> Rows:
    """Return the fate of every write that started at or after *since*, given the keys in the target.

    A write that was rejected, and whose row is there all the same, counts as unknown and present: nobody
    was promised it. *present* should be read after the target has applied everything it was sent.
    """
    writes = [request for request in requests if request.kind == "write" and request.started_at >= since]
    promised = sorted((write for write in writes if write.succeeded), key=commit_time)
    doubtful = [write for write in writes if not write.succeeded]
    lost = [write for write in promised if key(write) not in present]
    unknown_absent = [w for w in doubtful if w.outcome is Outcome.UNKNOWN and key(w) not in present]
    return Rows(
        compared_since=since,
        compared_at=compared_at,
        acknowledged=len(promised),
        present=len(promised) - len(lost),
        lost=[_row(write) for write in lost],
        unknown_present=sum(key(write) in present for write in doubtful),
        unknown_absent=len(unknown_absent),
        newest_of_prefix=newest_of_prefix(promised, present),
    )


def newest_of_prefix(promised: Iterable[Request], present: Collection[Key]) -> datetime | None:
    """Return the commit time of the newest row such that every older promised row is *present*.

    Rows committed at the same instant as a lost one do not count as older. None: the oldest row is lost,
    or nothing was promised.
    """
    by_commit = sorted(promised, key=commit_time)
    first_lost = next((commit_time(write) for write in by_commit if key(write) not in present), None)
    if first_lost is None:
        return commit_time(by_commit[-1]) if by_commit else None
    prefix = list(takewhile(lambda write: commit_time(write) < first_lost, by_commit))
    return commit_time(prefix[-1]) if prefix else None


def interval(requests: Iterable[Request], *, around: datetime, span: timedelta) -> timedelta | None:
    """Return the error bound of the achieved RPO: the ledger's largest silence near *around*.

    That is the longest time between two consecutive acknowledged commits, the later of which lies within
    *span* before *around*. What the service committed in between for others is not in the ledger. None:
    there are no two such commits.
    """
    commits = sorted(commit_time(r) for r in requests if r.kind == "write" and r.succeeded)
    gaps = [later - sooner for sooner, later in pairwise(commits) if around - span <= later <= around]
    return max(gaps, default=None)


def _row(write: Request) -> Row:
    return Row(
        service=write.service,
        client=write.client,
        seq=write.seq,
        region=write.region,
        acknowledged_at=write.ended_at,
        committed_at=write.committed_at,
    )
