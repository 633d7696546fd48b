"""Names of events that one room tells and another one waits for."""

DRILL_PASSED = "dr.drill.passed"
TEST_BEGINS = "dr.test.begins"
STEP_SLOW = "dr.step.slow"
STEP_OVERDUE = "dr.step.overdue"


def estate_id(estate: str) -> str:
    """Return what the estate is called as Prefect's resource."""
    return f"dr.estate.{estate}"


def readiness_event(verdict: str) -> str:
    """Return what is told of each readiness check: `dr.readiness.ready`, `.degraded` or `.not-ready`."""
    return f"dr.readiness.{verdict}"
