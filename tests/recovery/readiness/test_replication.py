"""Exposure in both directions, clocks, and how long an outage of the other region is survived."""

from datetime import UTC, datetime, timedelta

import pytest

from recovery.fakes.preflight import FakePreflight
from recovery.fakes.world import World
from recovery.ports import Subscription
from recovery.readiness.check import Check, State
from recovery.readiness.facts import Clock, Server, Slot
from recovery.readiness.outage import Room, outage_checks
from recovery.readiness.pace import Pace, Reading, busiest, pace
from recovery.readiness.replication import Arriving, LagLimits, arriving_checks, clock_checks
from recovery.readiness.told import Silent, Told

EAST, WEST = "us-east-1", "us-west-2"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LIMITS = LagLimits(warns=timedelta(seconds=60), rpo=timedelta(minutes=5))
HALF = timedelta(seconds=0.5)
IN_STEP = Clock(ahead_s=0.0, error_s=0.001)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def arriving(*, age_s: float | None, clock: Told[Clock] = IN_STEP, enabled: bool = True) -> list[Check]:
    """One node group's beat is of now by the source's clock, the other one's is so old by ours."""
    there = NOON + seconds(0 if isinstance(clock, Silent) else clock.ahead_s)
    beat = None if age_s is None else NOON - seconds(age_s)
    subscription = Subscription("eden_task", "from_east", enabled, "0/1", replicating=enabled)
    told = Arriving(EAST, WEST, {"eden_hub": there, "eden_task": beat}, [subscription], clock)
    return arriving_checks(told, LIMITS, now=NOON)


@pytest.mark.parametrize(
    ("age_s", "state"),
    [(0.4, State.OK), (61, State.WARNING), (301, State.FAILED), (None, State.FAILED)],
)
def test_the_exposure_is_that_of_the_worst_node_group(age_s: float | None, state: State) -> None:
    exposed, _ = arriving(age_s=age_s)

    assert (exposed.state, exposed.region) == (state, WEST)
    assert exposed.name == f"it has what {EAST} has committed"


def test_a_heartbeat_has_its_region_s_own_time() -> None:
    """A source whose clock is ahead by an hour is not exposed for less than nothing."""
    ahead = Clock(ahead_s=3600, error_s=0.01)

    fresh, _ = arriving(age_s=-3600, clock=ahead)
    old, _ = arriving(age_s=-3600 + 400, clock=ahead)

    assert fresh.state is State.OK
    assert (old.state, old.value) == (State.FAILED, "a failover now would lose up to 400.0 s")


def test_the_exposure_to_a_lost_region_is_told_by_our_clock() -> None:
    exposed, _ = arriving(age_s=400, clock=Silent("no answer"))

    assert (exposed.state, exposed.value) == (
        State.FAILED,
        "a failover now would lose up to 400.0 s, by our clock",
    )


def test_a_subscription_that_does_not_replicate_fails() -> None:
    _, applied = arriving(age_s=0, enabled=False)

    assert (applied.state, applied.value) == (State.FAILED, "eden_task do not")


@pytest.mark.parametrize(
    ("west", "between", "with_ours"),
    [
        (Clock(0.1, 0.01), State.OK, State.OK),
        (Clock(0.9, 0.01), State.FAILED, State.WARNING),
        (Clock(0.45, 0.2), State.UNKNOWN, State.UNKNOWN),
        (Silent("no answer"), State.UNKNOWN, State.UNKNOWN),
    ],
)
def test_clocks_that_may_be_apart_are_not_said_to_agree(
    west: Told[Clock], between: State, with_ours: State
) -> None:
    found = clock_checks({EAST: Clock(0.0, 0.01), WEST: west}, most_apart=HALF)

    states = {(check.region, check.state) for check in found}
    assert states == {(EAST, State.OK), (WEST, with_ours), (None, between)}


def a_server(keeps: str = "100", kept_bytes: int = 0) -> Server:
    world = World([EAST, WEST])
    fake = FakePreflight(world, world.places[EAST], ["eden_task"])
    fake.has(max_slot_wal_keep_size=keeps)
    slots = (Slot("pgl", active=True, wal_status="reserved", kept_bytes=kept_bytes),)
    return Server(**{**vars(fake.facts), "slots": slots})


def a_pace(wal_bytes_s: float = 10_000, transactions_s: float = 100) -> Pace:
    return Pace(at=NOON, wal_bytes_s=wal_bytes_s, transactions_s=transactions_s)


def outage(server: Server, pace: Told[Pace], *, free: int | None = None) -> list[Check]:
    return outage_checks(EAST, server, pace, room=Room(free), outage=timedelta(minutes=60))


@pytest.mark.parametrize(
    ("wal_bytes_s", "state"), [(10_000, State.OK), (100_000, State.FAILED), (0, State.OK)]
)
def test_wal_lasts_for_as_long_as_it_is_kept_at_the_pace_of_writing(wal_bytes_s: float, state: State) -> None:
    kept, _ = outage(a_server(), a_pace(wal_bytes_s))

    assert (kept.state, kept.limit) == (state, "60 min")


def test_what_is_kept_already_is_no_more_to_come() -> None:
    kept, _ = outage(a_server(kept_bytes=100 * 1024 * 1024), a_pace())

    assert (kept.state, kept.value) == (State.FAILED, "0.0 s at 10.0 kB/s, 104.9 MB are kept")


@pytest.mark.parametrize(("free", "state"), [(None, State.WARNING), (10**9, State.OK), (10**6, State.FAILED)])
def test_without_a_limit_the_disk_is_the_limit(free: int | None, state: State) -> None:
    kept, _ = outage(a_server(keeps="-1"), a_pace(), free=free)

    assert kept.state is state


def test_rows_that_are_frozen_before_the_region_returns_are_told() -> None:
    """Of a frozen row nobody knows any more which region wrote it."""
    _, slow = outage(a_server(), a_pace(transactions_s=100))
    _, fast = outage(a_server(), a_pace(transactions_s=50_000))

    assert (slow.state, fast.state) == (State.OK, State.FAILED)
    assert fast.value == "17 min at 50000 transactions/s"


def test_a_pace_that_was_not_measured_is_unknown() -> None:
    checks = outage(a_server(), Silent("not measured yet"))

    assert {check.state for check in checks} == {State.UNKNOWN}


def a_reading(after_s: float, wal: int, transactions: int) -> Reading:
    return Reading(at=NOON + seconds(after_s), wal_bytes=wal, transactions=transactions)


def test_a_pace_is_the_mean_between_two_runs() -> None:
    found = pace(a_reading(0, 1000, 10), a_reading(300, 301_000, 3010))

    assert found is not None
    assert (found.wal_bytes_s, found.transactions_s) == (1000, 10)


@pytest.mark.parametrize(
    "later",
    [a_reading(300, 10, 20), a_reading(300, 2000, 5), a_reading(0.1, 2000, 20)],
    ids=["put back", "rebuilt", "too close"],
)
def test_a_cluster_that_was_put_back_has_no_pace_yet(later: Reading) -> None:
    assert pace(a_reading(0, 1000, 10), later) is None
    assert pace(None, later) is None


def test_the_busiest_pace_of_a_day_counts() -> None:
    """An outage need not come in the quietest hour."""
    busy, quiet = a_pace(9000), a_pace(100).model_copy(update={"at": NOON + seconds(3600)})

    assert busiest(busy, quiet, now=quiet.at) == busy
    assert busiest(busy, None, now=quiet.at) == busy
    assert busiest(busy, quiet, now=NOON + timedelta(days=2)) == quiet
    assert busiest(None, None, now=NOON) is None
