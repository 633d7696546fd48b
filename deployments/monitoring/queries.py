"""What postgres_exporter asks each node group's database: subscriptions, how old heartbeats are, conflicts.

Its role needs USAGE on the schema pglogical, SELECT on pglogical.subscription, on dr_heartbeat, and on the table in
which conflicts are kept.
"""

from pydantic import JsonValue

from deployments.monitoring.conflicts import recent_conflicts
from recovery.estate import EstateFile

SUBSCRIPTIONS = (
    "SELECT current_database()::text AS datname, s.sub_name::text AS subscription, "
    "coalesce((SELECT status = 'replicating' FROM pglogical.show_subscription_status(s.sub_name)), false)::int "
    "AS replicating FROM pglogical.subscription s"
)
HEARTBEATS = (
    "SELECT current_database()::text AS datname, region AS writer, "
    "greatest(extract(epoch FROM clock_timestamp() - at), 0)::float AS age_seconds FROM dr_heartbeat"
)


def queries(estate: EstateFile) -> dict[str, JsonValue]:
    """Return the file for `--extend.query-path`.

    Its metrics are `dr_subscription_replicating`, `dr_heartbeat_age_seconds` and, where conflicts are collected,
    `dr_conflict_recent`.
    """
    found: dict[str, JsonValue] = {
        "dr_subscription": _query(
            SUBSCRIPTIONS,
            subscription="The subscription",
            replicating="1 while its worker applies what the other region writes",
        ),
        "dr_heartbeat": _query(
            HEARTBEATS,
            writer="The region that wrote it",
            age_seconds="Age of that region's newest heartbeat that has arrived here",
        ),
    }
    if estate.collects_conflicts:
        found["dr_conflict"] = _query(
            recent_conflicts(estate),
            real="Whether both regions had changed the row",
            recent="Conflicts that this region logged within the last 10 minutes, as far as they were collected",
        )
    return found


def _query(sql: str, **columns: str) -> JsonValue:
    label, value = columns
    return {
        "query": sql,
        "metrics": [
            {"datname": {"usage": "LABEL", "description": "The node group's database"}},
            {label: {"usage": "LABEL", "description": columns[label]}},
            {value: {"usage": "GAUGE", "description": columns[value]}},
        ],
    }
