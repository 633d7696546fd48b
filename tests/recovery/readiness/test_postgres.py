"""One region's PostgreSQL, held against what replication and a failover need."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from recovery.fakes.preflight import FakePreflight
from recovery.fakes.world import World
from recovery.readiness.check import Check, Group, State
from recovery.readiness.facts import DatabaseLocale, Server, Slot
from recovery.readiness.postgres import server_checks
from recovery.readiness.told import Silent

EAST, WEST = "us-east-1", "us-west-2"
PLUGIN = "pglogical's output plugin may be loaded"
Alter = Callable[[FakePreflight], None]


def a_server(*alter: Alter) -> Server:
    world = World([EAST, WEST])
    fake = FakePreflight(world, world.places[EAST], ["eden_task"])
    for each in alter:
        each(fake)
    return fake.server()


def named(checks: list[Check], name: str) -> Check:
    (found,) = [check for check in checks if check.name == name]
    return found


def test_a_sound_server_holds_every_check() -> None:
    checks = server_checks(EAST, a_server())

    assert {check.state for check in checks} == {State.OK}
    assert {(check.group, check.region) for check in checks} == {(Group.POSTGRES, EAST)}
    assert all(check.remedy for check in checks)


def test_one_that_does_not_answer_is_unknown_and_never_well() -> None:
    checks = server_checks(EAST, Silent("no answer"))

    assert {(check.state, check.value) for check in checks} == {(State.UNKNOWN, "no answer")}
    assert len(checks) == len(server_checks(EAST, a_server()))


def test_a_server_without_a_list_of_plugins_allows_them_all() -> None:
    """The setting came with 15.20 on Debian."""
    found = named(server_checks(EAST, a_server(lambda fake: fake.lacks("output_plugin_libraries"))), PLUGIN)

    assert found.state is State.OK


@pytest.mark.parametrize("allowed", ["pgoutput, test_decoding", "'pgoutput, pglogical_output'"])
def test_a_list_without_the_plugin_fails(allowed: str) -> None:
    """A quoted string with commas is one name, and still refused."""
    server = a_server(lambda fake: fake.has(output_plugin_libraries=allowed))

    found = named(server_checks(EAST, server), PLUGIN)

    assert found.state is State.FAILED
    assert found.limit == "pglogical_output"


def test_what_is_hidden_from_the_role_is_not_known() -> None:
    def hides(fake: FakePreflight) -> None:
        fake.lacks("output_plugin_libraries")
        fake.lacks("shared_preload_libraries")
        fake.facts = replace(fake.facts, reads_all_settings=False)

    checks = server_checks(EAST, a_server(hides))

    assert named(checks, PLUGIN).state is State.UNKNOWN
    assert named(checks, "pglogical is preloaded").state is State.UNKNOWN


@pytest.mark.parametrize(
    ("setting", "value", "name"),
    [
        ("track_commit_timestamp", "off", "track_commit_timestamp is on"),
        (
            "pglogical__conflict_resolution",
            "apply_remote",
            "pglogical.conflict_resolution is last_update_wins",
        ),
        ("wal_level", "replica", "wal_level is logical"),
        ("shared_preload_libraries", "pg_stat_statements", "pglogical is preloaded"),
    ],
)
def test_a_setting_that_breaks_replication_fails(setting: str, value: str, name: str) -> None:
    found = named(server_checks(EAST, a_server(lambda fake: fake.has(**{setting: value}))), name)

    assert (found.state, found.value) == (State.FAILED, value)


@pytest.mark.parametrize(
    ("status", "state"),
    [("reserved", State.OK), ("extended", State.OK), ("unreserved", State.WARNING), ("lost", State.FAILED)],
)
def test_a_slot_is_told_before_it_is_lost(status: str, state: State) -> None:
    def ages(fake: FakePreflight) -> None:
        fake.facts = replace(
            fake.facts, slots=(Slot("pgl_task", active=True, wal_status=status, kept_bytes=1),)
        )

    assert named(server_checks(EAST, a_server(ages)), "no slot has lost WAL").state is state


def test_without_a_free_slot_no_subscription_is_made_anew() -> None:
    server = a_server(lambda fake: fake.has(max_replication_slots="1"))

    assert named(server_checks(EAST, server), "a slot is free").state is State.WARNING


def test_a_collation_that_changed_under_its_indexes_fails() -> None:
    """After an upgrade of the machine: rows are then not found by their keys."""

    def upgrades(fake: FakePreflight) -> None:
        locale = DatabaseLocale("eden_task", "UTF8", "en_US.UTF-8 en_US.UTF-8", "2.31", "2.36")
        fake.facts = replace(fake.facts, databases=(locale,))

    found = named(server_checks(EAST, a_server(upgrades)), "no collation has changed under an index")

    assert (found.state, found.value) == (State.FAILED, "changed under eden_task")


@pytest.mark.parametrize(
    ("age", "state"), [(1000, State.OK), (500_000_000, State.WARNING), (1_500_000_000, State.FAILED)]
)
def test_transaction_numbers_that_run_out_are_told(age: int, state: State) -> None:
    def ages(fake: FakePreflight) -> None:
        fake.facts = replace(fake.facts, oldest_age=age)

    found = named(server_checks(EAST, a_server(ages)), "transaction numbers are far from running out")
    assert found.state is state
