"""One region's PostgreSQL 15: the cluster, its databases, and what a service's tables look like."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from lab import leftovers, process
from lab.account import account_name, dropped_to, folder_owned, owned
from lab.place import NODE_GROUPS, PORTS, REGIONS, ROOT, Lab

BIN = Path("/usr/lib/postgresql/15/bin")
UP_DEADLINE_S = 20.0
ARCHIVE_SECONDS = 5
"""How long a commit may wait until its segment is archived. A test cannot wait for a real estate's minute."""
ROLES = {
    "eden_app": "postgres-application",
    "dr_operator": "postgres-operator",
    "eden_monitor": "postgres-monitor",
    "replicator": "postgres-replicator",
}
"""Each role, and the name of its password."""
CONFIGURATION_FILES = ("postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf")
SQL = Path(__file__).parent.parent / "sql"
TOOL_SQL = ROOT / "recovery" / "adapters" / "postgres" / "sql"

CONFIGURATION = """
listen_addresses = '{address}'
port = {port}
shared_preload_libraries = 'pglogical'
wal_level = logical
track_commit_timestamp = on
pglogical.conflict_resolution = 'last_update_wins'
max_worker_processes = 48
max_replication_slots = 24
max_wal_senders = 24
max_connections = 120
shared_buffers = 64MB
# Kept inside the data folder, so that a killed server leaves nothing in /dev/shm.
dynamic_shared_memory_type = mmap
# The machine's own crash is not among the lab's disasters; a killed process loses nothing by this.
fsync = off
full_page_writes = off
log_line_prefix = '%m [%p] %d '
# In the data folder, so that a cluster that is restored elsewhere writes to a folder of its own.
logging_collector = on
log_destination = 'stderr,jsonlog'
log_directory = 'log'
log_filename = 'postgresql-%Y-%m-%d_%H%M%S.log'
log_rotation_size = 10MB
log_rotation_age = 1d
wal_receiver_timeout = 10s
wal_sender_timeout = 10s
tcp_keepalives_idle = 2
"""
NO_SOCKET = """
unix_socket_directories = ''
"""
ARCHIVING = """
unix_socket_directories = '{socket}'
archive_mode = on
archive_timeout = {seconds}
# The command: none until there is somewhere to archive to, and none in a copy that is restored elsewhere.
include_if_exists = '../{command}'
"""


@dataclass(frozen=True)
class Postgres:
    """One region's cluster, with one database per node group."""

    region: str
    needs: tuple[str, ...] = ("link",)
    backed_up: bool = False
    """Whether it archives, and lets pgBackRest in. A cluster stays as it was made."""

    @property
    def name(self) -> str:
        """One cluster a region."""
        return f"postgres-{self.region}"

    def data(self, lab: Lab) -> Path:
        """The cluster's data folder."""
        return lab.folder / "data" / self.name

    def socket_folder(self, lab: Lab) -> Path:
        """Where pgBackRest reaches it. Short: a socket's path has 107 characters at most."""
        return lab.folder / "data" / f"socket-{self.region}"

    def archive_by(self, lab: Lab, command: str) -> None:
        """Have WAL archived by *command*; where that is empty, WAL waits, and none is lost."""
        self._write_archiving(lab, command)
        with connected(lab, self.region, "postgres") as connection:
            connection.execute("SELECT pg_reload_conf()")

    def leave_configuration(self, lab: Lab) -> None:
        """Have a host that knows how PostgreSQL is to be configured, and holds no cluster.

        A fresh one is so, and one whose disk was lost and that was set up again.
        """
        data = self.data(lab)
        if not (data / "postgresql.conf").exists():
            self._initialise(lab)
        self._make_socket_folder(lab)
        leftovers.clear(data)
        for path in data.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in CONFIGURATION_FILES:
                path.unlink()

    def archive_from_the_start_by(self, lab: Lab, command: str) -> None:
        """Have whatever cluster is brought here archive by *command*."""
        self._write_archiving(lab, command)

    def start(self, lab: Lab) -> None:
        """Make the cluster where there is none, and start it."""
        fresh = not self.has_cluster(lab)
        if fresh:
            self._initialise(lab)
        leftovers.clear(self.data(lab))
        self._make_socket_folder(lab)
        running = process.start(lab, self.name, [BIN / "postgres", "-D", self.data(lab)], region=self.region)
        process.wait_until(
            lambda: self._answers(lab),
            what=f"{self.name}'s first answer",
            deadline_s=UP_DEADLINE_S,
            alive=running,
        )
        if fresh:
            self._populate(lab)

    def has_cluster(self, lab: Lab) -> bool:
        """Whether there is a cluster in the data folder, running or not."""
        return (self.data(lab) / "PG_VERSION").exists()

    def runs(self, lab: Lab) -> bool:
        """Whether a server runs in the data folder: this part's, or one that a restore in place has put there."""
        return bool(leftovers.server_of(self.data(lab)))

    def prove(self, lab: Lab) -> str:
        """A row written, read back and taken away again in each database.

        It must not stay: an UPDATE of a row that the peer never got is skipped there.
        """

        def written(database: str) -> int:
            proof = [f"proof-{self.region}"]
            with connected(lab, self.region, database) as connection:
                connection.execute("INSERT INTO dr_heartbeat VALUES (%s, 1, now())", proof)
                gone = connection.execute("DELETE FROM dr_heartbeat WHERE region = %s RETURNING beat", proof)
                return len(gone.fetchall())

        with ThreadPoolExecutor(len(NODE_GROUPS)) as pool:
            return f"wrote and read a row in {sum(pool.map(written, NODE_GROUPS))} databases"

    def _write_archiving(self, lab: Lab, command: str) -> None:
        quoted = command.replace("'", "''")
        self._archiving_file(lab).write_text(f"archive_command = '{quoted}'\n")
        owned(self._archiving_file(lab))

    def _archiving_file(self, lab: Lab) -> Path:
        """Beside the data folder, and so in no backup of it."""
        return lab.folder / "data" / f"archiving-{self.region}.conf"

    def _make_socket_folder(self, lab: Lab) -> None:
        """Make it, for the servers' account only, without what a killed server left: that could keep it out."""
        folder = self.socket_folder(lab)
        folder.mkdir(mode=0o700, exist_ok=True)
        for left in folder.glob(f".s.PGSQL.{PORTS.postgres}*"):
            left.unlink()
        owned(folder)

    def _answers(self, lab: Lab) -> bool:
        with connected(lab, self.region, "postgres") as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)

    def _initialise(self, lab: Lab) -> None:
        data = self.data(lab)
        folder_owned(data.parent)  # a restore in place exchanges folders in it
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(mode=0o700)
        password = data.parent / f"{self.name}.pw"
        password.write_text(lab.secret("postgres-superuser"))
        owned(password)
        owned(data)
        command = [BIN / "initdb", "-D", data, "--no-sync", "-U", "postgres", "-A", "scram-sha-256"]
        command += [f"--pwfile={password}", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"]
        # Small segments: one is archived every few seconds, whole.
        command += ["--wal-segsize=1"]
        subprocess.run([*dropped_to(), *map(str, command)], check=True, capture_output=True, cwd="/")
        password.unlink()
        with (data / "postgresql.conf").open("a") as conf:
            conf.write(CONFIGURATION.format(address=lab.address(self.region), port=PORTS.postgres))
            conf.write(_allowed_plugins())
            conf.write(self._archiving(lab) if self.backed_up else NO_SOCKET)
        if self.backed_up:
            self._let_pgbackrest_in(data)

    def _archiving(self, lab: Lab) -> str:
        return ARCHIVING.format(
            socket=self.socket_folder(lab), seconds=ARCHIVE_SECONDS, command=self._archiving_file(lab).name
        )

    def _let_pgbackrest_in(self, data: Path) -> None:
        """The servers' account, and nobody else, is the superuser on the socket, without a password."""
        rules = data / "pg_hba.conf"
        rules.write_text("local all postgres peer map=servers\n" + rules.read_text())
        with (data / "pg_ident.conf").open("a") as names:
            names.write(f"servers {account_name()} postgres\n")

    def _populate(self, lab: Lab) -> None:
        """Roles, then each node group's database with its tables and its pglogical node."""
        with connected(lab, self.region, "postgres") as connection:
            for role, secret in ROLES.items():
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(lab.secret(secret))
                    )
                )
            connection.execute("ALTER ROLE dr_operator SUPERUSER")
            connection.execute("ALTER ROLE replicator SUPERUSER REPLICATION")
            for database in NODE_GROUPS:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        with ThreadPoolExecutor(len(NODE_GROUPS)) as pool:
            list(pool.map(lambda database: self._furnish(lab, database), NODE_GROUPS))

    def _furnish(self, lab: Lab, database: str) -> None:
        dsn = replication_dsn(lab, self.region, database)
        with connected(lab, self.region, database) as connection:
            connection.execute("CREATE EXTENSION pglogical")
            connection.execute((TOOL_SQL / "tables.sql").read_bytes())
            connection.execute((SQL / "rights.sql").read_bytes())
            phase = REGIONS.index(self.region) + 1
            connection.execute(
                sql.SQL(
                    "ALTER SEQUENCE dr_probe_id_seq INCREMENT BY 2 START WITH {0} RESTART WITH {0}"
                ).format(sql.Literal(phase))
            )
            connection.execute((SQL / "node.sql").read_bytes(), {"node": self.region, "dsn": dsn})


def replication_dsn(lab: Lab, region: str, database: str) -> str:
    """How the other region's subscription reaches *region*: across the link."""
    password = lab.secret("postgres-replicator")
    return (
        f"host={lab.across(region)} port={PORTS.postgres} dbname={database} "
        f"user=replicator password={password} connect_timeout=5"
    )


@contextmanager
def connected(lab: Lab, region: str, database: str) -> Iterator[psycopg.Connection]:
    """A connection of the superuser, in autocommit, to the region's own address."""
    with psycopg.connect(
        host=lab.address(region),
        port=PORTS.postgres,
        dbname=database,
        user="postgres",
        password=lab.secret("postgres-superuser"),
        connect_timeout=3,
        autocommit=True,
    ) as connection:
        yield connection


def _allowed_plugins() -> str:
    """Allow pglogical's output plugin where the server keeps a list of allowed ones (15.20 on Debian does).

    In the file the whole list is quoted; in ALTER SYSTEM it must not be (it would be one name).
    """
    described = subprocess.run(
        [*dropped_to(), str(BIN / "postgres"), "--describe-config"],
        check=True,
        capture_output=True,
        text=True,
        cwd="/",
        env={**os.environ},
    ).stdout
    if "output_plugin_libraries" not in described:
        return ""
    return "output_plugin_libraries = 'pgoutput, test_decoding, pglogical_output'\n"
