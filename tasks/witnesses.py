"""Who says what about the source: three witnesses, none of which is the source itself."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from recovery.errors import Refused, Unavailable
from recovery.evidence import FEWEST_REQUESTS, RegionEvidence, fails
from recovery.findings import Finding
from tasks.run import FailoverRun

FEWEST_FAILURES = 3
"""One or two failures among a few requests are chance."""
ROUNDS = 3
"""How often this process asks each service."""


def at_fault(run: FailoverRun) -> list[Finding]:
    """Return what each witness says; `ok` means that it calls the source at fault."""
    return [prober(run), orchestrator(run), target(run)]


def prober(run: FailoverRun) -> Finding:
    """The client outside both regions: probes of the source's own address, and its share of the clients."""
    detection = run.file.automated_failover.detection
    limit = (
        f"{detection.health_check_failures} failures in a row, {detection.api_error_rate_threshold:.0%} errors, "
        f"or {detection.latency_threshold_ms} ms"
    )
    try:
        window = timedelta(seconds=detection.detection_window_seconds)
        seen = run.outside.prober.evidence(window).regions[run.source.name]
    except (Unavailable, KeyError) as error:
        return silent("prober", f"{run.source.name} fails, seen from outside", error)
    return Finding(
        check=f"{run.source.name} fails, seen from outside",
        ok=fails(seen, detection),
        value=_seen(seen),
        limit=limit,
        witness="prober",
    )


def orchestrator(run: FailoverRun) -> Finding:
    """This process, asking each service of the source through its gateway, a few times at once.

    Many services that fail every time, or a share of all requests above the error threshold:
    a gray failure is one too.
    """
    services = run.file.services_in(run.source.name)
    with ThreadPoolExecutor(ROUNDS) as pool:
        rounds = list(pool.map(lambda _: run.source.gateway.answers(services), range(ROUNDS)))
    dead = set.intersection(*(set(failed) for failed in rounds))
    failures, asked = sum(map(len, rounds)), ROUNDS * len(services)
    threshold = run.file.global_load_balancing.failover.threshold_percent
    error_rate = run.file.automated_failover.detection.api_error_rate_threshold
    gray = asked >= FEWEST_REQUESTS and failures >= FEWEST_FAILURES and failures >= error_rate * asked
    told = ", ".join(sorted({how for failed in rounds for how in failed.values()})) or "all answer"
    return Finding(
        check=f"{run.source.name}'s services fail, asked from here",
        ok=100 * len(dead) >= threshold * len(services) or gray,
        value=f"{failures} of {asked} requests to {len(services)} services: {told}",
        limit=f"{threshold} % of the services, or {error_rate:.0%} of the requests",
        witness="orchestrator",
    )


def target(run: FailoverRun) -> Finding:
    """The target's databases: whether they still hear the source's."""
    check = f"{run.target.name} no longer hears {run.source.name}"
    try:
        subscriptions = run.target.database.subscriptions()
    except (Unavailable, Refused) as error:
        return silent("target", check, error)
    deaf = [subscription.node_group for subscription in subscriptions if not subscription.replicating]
    return Finding(
        check=check,
        ok=2 * len(deaf) > len(subscriptions),
        value=f"{len(deaf)} of {len(subscriptions)} node groups hear nothing",
        limit="more than half",
        witness="target",
    )


def _seen(seen: RegionEvidence) -> str:
    rate = (
        "no client"
        if seen.error_rate is None
        else f"{seen.error_rate:.0%} of {seen.requests} requests failed"
    )
    p95 = "none answered" if seen.p95_latency_ms is None else f"p95 {seen.p95_latency_ms:.0f} ms"
    last = f", last error {seen.last_error}" if seen.last_error and seen.consecutive_failures else ""
    return f"{seen.consecutive_failures} probes failed in a row, {rate}, {p95}{last}"


def silent(witness: str, check: str, error: Exception) -> Finding:
    """Return what a witness says that could not be asked: nothing, which accuses nobody."""
    return Finding(check=check, ok=False, value=f"no evidence: {error}", witness=witness)
