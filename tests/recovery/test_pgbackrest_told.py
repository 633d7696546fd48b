"""What pgBackRest tells of a repository, and what a scratch cluster is started with; both without running either."""

import json
from pathlib import PurePosixPath
from typing import Any

import pytest

from recovery.adapters.pgbackrest.configuration import (
    only_what_fetches,
    recovery_settings,
    scratch_settings,
    target_options,
)
from recovery.adapters.pgbackrest.told import repository_and_backups
from recovery.adapters.postgres import Access
from recovery.errors import Unavailable
from recovery.restore_point import Target, TargetKind

TOLD: dict[str, Any] = {
    "archive": [
        {
            "database": {"id": 1, "repo-key": 1},
            "id": "15-1",
            "max": "000000010000000000000022",
            "min": "000000010000000000000008",
        }
    ],
    "backup": [
        {
            "archive": {"start": "000000010000000000000020", "stop": "000000010000000000000020"},
            "backrest": {"format": 5, "version": "2.45"},
            "database": {"id": 1, "repo-key": 1},
            "error": False,
            "info": {"delta": 41178895, "repository": {"delta": 8639097, "size": 8639097}, "size": 41178895},
            "label": "20261125-173031F",
            "lsn": {"start": "0/2000028", "stop": "0/2000100"},
            "prior": None,
            "reference": None,
            "timestamp": {"start": 1795627831, "stop": 1795627832},
            "type": "full",
        }
    ],
    "cipher": "none",
    "db": [{"id": 1, "repo-key": 1, "system-id": 7712162796043526617, "version": "15"}],
    "name": "east",
    "repo": [{"cipher": "none", "key": 1, "status": {"code": 0, "message": "ok"}}],
    "status": {"code": 0, "lock": {"backup": {"held": False}}, "message": "ok"},
}
"""As pgBackRest 2.45 told it of a cluster with one full backup."""
CONTROLLED = """
Database cluster state:               in archive recovery
wal_level setting:                    logical
max_connections setting:              120
max_worker_processes setting:         48
max_wal_senders setting:              24
max_prepared_xacts setting:           0
max_locks_per_xact setting:           64
track_commit_timestamp setting:       on
"""


def test_a_repository_s_backups_and_wal_are_read() -> None:
    repository, (backup,) = repository_and_backups(json.dumps([TOLD]), 1, "us-east-1")

    assert (repository.fault, repository.wal_last) == (None, "000000010000000000000022")
    assert (backup.label, backup.stopped_at.isoformat()) == ("20261125-173031F", "2026-11-25T17:30:32+00:00")
    assert (backup.cluster_bytes, backup.damaged) == (41178895, False)


def test_a_backup_in_which_pages_were_damaged_is_not_sound() -> None:
    told = TOLD | {"backup": [TOLD["backup"][0] | {"error": True}]}

    _, (backup,) = repository_and_backups(json.dumps([told]), 1, "us-east-1")

    assert backup.damaged


def test_a_repository_without_a_stanza_says_so() -> None:
    status = {"code": 1, "message": "missing stanza path"}
    told = TOLD | {"archive": [], "backup": [], "repo": [{"cipher": "none", "key": 1, "status": status}]}

    repository, backups = repository_and_backups(json.dumps([told]), 1, "us-east-1")

    assert (repository.fault, backups) == ("missing stanza path", ())


@pytest.mark.parametrize("output", ["", "[]", "{}", '[{"name": 1}]'])
def test_what_is_not_understood_is_no_answer(output: str) -> None:
    with pytest.raises(Unavailable, match="not understood"):
        repository_and_backups(output, 1, "us-east-1")


def test_a_scratch_cluster_reaches_nothing_outside_of_it() -> None:
    """No archive, no replication: a restored subscription would move the slot of the live peer."""
    access = Access("127.0.0.1", 5433, "dr_operator")

    settings = scratch_settings(CONTROLLED, access, PurePosixPath("/scratch/restore-1"))

    assert settings["archive_mode"] == "off"
    assert settings["shared_preload_libraries"] == ""
    assert settings["max_logical_replication_workers"] == "0"
    assert (settings["port"], settings["max_connections"]) == ("5433", "120")


def test_a_scratch_cluster_pauses_at_one_moment() -> None:
    """PostgreSQL refuses a second one, and pgBackRest has written its own; nor is ALTER SYSTEM in force here."""
    written = "port = '5432'\nrestore_command = 'x'\nrecovery_target_xid = '726'\narchive_mode = 'off'\n"
    target = Target(kind=TargetKind.AFTER_TRANSACTION, value="726")

    assert only_what_fetches(written) == "restore_command = 'x'\n"
    assert recovery_settings(target) == {
        "recovery_target_xid": "726",
        "recovery_target_inclusive": "on",
        "recovery_target_action": "pause",
    }


def test_just_before_a_transaction_leaves_its_commit_out() -> None:
    target = Target(kind=TargetKind.BEFORE_TRANSACTION, value="726")

    assert "--target-exclusive" in target_options(target)
    assert recovery_settings(target)["recovery_target_inclusive"] == "off"
