"""What stands around a verdict: is the target ready, is the estate free, may anything happen by itself."""

from datetime import datetime

from recovery import operation_journal, switch
from recovery.epoch import holder_of
from recovery.errors import RecoveryError, Unavailable
from recovery.estate_in_hand import EstateInHand
from recovery.evidence import Evidence, fails
from recovery.findings import exposure
from recovery.guards import DAY, Circumstances
from recovery.journal import Kind, closed_at, find
from recovery.quorum import Quorum


def probes(evidence: Evidence, estate: EstateInHand) -> dict[str, bool | None]:
    """Return whether each region answers the prober well, by the estate's thresholds; None where it was not asked."""
    detection = estate.file.automated_failover.detection
    return {
        name: None if not seen.probes and not seen.consecutive_failures else not fails(seen, detection)
        for name, seen in evidence.regions.items()
    }


def around(
    estate: EstateInHand, evidence: Evidence | None, *, source: str, fault_at: datetime | None, now: datetime
) -> Circumstances:
    """Return the circumstances of a failover from *source*, but for its verdict's standing, and for maintenance.

    What could not be asked is told as what forbids: nothing is done for want of an answer.
    """
    ready, told = _ready(estate, evidence, source=source, fault_at=fault_at or now)
    try:
        quorum = estate.outside.journal
        holder, thrown = holder_of(quorum, estate.name), switch.newest(quorum, estate.name)
        begun, ended, left_by = _history(quorum, source, now)
    except Unavailable as error:
        return Circumstances(target_ready=ready, target_told=told, switched_off=f"not known: {error}")
    return Circumstances(
        target_ready=ready,
        target_told=told,
        operation=holder.operation if holder else None,
        begun=begun,
        left_by=left_by,
        ended_at=ended,
        switched_off=None if thrown is None or thrown.on else thrown.sentence,
    )


def _ready(
    estate: EstateInHand, evidence: Evidence | None, *, source: str, fault_at: datetime
) -> tuple[bool | None, str]:
    """Return whether the target answers the prober, and lacks no more than the RPO of the source's commits.

    The flow's own checks look closer before anything changes. Whether the target takes writes is no
    question yet: its Redis is a replica until it is promoted.
    """
    target = estate.other(source)
    if evidence is None or target.name not in evidence.regions:
        return None, "the prober does not tell"
    failed = evidence.regions[target.name].consecutive_failures
    try:
        lacks = exposure([*target.database.heartbeats(source).values()], fault_at=fault_at)
    except RecoveryError as error:
        return None, f"its PostgreSQL does not tell what it lacks: {error}"
    if lacks is None:
        return None, "a node group has no heartbeat of the source"
    rpo = estate.file.rpo
    told = f"{failed} probes failed in a row, it lacks {lacks.total_seconds():.1f} s (RPO {rpo.total_seconds():g} s)"
    return failed == 0 and lacks <= rpo, told


def _history(
    quorum: Quorum, source: str, now: datetime
) -> tuple[tuple[datetime, ...], datetime | None, str | None]:
    """Return when the last day's failovers were opened, when the newest ended, and which one left *source*.

    The newest one that passed its point of no return says which region was left, unless that was brought back since.
    """
    begun, ended, moved, back = list[datetime](), list[datetime](), None, None
    for name in operation_journal.newest_first(quorum, *operation_journal.MOVES):
        events = operation_journal.read(quorum, name)
        opened, ponr = find(events, Kind.OPENED), find(events, Kind.POINT_OF_NO_RETURN)
        if opened and ponr and opened.data.get("returned") == source:
            back = back or opened.time
        if opened is None or "source" not in opened.data:  # another procedure, which leaves no region
            continue
        if moved is not None and opened.time < now - DAY:
            break
        begun.append(opened.time)
        ended += [at] if (at := closed_at(events)) else []
        if moved is None and ponr:
            moved = (name, opened.data.get("source"), opened.time)
    is_left = moved is not None and moved[1] == source and (back is None or moved[2] > back)
    return tuple(begun), max(ended, default=None), moved[0] if moved and is_left else None
