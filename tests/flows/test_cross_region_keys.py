"""The Redis of both regions of an estate in memory, compared beside its tables, and repaired as one region has it."""

from collections.abc import Callable
from typing import Any

import pytest

from recovery.errors import BadInput, Unavailable
from recovery.fakes.cache_keys import Held, Value
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.objectives import Judgement
from recovery.operation_journal import read
from recovery.reconcile.findings import Findings
from recovery.report.repair_compose import compose_repair

EAST, WEST = "us-east-1", "us-west-2"
TABLE = orders("eden_task").name
Flow = Callable[..., Any]


@pytest.fixture
def estate(make_estate: Flow) -> FakeEstate:
    """Two masters with the same keys: a cart of which one was filled in another order."""
    estate: FakeEstate = make_estate()
    estate.world.places[WEST].replica = False
    for region, cart in ((EAST, {b"a": b"1", b"b": b"2"}), (WEST, {b"b": b"2", b"a": b"1"})):
        put(estate, region, session=b"s", cart=cart)
    return estate


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second for keys to expire in is long in a test."""
    monkeypatch.setattr("tasks.comparing_keys.EXPIRY_TOLERANCE_MS", 1)


def put(estate: FakeEstate, region: str, **values: Value) -> None:
    estate.region(region).keys.held |= {name.encode(): Held(value) for name, value in values.items()}


def planted(estate: FakeEstate) -> None:
    """Another value, and a key in each region alone."""
    put(estate, EAST, session=b"east's", only_east=b"e")
    put(estate, WEST, only_west=b"w")


def held(estate: FakeEstate, region: str) -> dict[bytes, Value]:
    return {key: one.value for key, one in estate.region(region).keys.held.items()}


def test_redis_is_compared_only_where_it_is_asked_for(estate: FakeEstate, reconcile: Flow) -> None:
    planted(estate)

    found: Findings = reconcile(estate)

    assert found.cache is None
    assert found.judgement is Judgement.MET


def test_keys_filled_in_another_order_are_alike(estate: FakeEstate, reconcile: Flow) -> None:
    found: Findings = reconcile(estate, redis=True)

    assert found.cache
    assert (found.cache.keys_left, found.cache.keys_right, found.cache.drifted) == (2, 2, 0)
    assert found.judgement is Judgement.MET


def test_keys_that_drifted_are_told_and_nothing_is_planned_without_a_winner(
    estate: FakeEstate, reconcile: Flow
) -> None:
    planted(estate)

    found: Findings = reconcile(estate, redis=True)

    assert found.cache
    assert found.cache.kinds == {
        "of another value": 1,
        "on the left side only": 1,
        "on the right side only": 1,
    }
    assert (found.judgement, found.plan) == (Judgement.MISSED, None)
    page = (estate.outside.reports / "comparison-1" / "report.html").read_text()
    assert "only_west" in page
    assert "east&#39;s" not in page


def test_a_redis_that_can_not_be_read_loses_nothing_that_was_found_in_tables(
    estate: FakeEstate, reconcile: Flow
) -> None:
    estate.region(EAST).tables.put(TABLE, {("7",): "(7,east)"})
    estate.region(WEST).keys.fails("look", Unavailable("redis west:6379 does not answer"))
    planted(estate)

    found: Findings = reconcile(estate, redis=True, redis_winner=EAST)

    assert (found.drifted, found.cache, found.judgement) == (1, None, Judgement.MISSED)
    assert [(one.table, one.why) for one in found.unfinished] == [
        ("Redis", "redis west:6379 does not answer")
    ]
    assert found.verdict.endswith("not done to its end: Redis.")
    assert found.plan
    page = (estate.outside.reports / "comparison-1" / "report.html").read_text()
    assert "redis west:6379 does not answer" in page


def test_a_redis_that_can_not_be_read_is_not_found_to_be_alike(estate: FakeEstate, reconcile: Flow) -> None:
    estate.region(WEST).keys.fails("databases", Unavailable("redis west:6379 does not answer"))

    found: Findings = reconcile(estate, redis=True)

    assert found.judgement is Judgement.NOT_MEASURED


@pytest.mark.parametrize(("drifted_rows", "repaired"), [(0, None), (1, "repair-")])
def test_too_many_keys_for_a_plan_are_told_and_their_repair_is_refused(
    make_estate: Flow, reconcile: Flow, drifted_rows: int, repaired: str | None
) -> None:
    """Nothing was said of it before; rows are repaired all the same, by a plan of their own."""
    estate: FakeEstate = make_estate(recovery={"reconciliation": {"most_rows": 2}})
    estate.world.places[WEST].replica = False
    planted(estate)
    for n in range(drifted_rows):
        estate.region(EAST).tables.put(TABLE, {(str(n),): f"({n},east)"})

    found: Findings = reconcile(estate, redis=True, redis_winner=EAST, then="repair")

    assert found.cache
    assert "more keys of Redis have drifted than recovery.reconciliation.most_rows, which is 2" in (
        found.cache.why or ""
    )
    assert "3 differ; these are too many for a plan" in found.verdict
    assert "only_east" not in str(held(estate, WEST))
    assert found.repair
    assert found.repair.startswith(repaired or f"Nothing was repaired: {found.cache.why}")
    page = (estate.outside.reports / "comparison-1" / "report.html").read_text()
    assert "most_rows, which is 2" in page


def test_where_no_value_is_wanted_no_key_is_shown_by_its_name(estate: FakeEstate, reconcile: Flow) -> None:
    """Of rows, the key is what a repair goes by; the name of a key of Redis often holds who it is about."""
    planted(estate)

    found: Findings = reconcile(estate, redis=True, samples=0)

    assert found.cache
    assert (found.cache.drifted, found.cache.samples) == (3, [])
    page = (estate.outside.reports / "comparison-1" / "report.html").read_text()
    assert "only_west" not in page


def test_keys_become_as_the_winner_has_them(estate: FakeEstate, reconcile: Flow, repair: Flow) -> None:
    planted(estate)
    found: Findings = reconcile(estate, redis=True, redis_winner=EAST)

    repair(estate, plan="comparison-1")

    assert str(found.plan) == "A repair would change 0 rows and 2 keys of Redis; 0 are left to a person."
    assert held(estate, WEST) == held(estate, EAST) | {b"only_west": b"w"}
    report = compose_repair(read(estate.outside.journal, "repair-1"))
    assert report.redis
    assert str(report.redis) == f"{WEST}: 2 keys written, 0 deleted, 1 left as they are"


def test_a_key_that_is_left_keeps_a_repair_from_being_told_as_a_whole_one(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    """The rows of the plan are alike, of which there are none; a key was written since it was compared."""
    planted(estate)
    reconcile(estate, redis=True, redis_winner=EAST, redis_delete=True)
    put(estate, WEST, session=b"written since")

    told = repair(estate, plan="comparison-1")

    report = compose_repair(read(estate.outside.journal, "repair-1"))
    assert report.judgement is Judgement.MISSED
    assert report.headline == "Repaired in part: keys of Redis were left"
    assert told.startswith(f"repair-1: {report.headline}. `dr reconcile undo repair-1` takes it back")
    assert "compare Redis again" in "".join(report.ending.next)


def test_a_repair_that_leaves_no_key_is_a_whole_one_also_where_it_was_gone_on_with(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    """What the attempt before had repaired was changed since the plan, too."""
    planted(estate)
    reconcile(estate, redis=True, redis_winner=EAST, redis_delete=True)
    put(estate, WEST, session=b"east's")

    repair(estate, plan="comparison-1")

    report = compose_repair(read(estate.outside.journal, "repair-1"))
    assert report.judgement is Judgement.MET
    assert report.redis
    assert (report.redis.already, report.redis.left) == (1, 0)


def test_keys_of_the_loser_alone_are_deleted_where_that_is_asked_for(
    estate: FakeEstate, reconcile: Flow
) -> None:
    planted(estate)

    found: Findings = reconcile(estate, redis=True, redis_winner=EAST, redis_delete=True, then="repair")

    assert held(estate, WEST) == held(estate, EAST)
    assert found.repair


def test_a_repair_of_keys_is_taken_back(estate: FakeEstate, reconcile: Flow, repair: Flow) -> None:
    planted(estate)
    before = held(estate, WEST)
    reconcile(estate, redis=True, redis_winner=EAST, redis_delete=True)
    repair(estate, plan="comparison-1")
    put(estate, WEST, session=b"written since")

    repair(estate, undoes="repair-1", id="repair-2")

    assert held(estate, WEST) == before | {b"session": b"written since"}


def test_a_replica_is_not_written_to_and_that_is_told(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    planted(estate)
    reconcile(estate, redis=True, redis_winner=EAST)
    estate.region(WEST).keys.replica = True
    before = held(estate, WEST)

    told = repair(estate, plan="comparison-1")

    assert held(estate, WEST) == before
    report = compose_repair(read(estate.outside.journal, "repair-1"))
    assert "is a replica" in "".join(report.refused)
    assert told == "repair-1: Repaired in part: keys of Redis were left"


def test_a_winner_that_is_no_region_is_refused(estate: FakeEstate, reconcile: Flow) -> None:
    with pytest.raises(BadInput, match="has no region 'mars'"):
        reconcile(estate, redis=True, redis_winner="mars")
