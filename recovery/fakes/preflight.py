"""What readiness asks of one region, in memory: a sound region, each of whose facts can be changed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from recovery.errors import Refused, Unavailable
from recovery.fakes.citizen import Citizen
from recovery.fakes.database import INCREMENT, SEQUENCE
from recovery.fakes.world import Place, World
from recovery.readiness.facts import (
    CacheSettings,
    Certificate,
    Clock,
    DatabaseLocale,
    Drawing,
    Progress,
    ReplicatedTable,
    RoleValidity,
    Schema,
    Server,
    Slot,
    TlsPlace,
)
from recovery.reconcile.shapes import Column, TableName, TableShape
from recovery.region_guard import Answer, Guard
from recovery.region_standing import Standing

SETTINGS = {
    "max_connections": "120",
    "max_replication_slots": "24",
    "max_slot_wal_keep_size": "102400",
    "max_wal_senders": "24",
    "max_worker_processes": "48",
    "autovacuum_freeze_max_age": "200000000",
    "output_plugin_libraries": "pgoutput, test_decoding, pglogical_output",
    "pglogical.conflict_resolution": "last_update_wins",
    "shared_preload_libraries": "pglogical",
    "track_commit_timestamp": "on",
    "vacuum_freeze_min_age": "50000000",
    "wal_level": "logical",
}
OPERATOR, SERVICES, REPLICATOR = "dr_operator", "eden_app", "replicator"
WAL_BYTES_S, TRANSACTIONS_S = 10_000, 20
LOCALE = ("UTF8", "C.UTF-8 C.UTF-8", None, None)


class FakePreflight(Citizen):
    """A `Preflight`. It writes without pause: `progress` grows with the world's clock."""

    def __init__(self, world: World, place: Place, node_groups: Sequence[str]) -> None:
        """Serve *node_groups*, each with one table whose ids are drawn in this region's phase."""
        super().__init__(world, f"postgres {place.at}:5432", place)
        self._here, self._began = place, world.clock()
        self.ahead_s = 0.0
        self.facts = Server(
            user=OPERATOR,
            version="15.0 (fake)",
            settings=dict(SETTINGS),
            reads_all_settings=True,
            sessions=10,
            oldest_age=1000,
            slots=tuple(
                Slot(f"pgl_{group}", active=True, wal_status="reserved", kept_bytes=0)
                for group in node_groups
            ),
            roles=tuple(
                RoleValidity(name, may_log_in=True, until=None)
                for name in sorted((OPERATOR, SERVICES, REPLICATOR))
            ),
            databases=tuple(DatabaseLocale(group, *LOCALE) for group in sorted(node_groups)),
        )
        self.tables = {table.shape.name: table for group in node_groups for table in [_probe(group)]}
        self.extensions = {(group, "pglogical"): "2.4.2" for group in node_groups}

    def has(self, **settings: str) -> None:
        """Have it run with these settings, whose dots are written as two underscores."""
        told = {name.replace("__", "."): value for name, value in settings.items()}
        self.facts = replace(self.facts, settings={**self.facts.settings, **told})

    def lacks(self, setting: str) -> None:
        """Have it know no such setting, or show it to nobody."""
        left = {name: value for name, value in self.facts.settings.items() if name != setting}
        self.facts = replace(self.facts, settings=left)

    def server(self) -> Server:
        """Return the facts."""
        self._called("server")
        return self.facts

    def schema(self) -> Schema:
        """Return the tables, and where the region's sequences stand."""
        self._called("schema")
        drawings = [
            Drawing(group, name, TableName(group, "public", "dr_probe"), INCREMENT, value)
            for (group, name), value in self._here.sequences.items()
            if name == SEQUENCE
        ]
        return Schema(tuple(self.tables.values()), tuple(drawings), dict(self.extensions))

    def progress(self) -> Progress:
        """Return how far it has come since the world began."""
        self._called("progress")
        now = self._world.clock()
        seconds = (now - self._began).total_seconds()
        return Progress(now, int(seconds * WAL_BYTES_S), int(seconds * TRANSACTIONS_S))

    def clock(self) -> Clock:
        """Return what it was set to."""
        self._called("clock")
        return Clock(ahead_s=self.ahead_s, error_s=0.001)


class FakeCachePreflight(Citizen):
    """A `CachePreflight`."""

    def __init__(self, world: World, place: Place) -> None:
        """Have no limit."""
        super().__init__(world, f"redis {place.at}:6379", place)
        self.facts = CacheSettings(version="7.0.15", max_bytes=0, policy="noeviction", used_bytes=1_000_000)

    def settings(self) -> CacheSettings:
        """Return the facts."""
        self._called("settings")
        return self.facts


class FakeCertificates:
    """`Certificates`: each lasts for a year, unless it is told otherwise."""

    def __init__(self, world: World) -> None:
        """Have every place answer."""
        self._world = world
        self.lasts: dict[str, timedelta] = {}
        """By place; negative: it has ended."""
        self.silent: set[str] = set()
        self.absent: set[str | None] = set()
        """Whose `ca_file` is elsewhere."""

    def look(self, place: TlsPlace) -> Certificate | None:
        """Return it."""
        if place.ca_file in self.absent:
            return None
        if str(place) in self.silent:
            raise Unavailable(f"{place} did not answer: Connection refused.")
        lasts = self.lasts.get(str(place), timedelta(days=365))
        if lasts <= timedelta(0):
            raise Refused(f"{place}: certificate refused: certificate has expired.")
        return Certificate(self._world.clock() + lasts)


class FakeGuarding(Citizen):
    """A `Guarding`: its region may serve, and it has just heard so; set `guard` to have it say something else."""

    def __init__(self, world: World, place: Place) -> None:
        """Have heard that nobody has left the region."""
        super().__init__(world, f"region guard http://{place.at}:8900/", place)
        now = world.clock()
        standing = Standing(may_serve=True, why="no operation has left it")
        self.guard = Guard(place.name, started_at=now).answered(standing, now)

    def answer(self) -> Answer:
        """Return what it says."""
        self._called("answer")
        return self.guard.answer(self._world.clock())


def _probe(group: str) -> ReplicatedTable:
    columns = (Column(name="id", type="bigint"), Column(name="service", type="text"))
    shape = TableShape(name=TableName(group, "public", "dr_probe"), columns=columns, key=("id",))
    return ReplicatedTable(shape, ())
