"""What `pgbackrest info --output=json` tells, parsed; its format is that of pgBackRest 2.45."""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from recovery.backups import Backup, BackupKind, Repository
from recovery.errors import Unavailable


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _OfDatabase(_Told):
    repo_key: int = Field(alias="repo-key")


class _Archive(_Told):
    database: _OfDatabase
    first: str | None = Field(alias="min")
    last: str | None = Field(alias="max")


class _Span(_Told):
    start: str | None
    stop: str | None


class _Times(_Told):
    start: int
    stop: int


class _Stored(_Told):
    size: int | None = None


class _Sizes(_Told):
    size: int
    repository: _Stored


class _Backup(_Told):
    label: str
    type: BackupKind
    database: _OfDatabase
    error: bool | None = None
    archive: _Span
    lsn: _Span
    timestamp: _Times
    info: _Sizes


class _Status(_Told):
    code: int
    message: str


class _Repository(_Told):
    key: int
    status: _Status


class _Cluster(_Told):
    repo_key: int = Field(alias="repo-key")
    version: str


class _Stanza(_Told):
    name: str
    db: tuple[_Cluster, ...] = ()
    archive: tuple[_Archive, ...]
    backup: tuple[_Backup, ...]
    repo: tuple[_Repository, ...]


_STANZAS = TypeAdapter(tuple[_Stanza, ...])


def repository_and_backups(output: str, number: int, place: str) -> tuple[Repository, tuple[Backup, ...]]:
    """Return what one repository holds of one stanza."""
    try:
        (stanza,) = _STANZAS.validate_json(output)
    except (ValidationError, ValueError) as error:
        raise Unavailable(f"pgbackrest info told what is not understood of repository {number}.") from error
    status = next((one.status for one in stanza.repo if one.key == number), None)
    fault = "not configured" if status is None else status.message.splitlines()[0] if status.code else None
    ranges = [one for one in stanza.archive if one.database.repo_key == number]
    repository = Repository(
        number=number,
        place=place,
        fault=fault,
        wal_first=ranges[-1].first if ranges else None,
        wal_last=ranges[-1].last if ranges else None,
        version=next((one.version for one in reversed(stanza.db) if one.repo_key == number), None),
    )
    return repository, tuple(_backup(one) for one in stanza.backup if one.database.repo_key == number)


def _backup(told: _Backup) -> Backup:
    return Backup(
        label=told.label,
        kind=told.type,
        repository=told.database.repo_key,
        started_at=datetime.fromtimestamp(told.timestamp.start, UTC),
        stopped_at=datetime.fromtimestamp(told.timestamp.stop, UTC),
        stop_lsn=told.lsn.stop or "",
        wal_stop=told.archive.stop or "",
        cluster_bytes=told.info.size,
        stored_bytes=told.info.repository.size or 0,
        damaged=bool(told.error),
    )
