"""Are both regions lost? Two witnesses must say so of each, and none of their clusters may answer."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from recovery.errors import DeadlinePassed, NotReady, RecoveryError
from recovery.findings import Finding, Findings
from recovery.restoring import Lost
from recovery.waiting import wait_until
from tasks.restore_run import RecoveryRun
from tasks.step import step
from tasks.witnesses import silent

LOOKS = 3
"""One silence may be chance."""
POLL_S = 0.02


def _lost_parts(run: RecoveryRun) -> list[str]:
    regions = [run.lost.region(part.region) for part in run.parts]
    return [
        run.outside.prober.endpoint,
        *(end for one in regions for end in (one.gateway.endpoint, one.database.endpoint)),
    ]


@step(title="Confirm that both regions are lost", touches=_lost_parts)
def confirm_lost(run: RecoveryRun) -> Lost:
    """Refuse while any region serves anybody, or any cluster answers: its data is newer than every backup.

    The prober and this process must both see nothing, of each region. One that a failover has left counts as lost.
    Reads only: safe to repeat.
    """
    return seen_lost(run)


@step(title="See that they are still lost", touches=_lost_parts, looks_again=True)
def still_lost(run: RecoveryRun) -> Lost:
    """Look again before customers are let in: a region that came back meanwhile serves them, with newer data.

    Reads only: safe to repeat. Whoever opens the stand-ins looks once more: this may be long ago by then.
    """
    return seen_lost(run)


def seen_lost(run: RecoveryRun) -> Lost:
    """Return what was seen, once it was seen several times in a row; `NotReady` where it was not in time."""
    deadline_s = float(run.file.settings.deadlines.confirm_seconds)

    in_a_row = 0

    def lost() -> tuple[Findings | None, str]:
        nonlocal in_a_row
        found = looked_at(run)
        in_a_row = 0 if found.failed else in_a_row + 1
        return (found if in_a_row >= LOOKS else None), "; ".join(map(str, found.failed))

    try:
        found = wait_until(lost, what="both regions to be seen lost", deadline_s=deadline_s, poll_s=POLL_S)
    except DeadlinePassed as error:
        raise NotReady(
            f"{error}. A region that is there is failed over to, or restored in place.",
            evidence=looked_at(run).model_dump(mode="json"),
        ) from error
    return Lost(findings=found.findings, fault_at=_last_good(run))


def looked_at(run: RecoveryRun) -> Findings:
    """Return what is seen of each region that was in service."""
    return Findings(findings=[finding for part in run.parts for finding in _of_region(run, part.region)])


def _of_region(run: RecoveryRun, name: str) -> Iterator[Finding]:
    yield _by_prober(run, name)
    region, services = run.lost.region(name), run.lost.file.services_in(name)
    failed = region.gateway.answers(services)
    told = ", ".join(sorted(set(failed.values()))) or "all answer"
    yield Finding(
        check=f"{name} serves nobody, asked from here",
        ok=len(failed) == len(services),
        value=f"{len(failed)} of {len(services)} services fail: {told}",
        limit="all",
        witness="orchestrator",
        remedy=f"leave the lost one by a failover, if {name} is sound",
    )
    speaks = region.database.listens()
    yield Finding(
        check=f"{name} has no cluster",
        ok=not speaks,
        value=f"{region.database.endpoint} {'speaks' if speaks else 'is silent'}",
        remedy="its data is newer than any backup: mend what stands in front of it, or restore it in place",
    )


def _by_prober(run: RecoveryRun, name: str) -> Finding:
    check = f"{name} serves nobody, seen from outside"
    detection = run.file.automated_failover.detection
    try:
        evidence = run.outside.prober.evidence(timedelta(seconds=detection.detection_window_seconds))
        seen, served = evidence.regions[name], evidence.global_name.by_region.get(name, 0)
    except (RecoveryError, KeyError) as error:
        return silent("prober", check, error)
    return Finding(
        check=check,
        ok=seen.consecutive_failures >= detection.health_check_failures
        and seen.failed == seen.probes > 0
        and not served,
        value=f"{seen.failed} of {seen.probes} probes failed, {seen.consecutive_failures} in a row, the last one: "
        f"{seen.last_error or 'none'}; {served} clients were served",
        limit=f"all, {detection.health_check_failures} in a row, and no client served",
        witness="prober",
        remedy=f"leave the lost one by a failover, if {name} is sound",
    )


def _last_good(run: RecoveryRun) -> datetime | None:
    """Return the last good probe of any region that was in service; None where the prober has none."""
    window = timedelta(seconds=run.file.automated_failover.detection.detection_window_seconds)
    try:
        regions = run.outside.prober.evidence(window).regions
    except RecoveryError:
        return None
    seen = [regions[part.region].last_good_at for part in run.parts if part.region in regions]
    return max((at for at in seen if at is not None), default=None)
