"""The block `recovery.backups`: where each cluster's backups are kept, and where clusters can be restored."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from recovery.estate_file.kinds import (
    Bucket,
    Count,
    Cron,
    Host,
    HostPort,
    Minutes,
    Port,
    Text,
    TimeZone,
    WholeSeconds,
)
from recovery.estate_file.marks import Acts, Part
from recovery.operation import RegionName


class Repository(Part):
    """One pgBackRest repository: a bucket in one region, which keeps the backups of both clusters."""

    bucket: Annotated[Bucket, Acts("pgBackRest keeps backups and WAL there")]
    endpoint: Annotated[HostPort | None, Acts("asked instead of AWS's S3; always by TLS")] = None
    uri_style: Annotated[Literal["host", "path"], Acts("how pgBackRest names the bucket")] = "host"
    ca_file: Annotated[Path | None, Acts("who vouches for the endpoint's certificate, on each host")] = None
    keys: Annotated[
        Literal["auto", "shared"],
        Acts("pgBackRest's repo-s3-key-type; shared: keys are in conf.d on each host"),
    ] = "auto"


class DatabaseHost(Part):
    """The machine that holds one region's cluster; commands run there as the account that owns its files."""

    ssh: Annotated[
        Text | None, Acts("account and host for ssh; without it, commands run where the flow runs")
    ] = None
    as_account: Annotated[
        tuple[Text, ...], Acts("without ssh: the command that runs another one as the cluster's account")
    ] = ()
    address: Annotated[Host, Acts("where a scratch cluster listens, and is asked")]
    scratch_port: Annotated[Port, Acts("the scratch cluster's port: never the live one's")] = 5433
    scratch_directory: Annotated[
        Path, Acts("below it a folder for each restore; on the live cluster's disk, to be put in its place")
    ]
    data_directory: Annotated[Path, Acts("the live cluster's data; replaced only by a restore in place")]
    binaries: Annotated[Path, Acts("where PostgreSQL's own commands are")] = Path(
        "/usr/lib/postgresql/15/bin"
    )
    configuration: Annotated[Path, Acts("pgBackRest's configuration, from `dr backups write`")] = Path(
        "/etc/pgbackrest/pgbackrest.conf"
    )
    start: Annotated[tuple[Text, ...] | None, Acts("starts the live cluster; without it, pg_ctl does")] = None
    stop: Annotated[tuple[Text, ...] | None, Acts("stops the live cluster; without it, pg_ctl does")] = None


class Schedules(Part):
    """When backups are taken, by deployments of the flow `backup`."""

    full: Annotated[Cron, Acts("when a full backup is taken")] = "0 1 * * 0"
    differential: Annotated[Cron | None, Acts("when what changed since the full one is taken")] = (
        "0 1 * * 1-6"
    )
    incremental: Annotated[Cron | None, Acts("when what changed since the last one is taken")] = None
    time_zone: Annotated[TimeZone, Acts("in which these are")] = "UTC"


class Backups(Part):
    """The block."""

    repositories: dict[RegionName, Repository]
    hosts: dict[RegionName, DatabaseHost]
    schedules: Schedules = Field(default_factory=Schedules)
    fulls_kept: Annotated[
        Count, Acts("how many full backups, with all that need them, each repository keeps")
    ] = 2
    processes: Annotated[Count, Acts("pgBackRest's process-max")] = 4
    archive_seconds: Annotated[
        WholeSeconds, Acts("archive_timeout: how long a commit may wait to be archived; readiness checks it")
    ] = 60
    newest_hours: Annotated[
        Count, Acts("how old the newest backup of a repository may be; `dr backups status` checks it")
    ] = 26
    restore_minutes: Annotated[Minutes, Acts("how long fetching and replaying may take, each")] = 240
