"""Readiness: a person is told where the estate is not ready for a while, or where nobody looks any more."""

from datetime import timedelta

from pydantic import JsonValue

from deployments.monitoring.pace import duration

STANDS = timedelta(minutes=15)
"""Three runs in a row: one may have met a part that was being restarted."""
OVERDUE = timedelta(minutes=20)
VERDICT, CHECKED_AT = "dr_readiness_verdict", "dr_readiness_checked_timestamp_seconds"
NOT_READY = 2
"""What the intake's metric is, where the verdict is not-ready."""


def readiness_rules(place: str) -> list[JsonValue]:
    """Return the rules of a place outside both regions.

    They name no region and have no `dr_signal`: they are no word about a region's fault, and no failover comes of them.
    """
    return [
        _rule(
            "EstateNotReady",
            f'min(min_over_time({VERDICT}{{job="intake"}}[{duration(STANDS)}])) == {NOT_READY}',
            "The estate is not ready to lose a region: `dr readiness` says why",
            place,
        ),
        _rule(
            "ReadinessNotChecked",
            f'time() - max({CHECKED_AT}{{job="intake"}}) > {OVERDUE.total_seconds():g}',
            "Readiness was not checked for {{ $value | humanizeDuration }}: see the deployment readiness-check",
            place,
        ),
    ]


def _rule(alert: str, expr: str, summary: str, place: str) -> JsonValue:
    return {
        "alert": alert,
        "expr": expr,
        "for": "0s",
        "labels": {"severity": "warning", "observer": place},
        "annotations": {"summary": summary},
    }
