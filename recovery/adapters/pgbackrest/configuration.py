"""What a scratch cluster is started with: enough to replay, and nothing that reaches out of it."""

from collections.abc import Callable
from pathlib import PurePosixPath

from recovery.adapters.postgres.sessions import Access
from recovery.restore_point import Target, TargetKind

ORIGINS = "1000"
"""So many replication origins a cluster may have had: each that its WAL tells of needs a place."""
AS_THE_SOURCE = {
    "max_connections setting": "max_connections",
    "max_worker_processes setting": "max_worker_processes",
    "max_wal_senders setting": "max_wal_senders",
    "max_prepared_xacts setting": "max_prepared_transactions",
    "max_locks_per_xact setting": "max_locks_per_transaction",
    "wal_level setting": "wal_level",
    "track_commit_timestamp setting": "track_commit_timestamp",
}
"""Lines of pg_controldata, and the settings that must not be lower than there while WAL is replayed."""
KEEPS_WAL = {"archive_mode": "on", "archive_command": "", "archive_library": ""}
"""Nothing is archived without a command, and nothing removed: the timeline's history and every segment wait.

With archiving off, PostgreSQL recycled the segment in which the timeline was left (seen); no restore gets past that.
"""
FETCH_S = 10
"""How long a segment is awaited from those that are fetched ahead, before it is fetched by itself."""
FETCHING = """{ahead} %f "%p"; s=$?; [ $s -le 1 ] && exit $s; {alone} %f "%p"; s=$?; [ $s -le 1 ] || s=255; exit $s"""
"""Ends with 0 where the segment is there, with 1 where the archive has none, else with what ends PostgreSQL.

PostgreSQL takes every lower status for the end of the archive, and goes on with what it has: with the older
timeline's segment where the newer one's was not fetched. pgBackRest ends so where two of its fetches ahead meet, which
they do as a timeline is left (its issue 2423; seen: a restore that replayed past the place).
"""
TYPES = {
    TargetKind.TIME: "time",
    TargetKind.LSN: "lsn",
    TargetKind.NAME: "name",
    TargetKind.BEFORE_TRANSACTION: "xid",
    TargetKind.AFTER_TRANSACTION: "xid",
}


def target_options(target: Target) -> list[str]:
    """Return pgBackRest's words for the moment; it pauses there, so that it can be looked at before it goes on."""
    if target.kind is TargetKind.LATEST:
        return ["--type=default"]
    exclusive = ["--target-exclusive"] if target.kind is TargetKind.BEFORE_TRANSACTION else []
    return [f"--type={TYPES[target.kind]}", f"--target={target.value}", "--target-action=pause", *exclusive]


def recovery_settings(target: Target) -> dict[str, str]:
    """Return PostgreSQL's settings for the moment; without one it replays all that there is, and promotes itself."""
    if target.kind is TargetKind.LATEST:
        return {}
    return {
        f"recovery_target_{TYPES[target.kind]}": target.value,
        "recovery_target_inclusive": "off" if target.kind is TargetKind.BEFORE_TRANSACTION else "on",
        "recovery_target_action": "pause",
    }


def fetching(command: Callable[..., list[str]], *options: str) -> str:
    """Return what PostgreSQL runs for a WAL segment, of what makes pgBackRest's words."""
    ahead = command("archive-get", *options, f"--archive-timeout={FETCH_S}")
    alone = command("archive-get", *options, "--no-archive-async")
    return FETCHING.format(ahead=" ".join(ahead), alone=" ".join(alone))


def only_what_fetches(altered: str) -> str:
    """Return postgresql.auto.conf with nothing in it but the command that fetches WAL.

    It goes before every other file: what somebody set in the live cluster by ALTER SYSTEM, its port or pglogical's
    library, would be in force here. A moment to recover to would be a second one, which PostgreSQL refuses.
    """
    lines = altered.splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith("restore_command"))


def scratch_settings(controlled: str, access: Access, folder: PurePosixPath) -> dict[str, str]:
    """Return the settings that a scratch cluster runs with, from what pg_controldata tells of the cluster.

    Without pglogical's library no worker of it starts: a restored subscription would connect to the live
    peer and move its slot. Nothing is archived: a restored cluster is on the live one's timeline, or a branch.
    """
    told = dict(line.split(":", 1) for line in controlled.splitlines() if ":" in line)
    kept = {name: told[line].strip() for line, name in AS_THE_SOURCE.items() if line in told}
    return {
        **kept,
        "listen_addresses": access.host,
        "port": str(access.port),
        "unix_socket_directories": str(folder.parent),
        "hba_file": str(folder / "pg_hba.scratch.conf"),
        "hot_standby": "on",
        "archive_mode": "off",
        "shared_preload_libraries": "",
        "max_logical_replication_workers": "0",
        "max_replication_slots": ORIGINS,
        "primary_conninfo": "",
        "autovacuum": "off",
        "fsync": "off",
        "dynamic_shared_memory_type": "mmap",
        "log_line_prefix": "%m [%p] ",
        "logging_collector": "off",
    }
