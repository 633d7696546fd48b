"""The machine that holds one region's cluster, from the estate file: commands, WAL, and sessions in the cluster."""

from blocks.secret_files import SecretFiles
from recovery.adapters.host import Host
from recovery.adapters.postgres.sessions import Access, Sessions
from recovery.adapters.wal import Wal, WalPlace
from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.estate_file.backups import Backups, DatabaseHost
from recovery.wal_segments import WalPosition


def host_of(file: EstateFile, region: str) -> Host:
    """Return the host of the region's cluster; nothing runs there yet."""
    there = database_host(file, region)
    return Host(there.ssh or there.address, ssh=there.ssh, as_account=there.as_account)


def sessions_of(file: EstateFile, region: str) -> Sessions:
    """Return sessions of the operator in the region's live cluster; it connects at its first use."""
    cluster, access = file.postgres_in(region), file.settings.postgres
    password = SecretFiles(file.settings.secrets_directory).optional(access.password_secret)
    return Sessions(
        Access(
            host=cluster.host,
            port=cluster.port,
            user=access.operator,
            password=password.get_secret_value() if password else None,
            connect_timeout_s=max(1, round(access.connect_timeout_seconds)),
        )
    )


def wal_of(file: EstateFile, region: str, position: WalPosition, *, archived: bool) -> Wal:
    """Return the WAL of the region's cluster up to *position*, with its archive if told so."""
    there = database_host(file, region)
    words = ("--log-level-file=off", "--no-archive-async", "archive-get")
    archive = (
        "pgbackrest",
        f"--config-path={there.configuration.parent}",
        f"--stanza={file.stanza(region)}",
        *words,
    )
    place = WalPlace(
        data=there.data_directory,
        binaries=there.binaries,
        scratch=there.scratch_directory,
        archive_get=archive if archived else None,
        processes=backups_block(file).processes,
    )
    return Wal(host_of(file, region), place, position)


def database_host(file: EstateFile, region: str) -> DatabaseHost:
    """Return what the estate file says of that machine; `BadInput` for an unknown region."""
    file.other(region)
    return backups_block(file).hosts[region]


def backups_block(file: EstateFile) -> Backups:
    """Return the block `recovery.backups`; `BadInput` where the file has none."""
    if file.settings.backups is None:
        raise BadInput(
            f"{file.name} has no `recovery.backups` block, which names the host of each cluster; "
            "docs/estate.md tells its keys."
        )
    return file.settings.backups
