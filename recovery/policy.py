"""What the estate says of acting by itself, as the verdict and its guards take it."""

from datetime import timedelta

from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.estate_file.automation import Automation
from recovery.guards import Policy
from recovery.signals import Correlation

WINDOW_MINUTES = 15
"""Where incident_response.correlation says nothing."""


def automation_of(file: EstateFile) -> Automation:
    """Return the block `recovery.automation`; `BadInput` where the file has none."""
    if (automation := file.settings.automation) is None:
        raise BadInput(
            f"{file.name} has no recovery.automation, and alerts are judged by it: give at least its observers, "
            "the Prometheus of each region and of the witness; docs/estate.md tells its keys."
        )
    return automation


def policy_of(file: EstateFile) -> Policy:
    """Return what may happen by itself: nothing (shadow mode), unless the estate turns it on."""
    automation, coordination = automation_of(file), file.disaster_recovery.recovery_coordination
    asked = coordination.manual_approval_required if coordination else None
    return Policy(
        automatic=file.global_load_balancing.failover.automatic is True,
        approval=asked is not False,
        hold=timedelta(seconds=automation.hold_seconds),
        evaluations=automation.evaluations,
        cooldown=timedelta(minutes=file.automated_failover.rollback.cooldown_period_minutes),
        per_hour=automation.failovers_per_hour,
        per_day=automation.failovers_per_day,
    )


def correlation_of(file: EstateFile) -> Correlation:
    """Return which signals belong together, and for how long a word counts."""
    automation = automation_of(file)
    incidents = file.incident_response.correlation
    minutes = incidents.correlation_window_minutes if incidents else None
    return Correlation(
        window=timedelta(minutes=minutes or WINDOW_MINUTES),
        hysteresis=timedelta(seconds=automation.hysteresis_seconds),
        watchdog_silence=timedelta(seconds=automation.watchdog_silence_seconds),
    )
