"""The readiness check on an estate in memory: what it says, keeps and tells, and that it only looks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prefect.client.schemas.schedules import CronSchedule

from deployments.readiness_schedule import readiness_schedule
from recovery.backups import BackupKind
from recovery.dr_test.scenarios import ScenarioName
from recovery.epoch import Claim, holder_of, take
from recovery.fakes.estate import FakeEstate
from recovery.fakes.stores import FakeStore
from recovery.fakes.world import wall_clock
from recovery.operation import Mode
from recovery.readiness.check import Check, Group, State
from recovery.readiness.judging import proof_interval
from recovery.readiness.kept import Kept
from recovery.readiness.order import ReadinessCheck
from recovery.readiness.result import Verdict
from recovery.reconcile.shapes import Column

EAST, WEST = "us-east-1", "us-west-2"
KEY = "estates/tested/readiness.json"
MakeEstate = Callable[..., FakeEstate]
Look = Callable[[FakeEstate], Kept]


@pytest.fixture
def look(opens: Callable[[FakeEstate], None], prefect_api: Any) -> Look:
    """Return a function that checks an estate by the flow, and returns what it kept."""
    from flows.readiness_check import readiness_check  # noqa: PLC0415 - takes seconds

    assert prefect_api.url

    def looked(estate: FakeEstate) -> Kept:
        opens(estate)
        readiness_check(ReadinessCheck())
        kept = Kept.newest(estate.outside.journal, estate.name)
        assert kept is not None
        return kept

    return looked


@pytest.fixture
def estate(make_estate: MakeEstate) -> FakeEstate:
    return backed_up(make_estate())


def backed_up(estate: FakeEstate) -> FakeEstate:
    for copies in estate.copies.values():
        for repository in (1, 2):
            copies.backups.back_up(BackupKind.FULL, repository=repository)
    return estate


def standing(kept: Kept, *states: State) -> list[Check]:
    return [check for check in kept.readiness.checks if check.state in (states or (State.FAILED,))]


def named(kept: Kept, name: str, region: str | None = None) -> Check:
    (found,) = [c for c in kept.readiness.checks if c.name == name and c.region == region]
    return found


def test_a_sound_estate_lacks_nothing_but_proofs(estate: FakeEstate, look: Look) -> None:
    found = look(estate)

    assert standing(found, State.FAILED, State.UNKNOWN) == []
    lacking = {check.name: check.group for check in standing(found, State.WARNING)}
    assert lacking.pop("a restore ends within the RTO") is Group.BACKUPS
    assert {*lacking.values()} == {Group.PROOF}
    assert {"a failover was proved", "a failback was proved", "a restore was proved"} < lacking.keys()
    assert {f"the scenario {one} was proved" for one in ScenarioName} < lacking.keys()
    assert found.readiness.verdict is Verdict.DEGRADED


def test_every_check_has_what_would_mend_it(estate: FakeEstate, look: Look) -> None:
    checks = look(estate).readiness.checks

    assert all(check.value and check.remedy for check in checks)
    assert {check.group for check in checks} == {*Group}
    assert len({check.key for check in checks}) == len(checks)


def test_nothing_is_changed_and_an_operation_goes_on_beside_it(estate: FakeEstate, look: Look) -> None:
    """All that it leaves beside the journal is its result."""
    claim = Claim(operation="failover-1", holder="ada", since=wall_clock())
    epoch = take(estate.outside.journal, estate.name, claim)
    before, keys = estate.state(), estate.outside.journal.keys("")

    found = look(estate)

    assert estate.state() == before
    assert estate.outside.journal.keys("") - keys == {KEY}
    assert holder_of(estate.outside.journal, estate.name) == claim
    epoch.prove()
    assert named(found, "no operation holds the estate").state is State.WARNING


def test_a_lost_region_is_told_part_by_part_and_raises_nothing(estate: FakeEstate, look: Look) -> None:
    look(estate)
    estate.loses(EAST)

    found = look(estate)

    assert found.readiness.verdict is Verdict.NOT_READY
    assert named(found, "PostgreSQL takes the operator's login", EAST).state is State.FAILED
    assert named(found, "wal_level is logical", EAST).state is State.UNKNOWN
    assert named(found, "wal_level is logical", WEST).state is State.OK
    assert named(found, "PostgreSQL is the same release").state is State.UNKNOWN
    exposed = named(found, f"it has what {EAST} has committed", WEST)
    assert (exposed.state, "by our clock" in exposed.value) == (State.OK, True)


@pytest.mark.parametrize("region", [EAST, WEST])
def test_no_part_that_is_down_stops_the_check(estate: FakeEstate, look: Look, region: str) -> None:
    """Each for itself, and all at once."""
    whole = {check.key for check in look(estate).readiness.checks}
    here = estate.region(region)
    parts = [
        here.database,
        here.cache,
        here.gateway,
        estate.clusters[region],
        estate.cache_settings[region],
        estate.copies[region].archiving,
        estate.route53,
        estate.prober,
        estate.front_door,
        estate.stops[region],
    ]
    for part in parts:
        part.down = True

        found = look(estate)

        assert {check.key for check in found.readiness.checks} == whole
        assert found.readiness.verdict is Verdict.NOT_READY


def test_a_journal_that_does_not_answer_is_told_and_not_kept(
    make_estate: MakeEstate, opens: Callable[[FakeEstate], None], prefect_api: Any
) -> None:
    from flows.readiness_check import readiness_check  # noqa: PLC0415 - takes seconds

    stores = [FakeStore(place) for place in (EAST, WEST, "witness")]
    estate = backed_up(make_estate(stores))
    for store in stores:
        store.down = True
    opens(estate)

    told = readiness_check(ReadinessCheck())

    assert told.startswith("not ready: 1 failed, ")
    (shown,) = [a for a in prefect_api.artifacts if a["key"] == "readiness"]
    assert "every store of the journal answers" in shown["data"]
    assert all(KEY not in store.objects for store in stores)


@pytest.mark.parametrize("mode", Mode)
def test_an_estate_that_stands_on_one_region_is_not_ready_and_says_which_to_bring_back(
    estate: FakeEstate, look: Look, leave: Callable[..., str], mode: Mode
) -> None:
    """Replication is stopped, and the region is fenced, on purpose: whatever they say, it is no good news."""
    if mode is Mode.UNPLANNED:
        estate.loses(EAST)
    leave(estate, mode)
    estate.finds(EAST)

    found = look(estate)

    left = named(found, "no region was left")
    assert (left.state, left.value) == (State.FAILED, f"{EAST} by failover-1")
    assert "reprotect it" in left.remedy
    apart = [c for c in found.readiness.checks if c.group is Group.REPLICATION]
    assert {check.state for check in apart} == {State.UNKNOWN}
    assert all(f"{EAST} was left by failover-1" in check.value for check in apart)
    lasts = named(found, "WAL is kept for an outage of the other region", WEST)
    assert lasts.state is State.OK, "until then the region can be brought back"
    fenced = named(found, "the gateway is open, with every service up", EAST)
    serving = named(found, "its services answer through its gateway", WEST)
    assert (fenced.state, serving.state) == (State.UNKNOWN, State.OK)


def test_a_failover_is_half_a_proof_until_the_region_is_back(
    estate: FakeEstate, look: Look, leave: Callable[..., str], bring_back: Callable[..., str]
) -> None:
    look(estate)
    leave(estate, Mode.PLANNED)

    half = named(look(estate), "a failover was proved")
    bring_back(estate)
    whole = named(look(estate), "a failover was proved")

    assert (half.state, half.worth) == (State.WARNING, 0.5)
    assert (whole.state, whole.worth) == (State.OK, 1)


def test_a_failover_proves_itself_until_a_table_is_changed(
    estate: FakeEstate, look: Look, leave: Callable[..., str], bring_back: Callable[..., str]
) -> None:
    look(estate)
    leave(estate, Mode.PLANNED)
    bring_back(estate)
    proved = named(look(estate), "a failover was proved")
    table, kept = next(iter(estate.clusters[WEST].tables.items()))
    columns = (*kept.shape.columns, Column(name="new", type="text"))
    changed = replace(kept, shape=kept.shape.model_copy(update={"columns": columns}))
    estate.clusters[WEST].tables[table] = changed

    found = look(estate)

    assert (proved.state, "by failover-1" in proved.value) == (State.OK, True)
    since = named(found, "a failover was proved")
    assert (since.state, f"the schema in {WEST} has changed" in since.value) == (State.WARNING, True)
    assert named(found, "the tables' columns and keys are the same, in the same order").state is State.FAILED


def test_an_estate_that_serves_customers_lacks_only_what_its_tests_play(
    make_estate: MakeEstate, look: Look
) -> None:
    found = look(make_estate(disaster_recovery={"testing": {"scope": "live"}}))

    scenarios = {check.name for check in found.readiness.checks if check.name.startswith("the scenario")}
    assert scenarios == {"the scenario planned-move was proved", "the scenario restore-beside was proved"}


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({}, 92),
        ({"testing": {"interval_days": 31}}, 31),
        ({"testing": {"interval_days": 31}, "readiness": {"proof_days": 50}}, 50),
    ],
)
def test_a_proof_is_whole_for_the_time_between_two_tests_unless_the_file_says_otherwise(
    make_estate: MakeEstate, changes: dict[str, Any], days: int
) -> None:
    assert proof_interval(make_estate(recovery=changes).file) == timedelta(days=days)


def test_a_region_that_does_not_answer_keeps_the_schema_it_was_known_to_have(
    estate: FakeEstate, look: Look
) -> None:
    before = look(estate).memory.schemas
    estate.loses(WEST)

    assert look(estate).memory.schemas == before


def test_a_lag_beyond_the_rpo_fails_in_its_direction_alone(estate: FakeEstate, look: Look) -> None:
    estate.replication_lags(EAST, by=timedelta(minutes=6))

    found = look(estate)

    assert named(found, f"it has what {EAST} has committed", WEST).state is State.FAILED
    assert named(found, f"it has what {WEST} has committed", EAST).state is State.OK


def test_a_backup_that_is_too_old_fails(make_estate: MakeEstate, look: Look) -> None:
    estate = make_estate()

    found = look(estate)

    assert named(found, f"a sound backup is in {EAST}", WEST).state is State.FAILED


def test_an_estate_without_backups_is_warned_once(make_estate: MakeEstate, look: Look) -> None:
    found = look(make_estate(recovery={"backups": None}))

    backups = [check for check in found.readiness.checks if check.group is Group.BACKUPS]
    assert [(check.name, check.state) for check in backups] == [("the clusters are backed up", State.WARNING)]


def test_the_checks_are_shown_beside_the_run_the_worst_first(
    estate: FakeEstate, look: Look, prefect_api: Any
) -> None:
    estate.clusters[EAST].has(wal_level="replica")

    look(estate)

    (shown,) = [artifact for artifact in prefect_api.artifacts if artifact["key"] == "readiness"]
    rows = [line for line in shown["data"].splitlines() if line.startswith("| ")]
    assert rows[2].startswith("| ✕ FAILED | us-east-1 | wal\\_level is logical | replica | logical |")
    assert shown["description"].startswith("not ready: 1 failed, ")


def test_it_is_checked_every_five_minutes_unless_the_file_says_otherwise(make_estate: MakeEstate) -> None:
    (usual,) = readiness_schedule(make_estate().file, "/etc/dr/estate.yaml")
    (hourly,) = readiness_schedule(
        make_estate(recovery={"readiness": {"checked_at": "7 * * * *"}}).file, "estate.yaml"
    )

    assert isinstance(usual.schedule, CronSchedule)
    assert isinstance(hourly.schedule, CronSchedule)
    assert (usual.schedule.cron, usual.slug, usual.active) == ("*/5 * * * *", "readiness", True)
    order = ReadinessCheck.model_validate((usual.parameters or {})["order"])
    assert order.estate == "/etc/dr/estate.yaml"
    assert hourly.schedule.cron == "7 * * * *"
