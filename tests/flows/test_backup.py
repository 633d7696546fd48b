"""The backup flow on an estate in memory: what it takes, keeps and tells, and when it is run by itself."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from prefect.client.schemas.schedules import CronSchedule

from deployments.backup_schedules import schedules
from recovery import operation_journal
from recovery.backup_order import BackupOrder
from recovery.backups import BackupKind
from recovery.epoch import Claim, holder_of, take
from recovery.errors import BadInput, Refused, Unavailable
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.fingerprints import Ledger, entry
from recovery.journal import Kind

EAST, WEST = "us-east-1", "us-west-2"
GROUP = "eden_task"
TABLE = orders(GROUP).name
LEDGERS = "restore-points/"
BackUp = Callable[..., str]
MakeEstate = Callable[..., FakeEstate]


@pytest.fixture
def back_up(opens: Callable[[FakeEstate], None], prefect_api: Any) -> BackUp:
    """Return a function that backs us-east-1 of an estate up by the flow."""
    from flows.backup import backup  # noqa: PLC0415 - takes seconds

    assert prefect_api.url

    def backed_up(estate: FakeEstate, **fields: Any) -> str:
        opens(estate)
        return backup(BackupOrder(**{"region": EAST} | fields))

    return backed_up


def taken(estate: FakeEstate, region: str = EAST) -> list[tuple[int, BackupKind]]:
    return [(each.repository, each.kind) for each in estate.copies[region].backups.backups]


def kept(estate: FakeEstate, prefix: str = "") -> dict[str, bytes]:
    """What a majority of the journal's stores has."""
    return estate.outside.journal.read(prefix)[0]


def ledger(estate: FakeEstate) -> Ledger:
    (body,) = kept(estate, LEDGERS).values()
    return Ledger.model_validate_json(body)


@pytest.mark.parametrize("kind", BackupKind)
def test_a_backup_is_taken_into_each_repository(
    estate: FakeEstate, back_up: BackUp, kind: BackupKind
) -> None:
    """Of the cluster that was asked for, of the kind that was asked for; the other cluster is left alone."""
    told = back_up(estate, kind=kind)

    assert taken(estate) == [(1, kind), (2, kind)]
    assert taken(estate, WEST) == []
    assert told.startswith(f"{EAST}: 1 backups, back to ")
    assert f"; {WEST}: 1 backups, back to " in told


@pytest.mark.parametrize(("unreached", "place", "taken_in"), [(1, EAST, 2), (2, WEST, 1)])
def test_a_repository_that_is_not_reached_does_not_keep_the_other_from_its_backup(
    estate: FakeEstate, back_up: BackUp, unreached: int, place: str, taken_in: int
) -> None:
    """The run fails all the same, and says which one has none, and why."""
    estate.copies[EAST].backups.faults[unreached] = "does not answer"

    with pytest.raises(Unavailable, match=f"No backup of {EAST} was taken in {place}: does not answer"):
        back_up(estate)

    assert taken(estate) == [(taken_in, BackupKind.INCREMENTAL)]


def test_without_any_repository_each_is_named(estate: FakeEstate, back_up: BackUp) -> None:
    estate.copies[EAST].backups.faults |= {1: "is full", 2: "does not answer"}

    with pytest.raises(Unavailable, match=f"{EAST}: is full; {WEST}: does not answer"):
        back_up(estate)

    assert taken(estate) == []


def test_a_ledger_is_kept_under_the_name_of_a_restore_point(estate: FakeEstate, back_up: BackUp) -> None:
    """It has the rows and hashes of every table, beside the journal, and its name tells the kind and the instant."""
    copies = estate.copies[EAST]
    copies.history.commit({(TABLE, (str(number),)): f"({number})" for number in range(5)})
    before = estate.world.clock().replace(microsecond=0)

    back_up(estate, kind=BackupKind.DIFFERENTIAL)

    found = ledger(estate)
    named_at = datetime.strptime(f"{found.name}+0000", "diff-%Y%m%d-%H%M%S%z")
    assert list(kept(estate, LEDGERS)) == [f"restore-points/{EAST}/{found.name}.json"]
    assert found.tables[str(TABLE)] == entry(copies.live.fingerprint(TABLE))
    assert found.tables.keys() == {str(table) for table in copies.live.tables()}
    assert before <= named_at <= estate.world.clock()
    assert copies.history.commits[-1].name == found.name


def test_a_restore_to_that_point_is_proved_by_its_ledger(
    estate: FakeEstate, back_up: BackUp, restore: Callable[..., str]
) -> None:
    """What is written after the backup is not in it."""
    history = estate.copies[EAST].history
    history.commit({(TABLE, (str(number),)): f"({number})" for number in range(5)})
    back_up(estate)
    history.commit({(TABLE, ("9",)): "(9)"})

    restore(estate, restore_point=ledger(estate).name)

    events = operation_journal.read(estate.outside.journal, "restore-1")
    proved: Any = next(e.data["result"] for e in events if (e.kind, e.step) == (Kind.DONE, "prove"))
    rungs = {rung["name"]: rung["held"] for rung in proved["rungs"]}
    assert rungs["The rows are those of the ledger"] is True


def test_no_ledger_is_taken_unless_it_is_wanted(estate: FakeEstate, back_up: BackUp) -> None:
    """A restore point is a write in the live cluster, and its ledger holds writers up."""
    back_up(estate, ledger=False)

    assert estate.copies[EAST].history.commits == []
    assert kept(estate) == {}


def test_damaged_files_are_named_and_refused(estate: FakeEstate, back_up: BackUp) -> None:
    """A person is told which, where, and what to do; the backup itself was taken."""
    estate.copies[EAST].backups.damage = ["checksum invalid: base/5/16384"]

    with pytest.raises(Refused) as refused:
        back_up(estate, verify=True)

    wrong = "; ".join(f"{place}: checksum invalid: base/5/16384" for place in (EAST, WEST))
    assert str(refused.value) == f"The backups of {EAST} are damaged: {wrong}. Take a full one now."
    assert taken(estate) == [(1, BackupKind.INCREMENTAL), (2, BackupKind.INCREMENTAL)]


@pytest.mark.parametrize(("verify", "read"), [(True, {"verify 1", "verify 2"}), (False, set())])
def test_repositories_are_read_again_only_where_that_is_asked_for(
    estate: FakeEstate, back_up: BackUp, *, verify: bool, read: set[str]
) -> None:
    """It takes as long as reading everything does."""
    back_up(estate, verify=verify)

    verbs = {line.removeprefix(f"backups {EAST}: ") for line in estate.log if line.startswith("backups")}
    assert {verb for verb in verbs if verb.startswith("verify")} == read


def test_it_takes_no_epoch(estate: FakeEstate, back_up: BackUp) -> None:
    """All that it leaves beside the journal is the ledger: no claim, and no operation to be gone on with."""
    back_up(estate, verify=True)

    assert {key.split("/")[0] for key in kept(estate)} == {"restore-points"}


def test_it_runs_beside_an_operation_that_holds_the_estate(estate: FakeEstate, back_up: BackUp) -> None:
    """A failover that takes its time does not cost a backup, and a backup does not end the failover's epoch."""
    claim = Claim(operation="failover-1", holder="ada", since=estate.world.clock())
    epoch = take(estate.outside.journal, estate.name, claim)

    back_up(estate)

    assert len(taken(estate)) == 2
    assert holder_of(estate.outside.journal, estate.name) == claim
    epoch.prove()


def test_it_leaves_the_estate_as_it_is(estate: FakeEstate, back_up: BackUp) -> None:
    before = estate.state()

    back_up(estate, verify=True)

    assert estate.state() == before


def test_an_estate_without_backups_says_so(make_estate: MakeEstate, back_up: BackUp) -> None:
    with pytest.raises(BadInput, match=r"no `recovery.backups`"):
        back_up(make_estate(recovery={"backups": None}))


def planned(make_estate: MakeEstate, **times: str | None) -> dict[str, tuple[str, str | None, BackupOrder]]:
    """The schedules by their names: when, in which zone, and what they ask for."""
    file = make_estate(recovery={"backups": {"schedules": times}}).file
    found = {}
    for each in schedules(file, "/etc/dr/estate.yaml"):
        assert isinstance(each.schedule, CronSchedule)
        assert each.active
        order = BackupOrder.model_validate((each.parameters or {})["order"])
        found[str(each.slug)] = (each.schedule.cron, each.schedule.timezone, order)
    return found


def test_schedules_are_those_of_the_estate_file(make_estate: MakeEstate) -> None:
    """Each kind that has a time, for each region, in the file's time zone."""
    asked = {"full": "0 2 * * 0", "differential": "30 2 * * 1-6", "incremental": "15 * * * *"}

    found = planned(make_estate, **asked, time_zone="Europe/Vienna")

    kinds = {"full": "full", "diff": "differential", "incr": "incremental"}
    assert found == {
        f"{kind}-{region}": (
            asked[key],
            "Europe/Vienna",
            BackupOrder(region=region, kind=BackupKind(kind), estate="/etc/dr/estate.yaml"),
        )
        for kind, key in kinds.items()
        for region in (EAST, WEST)
    }


def test_a_kind_without_a_time_has_no_schedule(make_estate: MakeEstate) -> None:
    found = planned(make_estate, full="0 2 * * 0", differential=None)

    assert found.keys() == {f"full-{EAST}", f"full-{WEST}"}


def test_unless_the_file_says_when_there_is_a_backup_each_night(make_estate: MakeEstate) -> None:
    found = planned(make_estate)

    assert {when for when, _, _ in found.values()} == {"0 1 * * 0", "0 1 * * 1-6"}
    assert {zone for _, zone, _ in found.values()} == {"UTC"}


def test_an_estate_without_backups_has_no_schedule(make_estate: MakeEstate) -> None:
    file = make_estate(recovery={"backups": None}).file

    assert schedules(file, "estate.yaml") == []
