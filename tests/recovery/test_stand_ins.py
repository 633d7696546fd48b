"""The hosts that take the regions' places: what the estate file says of them, and of the hosts that were left."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.fakes.stores import FakeStore
from recovery.left_hosts import Moved, clusters, is_written, leave, refuse_left_hosts
from recovery.quorum import Quorum

EAST, WEST = "us-east-1", "us-west-2"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def stand_in(number: int, **more: Any) -> dict[str, Any]:
    parts = {
        "postgres": {"host": f"10.0.0.{number}"},
        "redis": {"host": f"10.0.0.{number}", "port": 6380},
        "gateway": {"address": f"10.0.0.{number}"},
        "database_host": {
            "address": f"10.0.0.{number}",
            "scratch_directory": "/restores",
            "data_directory": "/data",
        },
    }
    return parts | more


@pytest.fixture
def values(estate_values: dict[str, Any]) -> dict[str, Any]:
    estate_values["recovery"]["stand_ins"] = {EAST: stand_in(1), WEST: stand_in(2)}
    return estate_values


def refusal_of(values: dict[str, Any]) -> str:
    with pytest.raises(BadInput) as told:
        EstateFile.from_values(values, name="estate.yaml")
    return str(told.value)


def test_at_its_stand_ins_an_estate_is_the_same_in_another_place(values: dict[str, Any]) -> None:
    """Names, journal and repositories stay; addresses, and where clusters are restored, are the stand-ins'."""
    before = EstateFile.from_values(values, name="estate.yaml")

    there = before.at_stand_ins()

    assert there.name == "estate.yaml at its stand-ins"
    assert clusters(there) == {EAST: "10.0.0.1:5432", WEST: "10.0.0.2:5432"}
    assert (there.redis_in(WEST).host, there.redis_in(WEST).port) == ("10.0.0.2", 6380)
    assert there.settings.gateways[EAST].address == "10.0.0.1"
    assert there.settings.backups
    assert before.settings.backups
    assert there.settings.backups.hosts[WEST].scratch_directory == Path("/restores")
    assert there.settings.backups.repositories == before.settings.backups.repositories
    assert there.settings.journal == before.settings.journal
    assert (there.regions, there.settings.estate) == (before.regions, before.settings.estate)
    assert there.settings.stand_ins is None


def test_an_estate_without_stand_ins_can_not_be_at_them(estate_values: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"no `recovery\.stand_ins`"):
        EstateFile.from_values(estate_values, name="estate.yaml").at_stand_ins()


@pytest.mark.parametrize("part", ["postgres", "redis", "gateway"])
def test_a_stand_in_is_nowhere_where_a_region_is(values: dict[str, Any], part: str) -> None:
    """The usual port counts where none is given."""
    regions = {
        "postgres": ("host", values["postgres_multi_region"]["regions"][0]),
        "redis": ("host", values["redis_multi_region"]["regions"][0]),
        "gateway": ("address", values["recovery"]["gateways"][EAST]),
    }
    key, region = regions[part]
    values["recovery"]["stand_ins"][WEST][part] = {
        name: region[name] for name in (key, "port") if name in region
    }

    told = refusal_of(values)

    assert f"recovery.stand_ins.{WEST}.{part} is at" in told
    assert "which is taken; give hosts that are in neither region" in told


@pytest.mark.parametrize("key", ["address", "ssh"])
def test_a_stand_in_is_no_machine_of_a_regions_cluster(values: dict[str, Any], key: str) -> None:
    """A copied line would have a lost cluster's machine worked on, or both rebuilt on one."""
    hosts, stand_ins = values["recovery"]["backups"]["hosts"], values["recovery"]["stand_ins"]
    hosts[EAST][key] = stand_ins[WEST]["database_host"][key] = "postgres@db.example.com"

    assert (
        f"recovery.stand_ins.{WEST}.database_host is at 'postgres@db.example.com', which is taken"
        in refusal_of(values)
    )


@pytest.mark.parametrize(("key", "value"), [("port", 8443), ("scheme", "http")])
def test_customers_who_follow_the_name_find_the_same_entrance(
    values: dict[str, Any], key: str, value: object
) -> None:
    values["recovery"]["stand_ins"][EAST]["gateway"][key] = value

    assert f"recovery.stand_ins.{EAST}.gateway.{key} is {value!r}, and the region's is" in refusal_of(values)


def test_two_stand_ins_are_not_one(values: dict[str, Any]) -> None:
    values["recovery"]["stand_ins"][WEST] = stand_in(1)

    assert f"recovery.stand_ins.{WEST}.postgres is at '10.0.0.1:5432', which is taken" in refusal_of(values)


def test_both_regions_need_one(values: dict[str, Any]) -> None:
    del values["recovery"]["stand_ins"][WEST]

    assert f"recovery.stand_ins.{WEST} is missing" in refusal_of(values)


def test_without_backups_there_is_nothing_to_rebuild_from(values: dict[str, Any]) -> None:
    del values["recovery"]["backups"]

    assert "recovery.stand_ins has nothing to be rebuilt from; give recovery.backups" in refusal_of(values)


@pytest.fixture
def quorum() -> Quorum:
    return Quorum([FakeStore(place) for place in (EAST, WEST, "witness")])


@pytest.fixture
def file(values: dict[str, Any]) -> EstateFile:
    return EstateFile.from_values(values, name="estate.yaml")


def moved(file: EstateFile, operation: str, at: datetime = NOON) -> Moved:
    return Moved(operation=operation, at=at, clusters=clusters(file))


def test_an_estate_that_never_moved_is_where_its_file_says(file: EstateFile, quorum: Quorum) -> None:
    refuse_left_hosts(file, quorum, but=None)


def test_a_file_that_names_left_hosts_is_refused_and_the_moved_one_is_not(
    file: EstateFile, quorum: Quorum
) -> None:
    leave(quorum, "tested", moved(file.at_stand_ins(), "recovery-1"))

    refuse_left_hosts(file.at_stand_ins(), quorum, but=None)
    refuse_left_hosts(file, quorum, but="recovery-1")
    with pytest.raises(
        BadInput, match=r"recovery-1 has moved the estate at 2026-11-26 12:00:00 UTC.*`dr estate moved`"
    ):
        refuse_left_hosts(file, quorum, but="failover-2")


def test_the_last_move_counts_whatever_it_is_called(file: EstateFile, quorum: Quorum) -> None:
    """Back to the regions' own addresses is a move too."""
    leave(quorum, "tested", moved(file.at_stand_ins(), "z-first"))
    leave(quorum, "tested", moved(file, "a-later", NOON.replace(hour=13)))

    refuse_left_hosts(file, quorum, but=None)
    with pytest.raises(BadInput, match="a-later"):
        refuse_left_hosts(file.at_stand_ins(), quorum, but=None)


def test_a_move_that_reached_one_store_alone_is_made_whole(file: EstateFile) -> None:
    """A try that failed half-way is in one store, and two others could be asked by the next operation."""
    stores = [FakeStore(place) for place in (EAST, WEST, "witness")]
    quorum, move = Quorum(stores), moved(file.at_stand_ins(), "recovery-1")
    leave(Quorum(stores[:1]), "tested", move)
    assert is_written(quorum, "tested", "recovery-1")

    leave(quorum, "tested", move)
    leave(quorum, "tested", move)

    assert sum(bool(store.keys("estates/tested/moved/")) for store in stores) >= quorum.majority
    with pytest.raises(BadInput, match="recovery-1 has moved the estate"):
        refuse_left_hosts(file, Quorum(stores[1:]), but=None)


def test_another_estates_moves_are_its_own(file: EstateFile, quorum: Quorum) -> None:
    leave(quorum, "another", moved(file.at_stand_ins(), "recovery-1"))

    refuse_left_hosts(file, quorum, but=None)
