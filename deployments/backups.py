"""`dr backups`: pgBackRest's configuration from the estate file, and what a restore could reach now."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from recovery import restore_history
from recovery.backup_readiness import backup_findings
from recovery.backups import Kept
from recovery.errors import BadInput, RecoveryError
from recovery.estate import EstateFile
from recovery.estate_file.backups import Backups, DatabaseHost
from recovery.estate_file.backups import Repository as RepositoryKeys
from recovery.restore_ports import Archiver, Archiving
from recovery.restore_ports import Backups as BackupsOf

app = typer.Typer(help="Backups of the clusters.", no_args_is_help=True)
EstatePath = Annotated[Path, typer.Option(envvar="DR_ESTATE", help="The estate file.")]
DEFAULT_ESTATE = Path("estate.yaml")

GLOBAL = """\
# Made by `dr backups write` from {name}. Keys, where they are shared ones, belong into conf.d beside it.
[global]
archive-async=y
archive-get-queue-max=1GiB
compress-type=zst
process-max={processes}
start-fast=y
# A repository that does not answer holds up what goes to the other one, five to nine times as long as this.
io-timeout=10
"""


@app.command()
def write(
    folder: Annotated[Path, typer.Argument(help="Where the files are written, one for each region's host.")],
    *,
    estate: EstatePath = DEFAULT_ESTATE,
) -> None:
    """Write pgBackRest's configuration of each cluster's host, and the settings that its PostgreSQL needs."""
    file = EstateFile.read(estate)
    folder.mkdir(parents=True, exist_ok=True)
    for region in file.regions:
        for name, text in (
            (f"pgbackrest-{region}.conf", configuration(file, region)),
            (f"postgresql-{region}.conf", settings(file, region)),
        ):
            (folder / name).write_text(text, encoding="utf-8")
            typer.echo(folder / name)


@app.command()
def status(*, estate: EstatePath = DEFAULT_ESTATE) -> None:
    """Print whether each cluster could be restored now, and in time; 1 where one could not."""
    from blocks.estate import Estate  # noqa: PLC0415 - Prefect takes a second to import

    loaded, poor = Estate.load(str(estate)), False
    rates = restore_history.rates(loaded.outside.journal)
    for region in loaded.file.regions:
        clients = loaded.restorable(region)
        kept, archiver, now = clients.backups.kept(), _archiver(clients.archiving), datetime.now(UTC)
        holes = _holes(clients.backups, kept)
        for finding in backup_findings(loaded.file, kept, archiver, holes=holes, rates=rates, now=now):
            poor |= not finding.ok
            typer.echo(f"{region}  {'holds' if finding.ok else 'DOES NOT HOLD'}: {finding}")
    if poor:
        raise typer.Exit(1)


def _holes(backups: BackupsOf, kept: Kept) -> dict[str, list[str]]:
    """Return the WAL segments that each repository lacks, by its region."""
    found = dict[str, list[str]]()
    for repository in kept.repositories:
        with suppress(RecoveryError):  # it is told as one that could not be asked
            found[repository.place] = backups.holes(repository=repository.number)
    return found


def _archiver(archiving: Archiving) -> Archiver | None:
    try:
        return archiving.archiver()
    except RecoveryError:
        return None


def block_of(file: EstateFile) -> Backups:
    """Return the block `recovery.backups`; `BadInput` where the file has none."""
    if (block := file.settings.backups) is None:
        raise BadInput(f"{file.name} has no `recovery.backups`; docs/estate.md tells its keys.")
    return block


def configuration(file: EstateFile, region: str) -> str:
    """Return pgBackRest's configuration for the host of *region*'s cluster, without any key."""
    block = block_of(file)
    host, postgres = block.hosts[region], file.postgres_in(region)
    lines = [GLOBAL.format(name=file.name, processes=block.processes)]
    for number, place in enumerate((region, file.other(region)), start=1):
        lines += _repository(number, place, block.repositories[place], kept=block.fulls_kept)
    return "".join([*lines, *_stanza(file, region, host, postgres.port)])


def settings(file: EstateFile, region: str) -> str:
    """Return the settings by which PostgreSQL archives its WAL."""
    block = block_of(file)
    folder = block.hosts[region].configuration.parent
    command = f"pgbackrest --config-path={folder} --stanza={file.stanza(region)} archive-push %p"
    return (
        "# Made by `dr backups write`. Run `pgbackrest stanza-create` before this is in force: it can not run beside\n"
        "# an archiver that fails for the lack of a stanza.\n"
        f"archive_mode = on\narchive_command = '{command}'\narchive_timeout = {block.archive_seconds}\n"
    )


def _repository(number: int, place: str, keys: RepositoryKeys, *, kept: int) -> list[str]:
    options = {
        "type": "s3",
        "path": "/",
        "s3-bucket": keys.bucket,
        "s3-region": place,
        "s3-endpoint": f"s3.{place}.amazonaws.com",
        "s3-uri-style": keys.uri_style,
        "s3-key-type": keys.keys,
        "retention-full": str(kept),
        "bundle": "y",
    }
    if keys.endpoint:
        host, _, port = keys.endpoint.rpartition(":")
        options |= {"storage-host": host, "storage-port": port}
    if keys.ca_file:
        options["storage-ca-file"] = str(keys.ca_file)
    return [f"repo{number}-{name}={value}\n" for name, value in options.items()]


def _stanza(file: EstateFile, region: str, host: DatabaseHost, port: int) -> list[str]:
    return [f"\n[{file.stanza(region)}]\n", f"pg1-path={host.data_directory}\n", f"pg1-port={port}\n"]
