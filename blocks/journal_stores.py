"""The journal's stores, without Prefect: what asks them in each region is there a second after its start."""

from functools import cache
from pathlib import Path

from blocks.secret_files import SecretFiles
from recovery.adapters.aws import Credentials, Endpoint
from recovery.adapters.file_journal import DirectoryStore
from recovery.adapters.s3_journal import S3Store
from recovery.estate import EstateFile
from recovery.estate_file import journal_stores
from recovery.ports import JournalStore
from recovery.quorum import Quorum

s3_store = cache(S3Store)
"""A procedure that starts others, and each task of a comparison, loads the estate anew, and would read all journals
again."""


def journal_of(path: str) -> tuple[EstateFile, Quorum]:
    """Return the estate file and its journal alone: for commands that only read it."""
    file = EstateFile.read(Path(path))
    return file, quorum_of(file)


def quorum_of(file: EstateFile) -> Quorum:
    """Return the estate's journal. Connects to nothing."""
    keys = _keys(file)

    def store(kept: journal_stores.DirectoryStore | journal_stores.S3Store) -> JournalStore:
        if isinstance(kept, journal_stores.DirectoryStore):
            return DirectoryStore(kept.place, kept.path)
        return s3_store(kept.place, kept.bucket, _endpoint(kept, keys))

    return Quorum([store(kept) for kept in file.settings.journal.stores])


def _endpoint(kept: journal_stores.S3Store, keys: Credentials | None) -> Endpoint:
    if keys is None:
        return Endpoint(kept.region, kept.endpoint_url)
    return Endpoint(kept.region, kept.endpoint_url, keys)


def _keys(file: EstateFile) -> Credentials | None:
    """Return the account's keys; None for the machine's own credentials."""
    named, secrets = file.settings.aws, SecretFiles(file.settings.secrets_directory)
    if named is None:
        return None
    return Credentials(
        secrets.get(named.access_key_id_secret).get_secret_value(),
        secrets.get(named.secret_access_key_secret).get_secret_value(),
    )
