"""What to think twice about in an estate whose file is in order: warnings, each with a way out."""

from collections.abc import Iterator

from recovery.estate import EstateFile
from recovery.estate_file.recovery_block import RecoveryBlock
from recovery.estate_file.report import Concern
from recovery.estate_file.traffic import WeightedPolicy
from recovery.forecast import Forecast

ROUTE53_INTERVALS_S = (10, 30)
"""The only intervals Route 53 accepts: RequestInterval of its API's HealthCheckConfig."""


def warnings_about(estate: EstateFile) -> tuple[Concern, ...]:
    """Return every warning, the ones about what a person may wrongly rely on first."""
    found = [*_promises(estate), *_limits(estate), *_routing(estate), *_services(estate)]
    if estate.recovery is None:
        remedy = "add one before the first operation (docs/estate.md)"
        return (*found, Concern("recovery", "is missing: this file can be checked, not operated on", remedy))
    own = estate.recovery
    found += [*_stops(estate, own), *_journal(estate, own)]
    return (*found, *_timings(estate, own), *_conflicts(estate, own), *_evidence(own))


def missed_objective(estate: EstateFile, forecast: Forecast) -> Concern | None:
    """Return why the forecast does not meet the RTO, None where it does."""
    if forecast.meets(estate.rto):
        return None
    total, longest = forecast.total.total_seconds(), forecast.longest
    fact = (
        f"is {estate.disaster_recovery.rto_minutes:g} ({estate.rto.total_seconds():g} s), "
        f"and the {forecast.mode} worst case is {total:g} s"
    )
    remedy = (
        f"give {total / 60:.4g} or more, or shorten {' or '.join(longest.keys)} "
        f"({longest.name}: {longest.seconds:g} s)"
    )
    return Concern("disaster_recovery.rto_minutes", fact, remedy)


def _promises(estate: EstateFile) -> Iterator[Concern]:
    """Keys that promise what this release does not do, or forbid what it is for."""
    recovery = estate.disaster_recovery
    yield from _by_itself(estate)
    if not recovery.procedures.region_failure:
        path = "disaster_recovery.procedures.region_failure"
        yield Concern(path, "is false: a region failover will be refused", "set it to true to allow one")


def _by_itself(estate: EstateFile) -> Iterator[Concern]:
    """What alerts may start, and who approves it: a key that is on without what it needs does nothing."""
    coordination, settings = estate.disaster_recovery.recovery_coordination, estate.recovery
    automation = settings.automation if settings else None
    if estate.global_load_balancing.failover.automatic and automation is None:
        fact = "is true, and alerts are not judged without recovery.automation"
        yield Concern("global_load_balancing.failover.automatic", fact, "give its observers")
    elif automation and not any(observer.alertmanager for observer in automation.observers.values()):
        fact = "name no Alertmanager, and nothing starts by itself where no silence can be asked for"
        yield Concern("recovery.automation.observers", fact, "give alertmanager beside prometheus")
    asked = coordination.manual_approval_required if coordination else None
    if asked and not (settings and settings.approval):
        path = "disaster_recovery.recovery_coordination.manual_approval_required"
        fact = "is true, and nobody may approve: every operation is refused"
        yield Concern(path, fact, "name them in recovery.approval.approvers")


def _limits(estate: EstateFile) -> Iterator[Concern]:
    """Replication may lag unnoticed for longer than may be lost."""
    rpo_s = estate.rpo.total_seconds()
    lags = {
        "postgres_multi_region.monitoring.lag_threshold_seconds": (
            estate.postgres_multi_region.monitoring.lag_threshold_seconds
        ),
        "redis_multi_region.monitoring.lag_threshold_ms": (
            estate.redis_multi_region.monitoring.lag_threshold_ms / 1000
        ),
    }
    for path, lag_s in lags.items():
        if lag_s > rpo_s:
            fact = f"allows {lag_s:g} s of lag, and the RPO is {rpo_s:g} s: the loss may pass it unnoticed"
            yield Concern(path, fact, "set it below disaster_recovery.rpo_minutes")


def _routing(estate: EstateFile) -> Iterator[Concern]:
    balancing = estate.global_load_balancing
    asked, served = (
        balancing.health_checks.endpoint,
        estate.api_gateway_multi_region.routing.health_check_path,
    )
    if asked != served:
        fact = f"is {asked}, and the gateways' health_check_path is {served}"
        yield Concern("global_load_balancing.health_checks.endpoint", fact, "ask one path in both places")
    if not any(isinstance(policy, WeightedPolicy) for policy in balancing.routing_policies):
        fact = "has no weighted policy, and the shift sets the weights of weighted records"
        yield Concern("global_load_balancing.routing_policies", fact, "add one of type weighted")
    on_aws = estate.recovery is None or estate.recovery.route53.endpoint_url is None
    if on_aws and balancing.health_checks.interval_seconds not in ROUTE53_INTERVALS_S:
        path = "global_load_balancing.health_checks.interval_seconds"
        fact = f"is {balancing.health_checks.interval_seconds:g}, and Route 53 checks every 10 or 30 s"
        yield Concern(path, fact, "give 10 or 30, as the health checks have")


def _services(estate: EstateFile) -> Iterator[Concern]:
    first, second = estate.regions
    for here, there in ((first, second), (second, first)):
        alone = [name for name in estate.services_in(here) if name not in estate.services_in(there)]
        if alone:
            fact = f"has {', '.join(alone)} in {here} and not in {there}: it ends with {here}"
            yield Concern("application_multi_region.regions", fact, f"run it in {there} too")


def _journal(estate: EstateFile, settings: RecoveryBlock) -> Iterator[Concern]:
    """One store is one thing to lose; with three, any region may go."""
    stores = settings.journal.stores
    if len(stores) == 1:
        fact = f"is one store, in {stores[0].place}: without it no operation starts or resumes"
        remedy = f"give three, in {estate.regions[0]}, {estate.regions[1]} and at a witness"
        yield Concern("recovery.journal.stores", fact, remedy)


def _stops(estate: EstateFile, settings: RecoveryBlock) -> Iterator[Concern]:
    """Without a stop object, traffic leaves a lost region by the DNS provider's control plane alone."""
    if lacking := [name for name in estate.regions if name not in (settings.route53.stop_objects or {})]:
        fact = f"has none of {' and '.join(lacking)}: unplanned failovers from there are refused"
        yield Concern("recovery.route53.stop_objects", fact, "give each region one, kept elsewhere")


def _conflicts(estate: EstateFile, settings: RecoveryBlock) -> Iterator[Concern]:
    """Conflicts that nobody collects are counted by nobody: the alert is then silent for good."""
    if estate.collects_conflicts and settings.reconciliation.conflicts_at is None:
        fact = "is not given, and conflicts are to be logged: the alert counts only what was collected"
        yield Concern("recovery.reconciliation.conflicts_at", fact, "give a time, such as '*/5 * * * *'")


def _timings(estate: EstateFile, settings: RecoveryBlock) -> Iterator[Concern]:
    ttl_s = settings.route53.record_ttl_seconds
    shifting = estate.automated_failover.traffic_shifting
    if shifting.gradual and shifting.increment_interval_seconds < ttl_s:
        path = "automated_failover.traffic_shifting.increment_interval_seconds"
        fact = f"is {shifting.increment_interval_seconds:g}, and answers live {ttl_s} s: steps overlap"
        yield Concern(path, fact, "give at least recovery.route53.record_ttl_seconds")


def _evidence(settings: RecoveryBlock) -> Iterator[Concern]:
    """Evidence that nobody signs, or that its own people review, convinces no auditor."""
    said = settings.testing
    if "testing" in settings.model_fields_set and said.signing_key_secret is None:
        fact = "is not given: evidence of tests is not signed, and does not verify"
        yield Concern(
            "recovery.testing.signing_key_secret", fact, "make a key with `dr evidence key`, and name it"
        )
    if said.reviewer and said.reviewer.name in {one.name for one in said.participants}:
        fact = f"is {said.reviewer.name}, who takes part: the evidence has no independent reviewer"
        yield Concern("recovery.testing.reviewer", fact, "name somebody who has no part in the test")
