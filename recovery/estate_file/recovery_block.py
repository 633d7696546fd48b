"""The eleventh block, `recovery`: what an operation needs to know and the ten blocks do not say.

Secrets appear by name only: a file of that name in `secrets_directory`, or the
environment variable `DR_SECRET_<NAME>`.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from recovery.estate_file.approval import ApprovalBlock
from recovery.estate_file.automation import Automation
from recovery.estate_file.backups import Backups
from recovery.estate_file.gateway import Gateway
from recovery.estate_file.journal_stores import JournalStores
from recovery.estate_file.kinds import (
    BlockName,
    Bucket,
    Count,
    EstateName,
    Host,
    HttpUrl,
    Identifier,
    IpPort,
    Milliseconds,
    Minutes,
    Port,
    Seconds,
    SecretName,
    Share,
    Text,
    WholeSeconds,
)
from recovery.estate_file.marks import Acts, Part
from recovery.estate_file.readiness import Readiness
from recovery.estate_file.reconciliation import Reconciliation
from recovery.estate_file.stand_ins import StandIn
from recovery.estate_file.testing import Testing
from recovery.operation import RegionName


class Aws(Part):
    """The AWS account's credentials. Without this block the default credential chain is used."""

    access_key_id_secret: Annotated[SecretName, Acts("names the secret that holds the access key id")]
    secret_access_key_secret: Annotated[SecretName, Acts("names the secret that holds the access key")]


class StopObject(Part):
    """An object whose presence makes a region's health check fail: traffic leaves without a control plane."""

    bucket: Annotated[Bucket, Acts("the bucket of the stop object")]
    region: Annotated[RegionName, Acts("the bucket's AWS region; never the region that is stopped")]
    key: Annotated[Text, Acts("the object that is written to stop the region")]
    endpoint_url: Annotated[HttpUrl | None, Acts("asked instead of AWS")] = None


class Route53(Part):
    """Where the global name's records are."""

    hosted_zone_id: Annotated[Text, Acts("the zone whose records the shift changes")]
    record_ttl_seconds: Annotated[
        WholeSeconds, Acts("the records' time to live; forecast: clients keep the old answer that long")
    ] = 60
    endpoint_url: Annotated[HttpUrl | None, Acts("asked instead of AWS")] = None
    authoritative_servers: Annotated[
        tuple[IpPort, ...], Field(min_length=1), Acts("asked when the answer changed (T5)")
    ]
    health_checks: Annotated[
        dict[RegionName, Text], Acts("the health check of each region, as its record has it: for people")
    ]
    stop_objects: dict[RegionName, StopObject] | None = None


class PostgresAccess(Part):
    """As whom the steps work in PostgreSQL, and whose writes they stop."""

    operator: Annotated[Identifier, Acts("the role the steps connect as")] = "dr_operator"
    password_secret: Annotated[SecretName | None, Acts("names the secret that holds its password")] = None
    application_roles: Annotated[
        tuple[Identifier, ...], Field(min_length=1), Acts("the services' roles: fencing ends their sessions")
    ]
    connect_timeout_seconds: Annotated[Seconds, Acts("how long a connection may take")] = 2
    maintenance_database: Annotated[Identifier, Acts("where what concerns the whole server is done")] = (
        "postgres"
    )
    sequence_margin: Annotated[Count, Acts("how far sequences are set ahead at the promotion")] = 1000


class RedisAddress(Part):
    """Where a region's Redis is reached from the other region."""

    host: Annotated[Host, Acts("followed by the other region's Redis, which becomes its replica")]
    port: Annotated[Port, Acts("that server's port")] = 6379


class RedisAccess(Part):
    """How the steps reach Redis."""

    password_secret: Annotated[SecretName | None, Acts("names the secret that holds its password")] = None
    timeout_seconds: Annotated[Seconds, Acts("how long an answer may take")] = 1
    reached_at: dict[RegionName, RedisAddress] = Field(default_factory=dict)


class Prober(Part):
    """The client outside both regions that measures what clients see."""

    url: Annotated[HttpUrl, Acts("where the prober is asked what it saw")]
    table: Annotated[Identifier, Acts("the table it writes to in each node group")] = "dr_probe"
    success_target: Annotated[Share, Acts("the share of successes that counts as restored (T6)")] = 0.99
    window_ms: Annotated[Milliseconds, Acts("the length of one window of requests")] = 200
    windows: Annotated[Count, Acts("how many windows in a row must reach the target")] = 5
    look_back_minutes: Annotated[Minutes, Acts("how far before the fault rows are compared")] = 60


class Deadlines(Part):
    """How long each part of an operation may take; the forecast adds them up as the worst case."""

    confirm_seconds: Annotated[Seconds, Acts("to confirm that the source is at fault")] = 10
    ready_seconds: Annotated[Seconds, Acts("to see that the target can take over")] = 10
    fence_seconds: Annotated[Seconds, Acts("to make the source refuse writes")] = 10
    drain_seconds: Annotated[Seconds, Acts("planned moves: to let the target catch up")] = 60
    take_over_seconds: Annotated[Seconds, Acts("to promote the target and write to it")] = 30
    shift_seconds: Annotated[Seconds, Acts("for one change of weights to be answered by DNS")] = 60
    verify_seconds: Annotated[Seconds, Acts("to see clients served by the target")] = 60


class Failback(Part):
    """How a region that was left is brought back."""

    catch_up_minutes: Annotated[
        Minutes, Acts("how long it may take until the region has what was committed meanwhile")
    ] = 60


class Faults(Part):
    """What breaks this estate on purpose, in tests of the scope `full`. A production estate has none."""

    break_by: Annotated[
        tuple[Text, ...],
        Field(min_length=1),
        Acts("run with a fault's name and a region; prints when it was injected, as JSON"),
    ]
    heal_by: Annotated[tuple[Text, ...], Field(min_length=1), Acts("run to mend all that was broken")]
    deadline_seconds: Annotated[Seconds, Acts("how long either may take")] = 300


class Prefect(Part):
    """The Prefect server that shows and starts operations; none of them needs it to go on."""

    api_url: Annotated[HttpUrl, Acts("where runs are shown, unless PREFECT_API_URL says otherwise")]
    page_block: Annotated[BlockName | None, Acts("the notification block that calls a person")] = None
    notice_block: Annotated[BlockName | None, Acts("the notification block that is told each verdict")] = None


class RecoveryBlock(Part):
    """The block `recovery`."""

    estate: Annotated[EstateName, Acts("the estate's name: one operation at a time holds it")]
    secrets_directory: Annotated[Path, Acts("a file for each secret, named as the secret")] = Path(
        "/run/secrets/eden-dr"
    )
    journal: JournalStores = Field(default_factory=JournalStores)
    reports_directory: Annotated[Path, Acts("where reports are written")] = Path("reports")
    aws: Aws | None = None
    prefect: Prefect | None = None
    automation: Automation | None = None
    approval: ApprovalBlock | None = None
    route53: Route53
    gateways: dict[RegionName, Gateway]
    postgres: PostgresAccess
    redis: RedisAccess = Field(default_factory=RedisAccess)
    prober: Prober
    deadlines: Deadlines = Field(default_factory=Deadlines)
    readiness: Readiness = Field(default_factory=Readiness)
    backups: Backups | None = None
    stand_ins: dict[RegionName, StandIn] | None = None
    failback: Failback = Field(default_factory=Failback)
    faults: Faults | None = None
    reconciliation: Reconciliation = Field(default_factory=Reconciliation)
    testing: Testing = Field(default_factory=Testing)
