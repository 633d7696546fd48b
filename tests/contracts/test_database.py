"""What every `Database` promises, on fakes and on two real PostgreSQL clusters that replicate both ways."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from psycopg.conninfo import conninfo_to_dict

from lab.parts.postgres import connected
from lab.place import EAST, NODE_GROUPS, PORTS, WEST, Lab
from recovery.ports import Database, Place, RowKey

ROLE = "eden_app"
SEQUENCE = "public.dr_probe_id_seq"
HERE = Place("127.0.0.8", 5432)
KICK_EVERY = 40
"""pglogical now and then starts no worker; enabling again starts one at once."""

Arrives = Callable[[Callable[[], object], str], None]
Writes = Callable[[str, RowKey, datetime], bool]
KeyFromAfar = Callable[[str], int]


def arrived(writer: str, at: datetime, here: Database) -> Callable[[], bool]:
    """Whether the beat of *at* is in every node group here; kicks a subscription that has no worker."""
    looks = iter(range(1, 10**6))

    def seen() -> bool:
        if next(looks) % KICK_EVERY == 0:
            here.start_applying()
        beats = here.heartbeats(writer)
        return set(beats) == set(NODE_GROUPS) and all(beat and beat >= at for beat in beats.values())

    return seen


@pytest.fixture
def beside_the_link(lab: Lab, database_at: Callable[..., Database]) -> Iterator[Place]:
    """Where the west reaches the east's cluster without the link; afterwards it goes by the link again."""
    yield Place(lab.address(EAST), PORTS.postgres)
    west = database_at(WEST)
    west.find_provider_at(
        Place(lab.across(EAST), PORTS.postgres), here=Place(lab.across(WEST), PORTS.postgres)
    )
    west.start_applying()


@pytest.fixture
def elsewhere(kind: str, request: pytest.FixtureRequest) -> Place:
    return Place("127.0.0.9", 5432) if kind == "fake" else request.getfixturevalue("beside_the_link")


def test_a_cluster_in_service_is_writable(east: Database) -> None:
    state = east.look()

    assert state.version.startswith("15.")
    assert (state.in_recovery, dict(state.logins), state.writable) == (False, {ROLE: True}, True)


def test_a_beat_arrives_in_every_node_group_of_the_other_region(
    databases: tuple[Database, Database], arrives: Arrives
) -> None:
    east, west = databases
    before = datetime.now(UTC)

    at = east.beat(EAST)

    assert before <= at <= min(beat for beat in east.heartbeats(EAST).values() if beat)
    arrives(arrived(EAST, at, west), "the beat")


def test_a_region_that_never_beat_has_no_heartbeat(east: Database) -> None:
    assert east.heartbeats("mars") == dict.fromkeys(NODE_GROUPS)


def test_a_disabled_subscription_keeps_its_position(
    databases: tuple[Database, Database], arrives: Arrives
) -> None:
    """The position is the proof of what had arrived when the target took over."""
    east, west = databases
    arrives(arrived(EAST, east.beat(EAST), west), "a beat")

    stopped = west.stop_applying()

    assert {subscription.node_group for subscription in stopped} == set(NODE_GROUPS)
    assert all(subscription.received_lsn for subscription in stopped)
    assert not any(subscription.enabled for subscription in stopped)
    positions = [(each.node_group, each.received_lsn) for each in stopped]
    assert [(each.node_group, each.received_lsn) for each in west.stop_applying()] == positions


def test_nothing_is_applied_while_stopped_and_all_of_it_afterwards(
    databases: tuple[Database, Database], arrives: Arrives
) -> None:
    east, west = databases
    arrives(arrived(EAST, east.beat(EAST), west), "a beat")
    west.stop_applying()
    before = west.heartbeats(EAST)
    at = east.beat(EAST)
    # What the west writes still crosses: the other direction is in step, so time has passed.
    arrives(arrived(WEST, west.beat(WEST), east), "a beat the other way")
    assert west.heartbeats(EAST) == before

    west.start_applying()
    west.start_applying()

    arrives(arrived(EAST, at, west), "the beat that was written meanwhile")
    arrives(lambda: all(each.replicating for each in west.subscriptions()), "subscriptions that replicate")


def test_a_cluster_listens_whoever_asks(east: Database) -> None:
    assert east.listens()


def test_another_address_is_subscribed_to_with_the_same_rights(
    databases: tuple[Database, Database], arrives: Arrives, elsewhere: Place
) -> None:
    """A cluster that was rebuilt on another host is found there; told twice, nothing more changes."""
    east, west = databases
    west.stop_applying()

    west.find_provider_at(elsewhere, here=HERE)
    west.find_provider_at(elsewhere, here=HERE)

    assert not any(subscription.enabled for subscription in west.subscriptions())
    west.start_applying()
    arrives(arrived(EAST, east.beat(EAST), west), "a beat by the other way")


@pytest.mark.lab
def test_the_new_address_is_used_with_the_password_that_was_there(
    lab: Lab, real_databases: tuple[Database, Database], beside_the_link: Place
) -> None:
    _, west = real_databases

    west.find_provider_at(beside_the_link, here=HERE)

    query = "SELECT o.if_dsn, t.if_dsn FROM pglogical.subscription"
    query += " JOIN pglogical.node_interface o ON o.if_id = sub_origin_if"
    query += " JOIN pglogical.node_interface t ON t.if_id = sub_target_if"
    with connected(lab, WEST, NODE_GROUPS[0]) as session:
        ((provider, own),) = session.execute(query).fetchall()
    password = lab.secret("postgres-replicator")
    for dsn, place in ((provider, beside_the_link), (own, HERE)):
        told = conninfo_to_dict(dsn)
        assert (told["host"], told["port"], told["password"]) == (place.host, str(place.port), password)


def test_sequences_are_told_by_node_group(east: Database) -> None:
    assert set(east.sequences()) == {(group, SEQUENCE) for group in NODE_GROUPS}


@pytest.mark.parametrize(("region", "phase"), [(EAST, 1), (WEST, 0)])
def test_sequences_move_past_both_sides_in_their_own_phase(
    databases: tuple[Database, Database], region: str, phase: int
) -> None:
    """East draws odd keys and west even ones: after a takeover neither may meet the other's."""
    here, there = databases if region == EAST else databases[::-1]
    known = {name: value + 1000 for name, value in there.sequences().items()}

    moves = here.advance_sequences(known, margin=50)

    assert len(moves) == len(NODE_GROUPS)
    for move in moves:
        assert move.after % 2 == phase
        assert move.after > known[move.node_group, move.sequence]
    assert here.sequences() == {(move.node_group, move.sequence): move.after for move in moves}


@pytest.mark.lab
@pytest.mark.parametrize("at_home", [0, 1], ids=[EAST, WEST])
def test_the_next_key_is_one_step_past_the_move(
    lab: Lab, real_databases: tuple[Database, Database], at_home: int
) -> None:
    """What setval leaves is a value that was drawn already."""
    here, there = real_databases[at_home], real_databases[1 - at_home]
    known = {name: value + 1000 for name, value in there.sequences().items()}

    moves = here.advance_sequences(known, margin=50)

    with connected(lab, (EAST, WEST)[at_home], NODE_GROUPS[0]) as connection:
        drawn = connection.execute("SELECT nextval('dr_probe_id_seq')").fetchone()
    assert drawn == (moves[0].after + 2,)


def test_sequences_that_are_far_enough_stay(databases: tuple[Database, Database]) -> None:
    east, west = databases
    east.advance_sequences(west.sequences(), margin=50)
    before = east.sequences()

    again = east.advance_sequences(west.sequences(), margin=50)

    assert [move.after for move in again] == [move.before for move in again]
    assert east.sequences() == before


@pytest.fixture
def fake_key_from_afar(request: pytest.FixtureRequest) -> KeyFromAfar:
    places = request.getfixturevalue("memory").world.places

    def drawn(group: str) -> int:
        places[WEST].sequences[group, SEQUENCE] += 5000
        return places[WEST].sequences[group, SEQUENCE]

    return drawn


@pytest.fixture
def real_key_from_afar(lab: Lab) -> KeyFromAfar:
    def inserted(group: str) -> int:
        with connected(lab, EAST, group) as connection:
            row = connection.execute(
                "INSERT INTO dr_probe (id, service, client, seq, region, written_at) VALUES "
                "((SELECT coalesce(max(id), 0) FROM dr_probe) + 5000, 's', 'greatest', 1, 'x', now()) RETURNING id"
            ).fetchone()
        assert row is not None
        return row[0]

    return inserted


@pytest.fixture
def key_from_afar(kind: str, request: pytest.FixtureRequest) -> KeyFromAfar:
    """Have a row in the east whose key the west drew, far past the east's own; return the key."""
    return request.getfixturevalue(f"{kind}_key_from_afar")


def test_a_sequence_moves_past_rows_that_came_from_the_other_side(
    east: Database, key_from_afar: KeyFromAfar
) -> None:
    """The table's greatest value counts, also where nobody says what the other side's sequence has."""
    group = NODE_GROUPS[1]
    greatest = key_from_afar(group)

    moves = {move.node_group: move for move in east.advance_sequences({}, margin=1)}

    assert moves[group].after > greatest


def test_a_write_test_leaves_nothing(databases: tuple[Database, Database]) -> None:
    for database in databases:
        database.try_write()
        database.try_write()

    for database in databases:
        assert database.heartbeats("write-test") == dict.fromkeys(NODE_GROUPS)


def test_rows_are_present_from_an_instant_on(east: Database, writes: Writes) -> None:
    since = datetime.now(UTC)
    for seq, written_at in enumerate((since - timedelta(seconds=1), since + timedelta(seconds=1))):
        assert writes(EAST, ("task-service", "rows", seq), written_at)

    assert {key for key in east.present_rows(since) if key[1] == "rows"} == {("task-service", "rows", 1)}


def test_a_writable_cluster_is_promoted_already(east: Database) -> None:
    assert east.promote() is False
    assert east.look().writable


@pytest.mark.lab
def test_a_session_that_the_server_ended_while_it_was_idle_is_opened_again(
    lab: Lab, real_databases: tuple[Database, Database], arrives: Arrives
) -> None:
    """A takeover takes minutes, and a scratch cluster is restarted on the way: no step fails for that."""
    east, _ = real_databases
    east.look()
    with connected(lab, EAST, "postgres") as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'eden-dr'"
        )
        ours = "SELECT FROM pg_stat_activity WHERE application_name = 'eden-dr'"
        arrives(lambda: not connection.execute(ours).fetchall(), "the end of our sessions")

    assert east.look().writable
