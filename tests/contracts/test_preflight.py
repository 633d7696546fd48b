"""What a `Preflight` promises, on a fake and on the two clusters of the lab."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

import psycopg
import pytest

from lab.parts.postgres import connected
from lab.place import EAST, NODE_GROUPS, PORTS, WEST, Lab
from recovery.adapters.postgres import Access
from recovery.adapters.postgres.preflight import PgPreflight
from recovery.errors import Refused, Unavailable
from recovery.fakes.preflight import FakePreflight
from recovery.fakes.world import World
from recovery.readiness.facts import SETTINGS, Schema
from recovery.readiness.ports import Preflight
from recovery.readiness.schema import fingerprint

PROBE, SEQUENCE = "dr_probe", "public.dr_probe_id_seq"
Make = Callable[..., Preflight]


class Pair(Protocol):
    """Both regions' clusters, and what others do to them meanwhile."""

    east: Preflight
    west: Preflight

    def writes(self) -> None:
        """Have something written in the east."""

    def silent(self) -> Preflight:
        """Return one that does not answer."""


class InMemory:
    def __init__(self, world: World) -> None:
        places = world.places
        self.east, self.west = (FakePreflight(world, places[region], NODE_GROUPS) for region in (EAST, WEST))
        for phase, region in enumerate((EAST, WEST)):
            places[region].sequences = {(group, SEQUENCE): 101 + phase for group in NODE_GROUPS}

    def writes(self) -> None:
        """It writes without pause."""
        began = datetime.now(UTC)
        while datetime.now(UTC) - began < timedelta(milliseconds=60):
            pass

    def silent(self) -> Preflight:
        self.east.down = True
        return self.east


class InLab:
    def __init__(self, lab: Lab, make: Make) -> None:
        self._lab, self._make = lab, make
        self.east, self.west = make(EAST), make(WEST)

    def writes(self) -> None:
        with connected(self._lab, EAST, NODE_GROUPS[0]) as session:
            session.execute("INSERT INTO dr_heartbeat VALUES ('preflight', 1, now()) ON CONFLICT DO NOTHING")
            session.execute("DELETE FROM dr_heartbeat WHERE region = 'preflight'")

    def silent(self) -> Preflight:
        return self._make(EAST, port=1)


@pytest.fixture
def preflight_at(lab: Lab) -> Make:
    def preflight(region: str, **access: object) -> Preflight:
        settings = {"host": lab.address(region), "port": PORTS.postgres, "user": "dr_operator"}
        settings |= {"password": lab.secret("postgres-operator")} | access
        return PgPreflight(Access(**settings), node_groups=NODE_GROUPS, application_roles=["eden_app"])

    return preflight


@pytest.fixture
def pair(kind: str, request: pytest.FixtureRequest) -> Pair:
    if kind == "fake":
        return InMemory(request.getfixturevalue("memory").world)
    return InLab(request.getfixturevalue("lab"), request.getfixturevalue("preflight_at"))


def test_the_settings_that_are_asked_for_are_told_and_no_others(pair: Pair) -> None:
    server = pair.east.server()

    assert {*server.settings} <= {*SETTINGS}
    assert server.settings["track_commit_timestamp"] == "on"
    assert server.settings["pglogical.conflict_resolution"] == "last_update_wins"
    assert int(server.settings["max_slot_wal_keep_size"]) >= -1
    assert server.reads_all_settings


def test_each_subscription_of_the_other_region_has_a_slot(pair: Pair) -> None:
    for side in (pair.east, pair.west):
        slots = side.server().slots

        assert len(slots) == len(NODE_GROUPS)
        assert {(slot.active, slot.wal_status) for slot in slots} == {(True, "reserved")}
        assert all(slot.kept_bytes >= 0 for slot in slots)


def test_the_roles_that_log_in_are_told_with_their_end(pair: Pair) -> None:
    """Ours, the services', and that as which the other region subscribes."""
    roles = {role.name: (role.may_log_in, role.until) for role in pair.east.server().roles}

    assert roles == dict.fromkeys(("dr_operator", "eden_app", "replicator"), (True, None))


def test_the_node_groups_databases_are_told_with_their_locale(pair: Pair) -> None:
    here, there = pair.east.server().databases, pair.west.server().databases

    assert [one.database for one in here] == sorted(NODE_GROUPS)
    assert here == there
    assert {(one.encoding, one.built_with == one.version) for one in here} == {("UTF8", True)}


def test_replicated_tables_are_told_with_their_keys(pair: Pair) -> None:
    here, there = pair.east.schema(), pair.west.schema()

    probes = [table for table in here.tables if table.shape.name.name == PROBE]
    assert [table.shape.name.database for table in probes] == [*NODE_GROUPS]
    assert {(table.shape.key, table.other_unique) for table in probes} == {(("id",), ())}
    assert probes[0].shape.columns[0].type == "bigint"
    assert fingerprint(here) == fingerprint(there)
    assert here.extensions[NODE_GROUPS[0], "pglogical"] == there.extensions[NODE_GROUPS[0], "pglogical"]


def test_each_region_draws_ids_of_its_own_phase(pair: Pair) -> None:
    here, there = (
        {(one.database, one.sequence): one for one in schema.sequences}
        for schema in (pair.east.schema(), pair.west.schema())
    )

    assert {*here} == {*there} == {(group, SEQUENCE) for group in NODE_GROUPS}
    for name in here:
        assert here[name].increment == there[name].increment == 2
        assert here[name].stands_at % 2 != there[name].stands_at % 2
        assert here[name].table.name == PROBE


def test_it_comes_further_as_it_is_written_to(pair: Pair) -> None:
    before = pair.east.progress()

    pair.writes()

    after = pair.east.progress()
    assert after.at > before.at
    assert after.wal_bytes > before.wal_bytes
    assert after.transactions > before.transactions


def test_a_clock_of_this_machine_agrees_with_ours(pair: Pair) -> None:
    clock = pair.east.clock()

    assert clock.error_s >= 0
    assert abs(clock.ahead_s) <= clock.error_s + 0.05


@pytest.mark.parametrize("verb", ["server", "schema", "progress", "clock"])
def test_no_answer_is_unavailable(pair: Pair, verb: str) -> None:
    silent = pair.silent()

    with pytest.raises(Unavailable, match=f"^{silent.endpoint}.* did not answer"):
        getattr(silent, verb)()


@pytest.fixture
def own_table(lab: Lab) -> Iterator[psycopg.Connection]:
    """A superuser's session in the east, in which a test may replicate a table `odd`; it is dropped afterwards."""
    with connected(lab, EAST, NODE_GROUPS[0]) as session:
        yield session
        session.execute("DROP TABLE IF EXISTS odd CASCADE")
        session.execute("ALTER ROLE eden_app VALID UNTIL 'infinity'")


def odd(schema: Schema) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(one.shape.key, one.other_unique) for one in schema.tables if one.shape.name.name == "odd"]


@pytest.mark.lab
def test_a_second_unique_index_is_told_and_changes_the_fingerprint(
    preflight_at: Make, own_table: psycopg.Connection
) -> None:
    before = fingerprint(preflight_at(EAST).schema())
    own_table.execute("CREATE TABLE odd (b int, a int, email text, PRIMARY KEY (a, b))")
    own_table.execute("SELECT pglogical.replication_set_add_table('default', 'odd')")
    plain = preflight_at(EAST).schema()
    own_table.execute("CREATE UNIQUE INDEX odd_email ON odd (email)")

    found = preflight_at(EAST).schema()

    assert odd(plain) == [(("a", "b"), ())]
    assert odd(found) == [(("a", "b"), ("odd_email",))]
    assert len({before, fingerprint(plain), fingerprint(found)}) == 3


@pytest.mark.lab
def test_a_table_without_a_primary_key_is_told(preflight_at: Make, own_table: psycopg.Connection) -> None:
    own_table.execute("CREATE TABLE odd (a int)")
    own_table.execute("SELECT pglogical.replication_set_add_table('default_insert_only', 'odd')")

    assert odd(preflight_at(EAST).schema()) == [((), ())]


@pytest.mark.lab
def test_a_password_that_ends_is_told(preflight_at: Make, own_table: psycopg.Connection) -> None:
    own_table.execute("ALTER ROLE eden_app VALID UNTIL '2031-05-06 00:00:00+00'")

    ends = {role.name: role.until for role in preflight_at(EAST).server().roles if role.until}

    assert ends == {"eden_app": datetime(2031, 5, 6, tzinfo=UTC)}


@pytest.mark.lab
def test_nothing_is_written(lab: Lab, preflight_at: Make) -> None:
    """It looks every five minutes, for ever; on a hot standby, too."""
    with connected(lab, WEST, "postgres") as session:
        session.execute("ALTER ROLE dr_operator SET default_transaction_read_only = on")
        try:
            preflight = preflight_at(WEST)
            assert preflight.server()
            assert preflight.schema()
            assert preflight.progress()
            assert preflight.clock()
        finally:
            session.execute("ALTER ROLE dr_operator RESET default_transaction_read_only")


@pytest.fixture
def looker(lab: Lab) -> Iterator[str]:
    """A role with the rights that docs/real-estate.md names, as far as looking needs them, and no others."""
    rights = """
        GRANT USAGE ON SCHEMA pglogical TO looker;
        GRANT SELECT ON pglogical.subscription, pglogical.tables TO looker;
        GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO looker;
    """
    with connected(lab, EAST, "postgres") as session:
        session.execute("CREATE ROLE looker LOGIN PASSWORD 'looks'")
        session.execute("GRANT pg_monitor TO looker")
        for group in NODE_GROUPS:
            with connected(lab, EAST, group) as within:
                within.execute(rights)
        yield "looker"
        for group in NODE_GROUPS:
            with connected(lab, EAST, group) as within:
                within.execute("DROP OWNED BY looker")
        session.execute("DROP ROLE looker")


@pytest.mark.lab
def test_the_rights_that_are_written_down_are_enough(preflight_at: Make, looker: str) -> None:
    ours, theirs = preflight_at(EAST), preflight_at(EAST, user=looker, password="looks")

    assert fingerprint(theirs.schema()) == fingerprint(ours.schema())
    assert len(theirs.schema().sequences) == len(NODE_GROUPS)
    assert theirs.server().settings == ours.server().settings
    assert theirs.server().sessions > 0
    assert theirs.clock()
    assert theirs.progress()


@pytest.mark.lab
def test_a_role_without_rights_is_refused_by_name_and_its_password_is_not_told(
    lab: Lab, preflight_at: Make
) -> None:
    preflight = preflight_at(EAST, user="eden_app", password=lab.secret("postgres-application"))

    with pytest.raises(Refused, match="permission denied"):
        preflight.schema()
    assert not preflight.server().reads_all_settings
    assert "shared_preload_libraries" not in preflight.server().settings


@pytest.mark.lab
def test_a_wrong_password_is_told_without_it(preflight_at: Make) -> None:
    preflight = preflight_at(EAST, password="canary-secret")

    with pytest.raises(Unavailable, match="password authentication failed") as told:
        preflight.server()

    assert "canary" not in f"{told.value!r} {told.value.__cause__!r}"
