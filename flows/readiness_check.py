"""Could a region be left now? Everything that a failover, a return and a restore will need, looked at beforehand."""

from prefect import flow

from blocks.estate import Estate
from recovery.readiness.order import ReadinessCheck
from tasks import preflight


@flow(
    name="readiness-check",
    flow_run_name="readiness of the estate",
    description=__doc__,
    persist_result=False,
)
def readiness_check(order: ReadinessCheck) -> str:
    """Look, judge and tell; it holds no epoch, and changes nothing. runbooks/readiness_check.md by hand."""
    estate = Estate.load(order.estate)

    # 1. Ask every part of both regions
    found = preflight.ask(estate)
    # 2. Hold it against the limits
    result = preflight.judge(estate, found)
    # 3. Keep the result
    preflight.keep(estate, result)
    # 4. Tell it
    return preflight.tell(result)
