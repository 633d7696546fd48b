"""Are the stand-ins ready? What the rebuilt clusters can not bring along: gateways, caches, and a way for customers."""

from collections.abc import Callable

from recovery.errors import RecoveryError
from recovery.findings import Finding, Findings
from recovery.traffic import CONTROL_PLANE
from tasks.checks import refuse_unless_all
from tasks.moving import redirection
from tasks.restore_run import RecoveryRun
from tasks.step import step


def _touched(run: RecoveryRun) -> list[str]:
    regions = [run.estate.region(part.region) for part in run.parts]
    ends = [end for one in regions for end in (one.gateway.endpoint, one.cache.endpoint)]
    return [*ends, CONTROL_PLANE]


@step(title="Check that the stand-ins are ready", touches=_touched)
def stand_ins_ready(run: RecoveryRun) -> Findings:
    """Refuse stand-ins whose gateway or Redis is silent, and a zone that can not lead to them. Reads only."""
    return refuse_unless_all("The stand-ins can not take over", looked_at(run))


def looked_at(run: RecoveryRun) -> list[Finding]:
    """Return what is seen of the stand-ins, and of the zone."""
    found = []
    for part in run.parts:
        region = run.estate.region(part.region)
        gateway, cache = region.gateway, region.cache
        if gateway.fences:
            found.append(_seen(f"{part.region}'s stand-in has a gateway", gateway.endpoint, gateway.look))
        found.append(_seen(f"{part.region}'s stand-in has a Redis", cache.endpoint, cache.look))
    return [*found, _zone(run)]


def _seen(check: str, endpoint: str, look: Callable[[], object]) -> Finding:
    try:
        look()
    except RecoveryError as error:
        return Finding(
            check=check, ok=False, value=str(error), remedy="start it: docs/real-estate.md, step 11"
        )
    return Finding(check=check, ok=True, value=f"{endpoint} answers")


def _zone(run: RecoveryRun) -> Finding:
    check = "the global name can be led to the stand-ins"
    try:
        changes = run.outside.traffic.redirected(redirection(run))
    except RecoveryError as error:
        return Finding(check=check, ok=False, value=str(error), remedy="docs/real-estate.md, step 11")
    return Finding(check=check, ok=True, value=", ".join(changes) or "it leads there already")
