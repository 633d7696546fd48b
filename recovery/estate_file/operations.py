"""The blocks about running the estate: monitoring, incidents, and disaster recovery itself."""

from typing import Annotated, Literal

from pydantic import Field

from recovery.estate_file.kinds import Days, Flag, Minutes, Rate, Text
from recovery.estate_file.marks import Acts, Idle, Part

_METRICS = "metrics are collected and kept elsewhere; recoveries are measured by the prober"
_LOGS = "logs are collected and kept elsewhere; what a recovery did is in its journal"
_TRACES = "traces are collected and kept elsewhere; no step reads or writes one"
_DASHBOARDS = "no dashboard is installed in this release"
_ALERTING = "alerts come from Alertmanager whatever this says; notices go where recovery.prefect says"
_INCIDENTS = "opening, grouping and escalating incidents is not part of this release; a reason can name one"


class Metrics(Part):
    """Where numbers are kept."""

    provider: Annotated[Text | None, Idle(_METRICS)] = None
    global_aggregation: Annotated[Flag | None, Idle(_METRICS)] = None
    retention_days: Annotated[Days | None, Idle(_METRICS)] = None


class Logging(Part):
    """Where logs are kept."""

    provider: Annotated[Text | None, Idle(_LOGS)] = None
    cross_region_search: Annotated[Flag | None, Idle(_LOGS)] = None
    retention_days: Annotated[Days | None, Idle(_LOGS)] = None


class Tracing(Part):
    """Where traces are kept."""

    provider: Annotated[Text | None, Idle(_TRACES)] = None
    sampling_rate: Annotated[Rate | None, Idle(_TRACES)] = None
    cross_region_traces: Annotated[Flag | None, Idle(_TRACES)] = None


class Dashboards(Part):
    """Where numbers are looked at."""

    provider: Annotated[Text | None, Idle(_DASHBOARDS)] = None
    region_specific_views: Annotated[Flag | None, Idle(_DASHBOARDS)] = None
    cross_region_views: Annotated[Flag | None, Idle(_DASHBOARDS)] = None


class Alerting(Part):
    """Who is told."""

    provider: Annotated[Text | None, Idle(_ALERTING)] = None
    region_aware_routing: Annotated[Flag | None, Idle(_ALERTING)] = None
    notification_channels: Annotated[tuple[Text, ...] | None, Idle(_ALERTING)] = None


class Monitoring(Part):
    """The block `monitoring`."""

    metrics: Metrics | None = None
    logging: Logging | None = None
    tracing: Tracing | None = None
    dashboards: Dashboards | None = None
    alerting: Alerting | None = None


class Correlation(Part):
    """Which alerts belong together."""

    cross_region_enabled: Annotated[Flag | None, Idle(_INCIDENTS)] = None
    correlation_window_minutes: Annotated[
        Minutes | None, Acts("alerts that began within it belong together")
    ] = None


class EscalationPolicy(Part):
    """Who is called after how long."""

    name: Annotated[Text | None, Idle(_INCIDENTS)] = None
    escalation_timeout_minutes: Annotated[Minutes | None, Idle(_INCIDENTS)] = None


class IncidentManagement(Part):
    """Where incidents are kept."""

    provider: Annotated[Text | None, Idle(_INCIDENTS)] = None
    severity_levels: Annotated[tuple[Text, ...] | None, Idle(_INCIDENTS)] = None
    escalation_policies: Annotated[tuple[EscalationPolicy, ...] | None, Field(min_length=1)] = None


class Runbooks(Part):
    """Where the runbooks are."""

    repository: Annotated[
        Text | None, Idle("the runbooks of these flows ship with them, in runbooks/; no other is fetched")
    ] = None
    automation_enabled: Annotated[
        Flag | None, Idle("each flow is its runbook, automated; there is no switch to turn that off")
    ] = None


class IncidentResponse(Part):
    """The block `incident_response`."""

    correlation: Correlation | None = None
    incident_management: IncidentManagement | None = None
    runbooks: Runbooks | None = None


class Procedures(Part):
    """Which recoveries are allowed."""

    region_failure: Annotated[Flag, Acts("false: a region failover is refused")]
    multi_region_failure: Annotated[
        Flag | None, Acts("whether both regions may be rebuilt on their stand-ins: only where it is true")
    ] = None
    data_corruption: Annotated[
        Flag | None, Acts("whether a restore to a point in time may be started: only where it is true")
    ] = None


class RecoveryCoordination(Part):
    """Who runs a recovery, and who must agree."""

    orchestration_tool: Annotated[
        Text | None, Idle("this tool, on Prefect, runs the recovery; no other one is called")
    ] = None
    automation_level: Annotated[
        Text | None, Idle("however it is started, every step of an operation runs by itself")
    ] = None
    manual_approval_required: Annotated[
        Flag | None,
        Acts(
            "true: every operation waits for somebody's approval; absent: those that alerts start; false: none"
        ),
    ] = None


class Testing(Part):
    """How recoveries are practised."""

    frequency: Annotated[
        Text | None,
        Acts("how long after a test that passed the next one is overdue: monthly, quarterly, yearly"),
    ] = None
    scope: Annotated[
        Literal["full", "live", "tabletop"] | None,
        Acts("how far a test may go, whoever starts it; absent: it touches nothing (docs/testing.md)"),
    ] = None
    documentation_required: Annotated[
        Flag | None, Idle("every operation writes its report, required or not")
    ] = None


class DisasterRecovery(Part):
    """The block `disaster_recovery`."""

    rto_minutes: Annotated[Minutes, Acts("the recovery time objective that forecast and report judge by")]
    rpo_minutes: Annotated[Minutes, Acts("the recovery point objective: a failover beyond it is refused")]
    procedures: Procedures
    recovery_coordination: RecoveryCoordination | None = None
    testing: Testing | None = None
