"""The alert rules of one place, as a file for Prometheus."""

from datetime import timedelta

from pydantic import JsonValue

from deployments.monitoring.conflicts import conflict_rules
from deployments.monitoring.gateway import gateway_rules
from deployments.monitoring.outside import monitoring_rule, prober_rules
from deployments.monitoring.pace import Pace
from deployments.monitoring.readiness import readiness_rules
from deployments.monitoring.replication import replication_rules
from deployments.monitoring.rule import Look, Rule
from recovery.estate import EstateFile
from recovery.signals import SignalClass

WATCHDOG = "Watchdog"


def rules(estate: EstateFile, place: str, pace: Pace) -> dict[str, JsonValue]:
    """Return the rules of *place*: a region looks at itself and at the other one, the witness at both."""
    found = [rule.rendered(pace.hold) for rule in _rules(estate, place, pace)]
    watchdog: JsonValue = _watchdog(estate, place)
    ready = [] if place in estate.regions else readiness_rules(place)
    return {"groups": [{"name": "dr", "rules": [watchdog, *found, *ready]}]}


def _rules(estate: EstateFile, place: str, pace: Pace) -> list[Rule]:
    if place in estate.regions:
        look = Look(region=estate.other(place), observer=place)
        own = [*gateway_rules(estate, place, pace), *replication_rules(estate, place, pace)]
        return [*own, monitoring_rule(estate, pace, look), *conflict_rules(estate, place)]
    return [
        rule
        for region in estate.regions
        for rule in (
            *prober_rules(estate, region, pace),
            monitoring_rule(estate, pace, Look(region=region, observer=place)),
        )
    ]


def _watchdog(estate: EstateFile, place: str) -> dict[str, JsonValue]:
    """Return the alert that always fires: its silence is the message. It judges nobody (severity none)."""
    rule = Rule(
        alert=WATCHDOG,
        expr="vector(1)",
        look=Look(region=place, observer=place),
        signal=SignalClass.MONITORING,
        summary=f"Always firing: proves that alerts of {place} get through",
    )
    rendered = rule.rendered(timedelta(0))
    labels = {"region": place} if place in estate.regions else {}
    signal = SignalClass.MONITORING.value
    return rendered | {"labels": {**labels, "dr_signal": signal, "severity": "none", "observer": place}}
