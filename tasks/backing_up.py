"""Backups: taken into each repository, read again, and told. They change nothing of the estate."""

from collections.abc import Sequence
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from recovery.backup_order import BackupOrder
from recovery.backups import Repository
from recovery.errors import RecoveryError, Refused, Unavailable
from recovery.estate_in_hand import EstateInHand
from recovery.fingerprints import Ledger, ledger_key
from recovery.report.markdown import escaped
from recovery.restore_ports import Backups
from tasks.beside import best_effort

RETRY_S = 60.0
"""Writers that hold their locks for long are done by then."""


@task(name="Take it into each repository", cache_policy=NO_CACHE, persist_result=False)
def take(order: BackupOrder, estate: EstateInHand) -> list[str]:
    """Take one backup a repository, and return what failed; pgBackRest makes a repository's first a full one.

    One that can not be reached does not keep the other from its backup, nor that from its ledger.
    """
    backups, failed = estate.restorable(order.region).backups, list[str]()
    before = backups.kept()
    for repository in before.repositories:
        try:
            backups.back_up(order.kind, repository=repository.number)
        except RecoveryError as error:
            failed.append(f"{repository.place}: {error}")
    known = {backup.label for backup in before.backups}
    taken = [backup.label for backup in backups.kept().backups if backup.label not in known]
    get_run_logger().info("%s: %s", order.region, ", ".join(taken) or "none", extra={"action": "back up"})
    if len(failed) == len(before.repositories):
        raise _not_taken(order, failed)
    return failed


@task(name="Read the repositories again", cache_policy=NO_CACHE, persist_result=False)
def verify(order: BackupOrder, estate: EstateInHand) -> None:
    """Read every file of each repository; raises `Refused` with what is not as it was written, or can not be read."""
    backups = estate.restorable(order.region).backups
    wrong = [
        f"{repository.place}: {line}"
        for repository in backups.kept().repositories
        for line in _wrong(backups, repository)
    ]
    if wrong:
        raise Refused(f"The backups of {order.region} are damaged: {'; '.join(wrong)}. Take a full one now.")


@task(
    name="Take the ledger of a restore point",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=2,
    retry_delay_seconds=RETRY_S,
)
def take_ledger(order: BackupOrder, estate: EstateInHand) -> Ledger:
    """Make a restore point named after the instant, and keep what every table held there beside the journal."""
    name = f"{order.kind}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    ledger = estate.restorable(order.region).ledgers.take(order.region, name)
    estate.outside.journal.put(ledger_key(order.region, name), ledger.model_dump_json().encode())
    return ledger


@task(name="Tell what can be restored", cache_policy=NO_CACHE, persist_result=False)
def tell(order: BackupOrder, estate: EstateInHand, failed: Sequence[str]) -> str:
    """Return a line a repository, and show them beside the run; raises `Unavailable` where a backup *failed*."""
    kept, lines = estate.restorable(order.region).backups.kept(), list[str]()
    for repository in kept.repositories:
        sound = kept.usable(repository.number)
        oldest = (
            f"{len(sound)} backups, back to {sound[0].stopped_at.isoformat()}" if sound else "no sound backup"
        )
        lines.append(
            f"{repository.place}: {repository.fault or f'{oldest}, WAL up to {repository.wal_last}'}"
        )
    shown = "\n".join(f"- {escaped(line)}" for line in lines)
    best_effort(
        lambda: create_markdown_artifact(shown, key="backups", description=f"Backups of {order.region}")
    )
    if failed:
        raise _not_taken(order, failed)
    return "; ".join(lines)


def _wrong(backups: Backups, repository: Repository) -> list[str]:
    try:
        missing = [f"WAL segment {name} is missing" for name in backups.holes(repository=repository.number)]
        return missing + backups.verify(repository=repository.number)
    except RecoveryError as error:
        return [str(error)]


def _not_taken(order: BackupOrder, failed: Sequence[str]) -> Unavailable:
    return Unavailable(f"No backup of {order.region} was taken in {'; '.join(failed)}.")
