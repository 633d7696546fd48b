"""Conflicts: how many of them a region has logged lately, and from how many on a person is told."""

from deployments.monitoring.rule import Look, Rule
from recovery.estate import EstateFile
from recovery.reconcile.conflicts import RECENT

RECENT_CONFLICTS = (
    "SELECT current_database()::text AS datname, k.real::text AS real, count(c.logged_at) AS recent "
    'FROM (VALUES (true), (false)) AS k (real) LEFT JOIN public."{table}" AS c '
    "ON c.is_real = k.real AND c.logged_at > now() - interval '{seconds} s' GROUP BY k.real"
)
"""The table's name is an identifier of the estate file: lower-case letters, digits and underscores."""


def recent_conflicts(estate: EstateFile) -> str:
    """Return the query for how many conflicts a database has of the last 10 minutes: the real ones, the others."""
    return RECENT_CONFLICTS.format(table=estate.conflict_table, seconds=f"{RECENT.total_seconds():g}")


def conflict_rules(estate: EstateFile, region: str) -> list[Rule]:
    """Return the rule for: *region* has logged more real conflicts than the threshold; none without one.

    It has no `dr_signal`, so it is no word about a region's fault and no failover comes of it: rows that both regions
    write do not become right by leaving one of them.
    """
    threshold = estate.postgres_multi_region.monitoring.conflict_threshold
    if threshold is None or not estate.collects_conflicts:
        return []
    recent = f'dr_conflict_recent{{job="postgres",region="{region}",real="true"}}'
    return [
        Rule(
            alert="ReplicationConflicts",
            expr=f"sum({recent}) > {threshold}",
            look=Look(region=region, observer=region),
            signal=None,
            summary=f"PostgreSQL in {region} has logged {{{{ $value }}}} real conflicts within 10 minutes",
        )
    ]
