"""The two blocks about data: PostgreSQL and Redis in two regions."""

from typing import Annotated, Literal

from pydantic import Field

from recovery.estate_file.kinds import Count, Flag, Host, Identifier, Milliseconds, Port, Seconds, Text
from recovery.estate_file.marks import Acts, Idle, Part
from recovery.operation import RegionName

_PG_CONFLICTS = (
    "row conflicts are settled inside PostgreSQL, by pglogical.conflict_resolution of each server; "
    "a failover neither sets nor reads it"
)
_REDIS_CONFLICTS = (
    "conflicts arise only between two writable copies; open-source Redis has one, and a failover moves it"
)
_ALERTS = "alerts are sent by Alertmanager's own routes; sending them is not part of this release"


class PostgresRegion(Part):
    """One region's PostgreSQL."""

    name: Annotated[RegionName, Acts("the region; operations name it as source or target")]
    host: Annotated[Host, Acts("the region's writer: checks, fencing and promotion connect to it")]
    port: Annotated[Port, Acts("that writer's port")]
    role: Annotated[
        Literal["primary", "standby"],
        Acts("primary: accepts writes in peace; standby: only once it was promoted"),
    ]


class NodeGroup(Part):
    """One replicated database, the same name in both regions."""

    name: Annotated[Identifier, Acts("a database that is checked, fenced and promoted with the others")]


class PostgresConflicts(Part):
    """What PostgreSQL does with two changes of one row."""

    strategy: Annotated[
        Literal["last_write_wins", "manual"] | None,
        Acts(
            "a repair: how rows that have drifted are decided where no rule of recovery.reconciliation names them"
        ),
    ] = None
    resolution_table: Annotated[
        Identifier | None,
        Acts(
            "the table of each node group, in the schema public, in which that region's conflicts are kept: "
            "pglogical only logs them"
        ),
    ] = None
    logging: Annotated[
        Flag | None,
        Acts("false: conflicts are not collected from the servers' logs, and nothing counts them"),
    ] = None


class PostgresReplication(Part):
    """How the two regions' databases follow each other."""

    type: Annotated[Literal["bi-directional"], Acts("the one kind that the steps know; others are refused")]
    plugin: Annotated[Literal["pglogical"], Acts("whose subscriptions and lag the steps read")]
    node_groups: Annotated[tuple[NodeGroup, ...], Field(min_length=1)]
    conflict_resolution: PostgresConflicts | None = None


class PostgresMonitoring(Part):
    """Limits on replication."""

    lag_threshold_seconds: Annotated[Seconds, Acts("the target check warns above this replication lag")]
    conflict_threshold: Annotated[
        Count | None,
        Acts(
            "an alert warns above so many real conflicts in one region within 10 minutes; it starts nothing"
        ),
    ] = None
    alert_channels: Annotated[tuple[Text, ...] | None, Idle(_ALERTS)] = None


class PostgresMultiRegion(Part):
    """The block `postgres_multi_region`."""

    regions: Annotated[tuple[PostgresRegion, ...], Field(min_length=2, max_length=2)]
    replication: PostgresReplication
    monitoring: PostgresMonitoring


class RedisRegion(Part):
    """One region's Redis."""

    name: Annotated[RegionName, Acts("the region, named as in postgres_multi_region")]
    host: Annotated[Host, Acts("the region's Redis: lag is read and promotion is done here")]
    port: Annotated[Port, Acts("that server's port")]


class RedisReplication(Part):
    """How the two regions' Redis follow each other."""

    type: Annotated[
        Text | None,
        Idle("the steps promote one writable copy, whichever type is named; two are not assumed"),
    ] = None
    technology: Annotated[
        Text | None,
        Idle(
            "the adapter speaks open-source Redis replication (REPLICAOF); Redis Enterprise's own "
            "replication has no replica to promote, and its API is not spoken"
        ),
    ] = None
    crdt_enabled: Annotated[
        Flag | None,
        Idle("CRDTs merge writes of both regions by themselves: a failover has nothing to do for them"),
    ] = None
    sync_interval_ms: Annotated[
        Milliseconds | None, Idle("open-source Redis streams changes as they come, without an interval")
    ] = None


class RedisConflicts(Part):
    """What Redis does with two changes of one key."""

    strategy: Annotated[Text | None, Idle(_REDIS_CONFLICTS)] = None
    vector_clocks: Annotated[Flag | None, Idle(_REDIS_CONFLICTS)] = None


class RedisMonitoring(Part):
    """Limits on replication."""

    lag_threshold_ms: Annotated[Milliseconds, Acts("the target check warns above this replication lag")]
    sync_failure_threshold: Annotated[
        Count | None,
        Idle("a broken link to the source is seen at once in the target check; failures are not counted"),
    ] = None
    alert_channels: Annotated[tuple[Text, ...] | None, Idle(_ALERTS)] = None


class RedisMultiRegion(Part):
    """The block `redis_multi_region`."""

    regions: Annotated[tuple[RedisRegion, ...], Field(min_length=2, max_length=2)]
    replication: RedisReplication | None = None
    conflict_resolution: RedisConflicts | None = None
    monitoring: RedisMonitoring
