"""The two regions of an estate in memory, compared: what differs is told, nothing is changed, nobody is kept out."""

import json
from collections.abc import Callable

import pytest
from differing import EAST, TABLE, WEST, alike, planted
from prefect_api import PrefectApi

from deployments.reconciliation_schedules import reconciliation_schedules
from recovery.conflict_queue import choose, waiting
from recovery.epoch import Claim, take
from recovery.errors import BadInput, DeadlinePassed, NotReady
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.kept_plans import leaving
from recovery.objectives import Judgement
from recovery.reconcile.findings import Findings
from recovery.reconciliation_order import LookAt, Reconciliation, Then
from recovery.waiting import wait_until

Reconcile = Callable[..., Findings]


@pytest.fixture
def estate(make_estate: Callable[..., FakeEstate]) -> FakeEstate:
    return alike(make_estate)


def test_regions_that_are_alike_are_said_to_be(estate: FakeEstate, reconcile: Reconcile) -> None:
    found = reconcile(estate)

    assert found.judgement is Judgement.MET
    assert found.verdict == "50 rows of 6 tables were compared."
    assert (found.drifted, found.not_compared) == (0, [])
    assert not (estate.outside.reports / "comparison-1" / "drift.jsonl").exists()


def test_every_row_that_has_drifted_is_told_by_its_key(estate: FakeEstate, reconcile: Reconcile) -> None:
    planted(estate)

    found = reconcile(estate)

    lines = (estate.outside.reports / "comparison-1" / "drift.jsonl").read_text().splitlines()
    assert sorted((row["table"], *row["key"], row["kind"]) for row in map(json.loads, lines)) == [
        (TABLE.path, "7", "different on both sides"),
        (TABLE.path, "90", "on the left side only"),
        (TABLE.path, "91", "on the right side only"),
    ]
    first = found.tables[0]
    assert (first.table, first.different, first.left_only, first.right_only) == (TABLE.path, 1, 1, 1)
    assert found.judgement is Judgement.MISSED


def test_the_report_shows_both_sides_of_a_row_and_no_value_where_none_is_wanted(
    estate: FakeEstate, reconcile: Reconcile
) -> None:
    planted(estate)

    reconcile(estate)
    reconcile(estate, samples=0, id="comparison-2")

    with_values, without = (
        [(estate.outside.reports / name / page).read_text() for page in ("report.html", "report.json")]
        for name in ("comparison-1", "comparison-2")
    )
    assert all("secret east" in page and "(7,same)" in page for page in with_values)
    assert not any("secret east" in page for page in without)
    assert all(">7<" in page or '"7"' in page for page in without)


def test_of_tables_that_the_estate_names_no_value_is_shown(
    make_estate: Callable[..., FakeEstate], reconcile: Reconcile
) -> None:
    estate = alike(make_estate, recovery={"reconciliation": {"without_values": ["eden_task.*.*"]}})
    planted(estate)
    other = orders("eden_vault").name
    estate.region(EAST).tables.put(other, {("8",): "(8,no secret)"})

    reconcile(estate)

    pages = [
        (estate.outside.reports / "comparison-1" / page).read_text()
        for page in ("report.html", "report.json")
    ]
    assert not any("secret east" in page for page in pages)
    assert all("no secret" in page for page in pages)


def test_nothing_is_changed_and_an_operation_goes_on_beside_it(
    estate: FakeEstate, reconcile: Reconcile
) -> None:
    """A failover does not wait for a comparison."""
    planted(estate)
    take(estate.outside.journal, estate.name, Claim(operation="failover-1", holder="me", since=wall_clock()))
    before, rows = estate.state(), dict(estate.region(EAST).tables.rows[TABLE])

    reconcile(estate)

    assert estate.state() == before
    assert estate.region(EAST).tables.rows[TABLE] == rows


def test_a_table_of_another_shape_is_told_and_the_others_are_compared(
    estate: FakeEstate, reconcile: Reconcile
) -> None:
    tables = estate.region(WEST).tables
    tables.shapes[TABLE] = tables.shapes[TABLE].model_copy(update={"key": ("text",)})

    found = reconcile(estate)

    assert [(one.table, "its key is" in one.why) for one in found.not_compared] == [(TABLE.path, True)]
    assert len(found.tables) == 5
    assert found.judgement is Judgement.NOT_MEASURED


def test_a_table_that_one_region_alone_sends_is_told(estate: FakeEstate, reconcile: Reconcile) -> None:
    tables = estate.region(WEST).tables
    del tables.shapes[TABLE], tables.rows[TABLE]

    found = reconcile(estate)

    assert [one.table for one in found.not_compared] == [TABLE.path]
    assert "one region sends it" in found.not_compared[0].why


def test_what_is_asked_for_alone_is_compared(estate: FakeEstate, reconcile: Reconcile) -> None:
    planted(estate)

    one = reconcile(estate, tables=["eden_vault.public.orders"])
    group = reconcile(estate, node_groups=["eden_task"], id="comparison-2")

    assert [table.table for table in one.tables] == ["eden_vault.public.orders"]
    assert [table.table for table in group.tables] == [TABLE.path]
    assert (one.drifted, group.drifted) == (0, 3)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"node_groups": ["eden_mars"]}, "eden_mars: .* no such node group; it has eden_vault"),
        ({"tables": ["eden_mars.public.orders"]}, "eden_mars: .* no such node group"),
        ({"tables": ["eden_task.public.mars"]}, r"eden_task\.public\.mars: no such table is replicated"),
    ],
)
def test_what_there_is_not_is_refused_by_name(
    estate: FakeEstate, reconcile: Reconcile, fields: dict[str, object], told: str
) -> None:
    with pytest.raises(BadInput, match=told):
        reconcile(estate, **fields)


def test_regions_that_do_not_hear_each_other_are_not_compared(
    estate: FakeEstate, reconcile: Reconcile
) -> None:
    """After a failover they differ, and each row that does would look as if it stood still."""
    estate.region(WEST).database.stop_applying()

    with pytest.raises(NotReady, match=f"{WEST} applies what the other region writes: .* do not"):
        reconcile(estate)


def test_servers_that_hash_differently_are_compared_by_text(estate: FakeEstate, reconcile: Reconcile) -> None:
    """By their own hashes every row of every table would seem to differ."""
    planted(estate)
    estate.region(WEST).tables.hashes_like = "another release's"

    assert reconcile(estate).drifted == 3


def test_a_table_without_a_key_is_compared_and_its_rows_are_repaired_by_hand(
    estate: FakeEstate, reconcile: Reconcile
) -> None:
    for region in (EAST, WEST):
        tables = estate.region(region).tables
        tables.shapes[TABLE] = tables.shapes[TABLE].model_copy(update={"key": ()})
    planted(estate)

    found = reconcile(estate)

    assert (found.drifted, found.not_compared) == (4, [])
    assert found.plan
    assert [one.rows for one in found.plan.queue if "its table has no key" in one.why] == [4]
    made = leaving(estate)[0]
    with pytest.raises(BadInput, match=r"eden_task\.public\.orders: its table has no key"):
        choose(estate, made, waiting(estate, made), region=EAST, now=wall_clock())


def test_replication_that_is_too_late_ends_the_comparison(estate: FakeEstate, reconcile: Reconcile) -> None:
    planted(estate)
    tables = estate.region(EAST).tables
    tables.meanwhile("sightings", lambda: setattr(estate, "link_cut", True))

    with pytest.raises(DeadlinePassed, match=f"a mark of {EAST} in the other region"):
        reconcile(estate, fence_seconds=0.2)


def test_after_a_clean_pass_only_what_changed_is_looked_at(estate: FakeEstate, reconcile: Reconcile) -> None:
    reconcile(estate)
    planted(estate)
    estate.world.log.clear()

    found = reconcile(estate, look_at="changed", id="comparison-2")

    assert found.drifted == 3
    assert all(table.since for table in found.tables)
    assert not [line for line in estate.log if line.endswith(": blocks")]


def test_while_a_table_is_read_it_is_shown_that_it_goes_on(
    estate: FakeEstate, reconcile: Reconcile, prefect_api: PrefectApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large one is one scan, which may take an hour."""
    monkeypatch.setattr("tasks.pace.SHOWN_EVERY_S", 0.01)

    def shown() -> tuple[bool | None, str]:
        told = [update["description"] for update in prefect_api.updated]
        return any(f"under way: {TABLE.path} (about 50 rows)" in one for one in told) or None, f"{told}"

    estate.region(EAST).tables.meanwhile(
        "blocks", lambda: wait_until(shown, what="a table shown as under way", deadline_s=10)
    )

    reconcile(estate, tables=[TABLE.path])

    assert prefect_api.updated[-1]["data"] == 100


@pytest.mark.parametrize(("asked", "block"), [({"thin_link": True}, {}), ({}, {"thin_link": True})])
def test_over_a_thin_link_cells_tell_the_same(
    make_estate: Callable[..., FakeEstate],
    reconcile: Reconcile,
    monkeypatch: pytest.MonkeyPatch,
    asked: dict[str, bool],
    block: dict[str, bool],
) -> None:
    """Whoever asks for it, the form or the estate; a pass of what changed is as it was."""
    monkeypatch.setattr("recovery.reconcile.locating.PAYS_FROM", 0)
    estate = alike(make_estate, recovery={"reconciliation": block})
    reconcile(estate, **asked)
    planted(estate)

    found = reconcile(estate, id="comparison-2", **asked)
    changed = reconcile(estate, look_at="changed", id="comparison-3", **asked)

    assert [found.drifted, changed.drifted] == [3, 3]
    assert all(table.by_cells for table in found.tables)
    assert not any(table.by_cells for table in changed.tables)
    assert not [line for line in estate.log if line.endswith(": blocks")]


def test_a_pass_that_found_something_is_no_clean_one(estate: FakeEstate, reconcile: Reconcile) -> None:
    """What differs is found again, however long nobody writes it."""
    reconcile(estate)
    planted(estate)
    reconcile(estate, look_at="changed", id="comparison-2")

    assert reconcile(estate, look_at="changed", id="comparison-3").drifted == 3


def test_where_nothing_is_known_and_now_and_then_whole_tables_are_read(
    make_estate: Callable[..., FakeEstate], reconcile: Reconcile
) -> None:
    estate = make_estate(recovery={"reconciliation": {"whole_every": 3}})
    for region in (EAST, WEST):
        estate.region(region).tables.put(TABLE, {("1",): "(1,same)"})

    found = [reconcile(estate, look_at="changed", id=f"comparison-{n}") for n in range(5)]

    whole = [not any(table.since for table in one.tables) for one in found]
    assert whole == [True, False, False, True, False]


def test_a_cluster_that_was_restored_is_read_whole(estate: FakeEstate, reconcile: Reconcile) -> None:
    """Its transactions count anew: what was written before it would seem to be old."""
    reconcile(estate)
    estate.region(WEST).tables.timeline = 2

    found = reconcile(estate, look_at="changed", id="comparison-2")

    assert not any(table.since for table in found.tables)


def test_a_schedule_compares_what_changed_and_repairs_nothing(
    make_estate: Callable[..., FakeEstate],
) -> None:
    """A form is filled in by it, whose estate is the one that was registered."""
    times = {"changed_at": "*/15 * * * *", "conflicts_at": "* * * * *", "time_zone": "Europe/Berlin"}
    file = make_estate(recovery={"reconciliation": times}).file

    scheduled, often = reconciliation_schedules(file, "/etc/dr/estate.yaml")

    order = Reconciliation.model_validate(scheduled.parameters["order"])
    assert (order.look_at, order.then, order.samples) == (LookAt.CHANGED, Then.PLAN, 0)
    assert order.estate == "/etc/dr/estate.yaml"
    assert (scheduled.schedule.cron, scheduled.schedule.timezone) == ("*/15 * * * *", "Europe/Berlin")
    assert often.parameters["order"]["look_at"] == LookAt.CONFLICTS
    assert scheduled.slug != often.slug
    assert reconciliation_schedules(make_estate().file, "estate.yaml") == []
