"""What postgres_exporter asks each node group's database: subscriptions, and how old heartbeats are.

Its role needs USAGE on the schema pglogical, SELECT on pglogical.subscription and on dr_heartbeat.
"""

from pydantic import JsonValue

SUBSCRIPTIONS = (
    "SELECT current_database()::text AS datname, s.sub_name::text AS subscription, "
    "coalesce((SELECT status = 'replicating' FROM pglogical.show_subscription_status(s.sub_name)), false)::int "
    "AS replicating FROM pglogical.subscription s"
)
HEARTBEATS = (
    "SELECT current_database()::text AS datname, region AS writer, "
    "greatest(extract(epoch FROM clock_timestamp() - at), 0)::float AS age_seconds FROM dr_heartbeat"
)


def queries() -> dict[str, JsonValue]:
    """Return the file for `--extend.query-path`: `dr_subscription_replicating`, `dr_heartbeat_age_seconds`."""
    return {
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
