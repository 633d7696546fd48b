"""The verdict table, row by row, and what it refuses to be talked into."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recovery.signals import Correlation, Signal, SignalClass, Situation
from recovery.verdict import Row, Verdict, judge

EAST, WEST = "us-east-1", "us-west-2"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=1)
HEARD, SILENT = NOW, NOW - timedelta(minutes=10)
HEALTH, ERRORS, LATENCY = SignalClass.HEALTH, SignalClass.ERRORS, SignalClass.LATENCY
REPLICATION, SATURATION, MONITORING = SignalClass.REPLICATION, SignalClass.SATURATION, SignalClass.MONITORING
FAULT = (HEALTH, ERRORS, SATURATION)


def bad(*kinds: SignalClass, region: str | None = EAST, **values: Any) -> tuple[Signal, ...]:
    """Return a word of the witness for each of *kinds*, which its API confirms."""
    said = {"observer": "witness", "active_at": BEGAN, "confirmed": True} | values
    name = f"{region}/{said['observer']}/{said['active_at']}"
    return tuple(Signal(key=f"{kind}/{name}", region=region, signal=kind, **said) for kind in kinds)


def judged(*signals: Signal, **known: Any) -> Verdict:
    """Return the verdict on *signals*, in a world that is well but for what is *known*."""
    known = {"east": True, "west": True, "east_heard": HEARD, "west_heard": HEARD} | known
    situation = Situation(
        at=NOW,
        regions=(EAST, WEST),
        signals=signals,
        probes={EAST: known["east"], WEST: known["west"]},
        watchdogs={EAST: known["east_heard"], WEST: known["west_heard"]},
    )
    return judge(situation, Correlation())


def found(verdict: Verdict) -> tuple[Row, str | None]:
    return verdict.row, verdict.region


def lacking(verdict: Verdict) -> list[str]:
    return [condition.what for condition in verdict.conditions if not condition.holds]


# The rows


def test_three_classes_and_a_failing_probe_are_a_fault() -> None:
    verdict = judged(*bad(*FAULT), east=False)

    assert found(verdict) == (Row.REGION_FAULT, EAST)
    assert verdict.calls_for_failover
    assert lacking(verdict) == []
    assert verdict.since == BEGAN
    assert verdict.reason == (
        "us-east-1: health, errors, saturation, fails the prober; us-west-2: answers the prober"
    )


def test_a_region_not_heard_that_fails_the_prober_and_does_not_replicate_is_lost() -> None:
    verdict = judged(*bad(REPLICATION), east=False, east_heard=SILENT)

    assert found(verdict) == (Row.REGION_LOST, EAST)
    assert verdict.calls_for_failover
    assert lacking(verdict) == []


def test_the_other_region_may_tell_of_the_broken_replication() -> None:
    """It is a word against itself, and it is the second witness."""
    said = bad(REPLICATION, region=WEST, observer=WEST)

    assert found(judged(*said, east=False, east_heard=SILENT)) == (Row.REGION_LOST, EAST)


def test_replication_that_broke_long_before_is_broken_all_the_same() -> None:
    """Newer alerts do not push it out of a window: the region would never be called lost."""
    long_broken = bad(REPLICATION, active_at=NOW - timedelta(hours=2))

    verdict = judged(*long_broken, *bad(HEALTH, LATENCY), east=False, east_heard=SILENT)

    assert found(verdict) == (Row.REGION_LOST, EAST)
    assert lacking(verdict) == []


def test_a_region_not_heard_that_serves_well_has_a_monitoring_fault() -> None:
    verdict = judged(east_heard=SILENT)

    assert found(verdict) == (Row.MONITORING_FAULT, EAST)
    assert not verdict.calls_for_failover


def test_an_alert_about_a_regions_monitoring_is_a_monitoring_fault_too() -> None:
    assert found(judged(*bad(MONITORING))) == (Row.MONITORING_FAULT, EAST)


def test_both_regions_bad_is_a_global_fault() -> None:
    """However bad the one is: the other one would not carry its traffic."""
    verdict = judged(*bad(*FAULT, REPLICATION), east=False, west=False, east_heard=SILENT)

    assert found(verdict) == (Row.GLOBAL_FAULT, None)
    assert not verdict.calls_for_failover


@pytest.mark.parametrize("hidden", [(), (MONITORING,)])
@pytest.mark.parametrize("also_west", [False, True])
def test_broken_replication_between_regions_that_serve_is_a_partition(
    *, also_west: bool, hidden: Any
) -> None:
    """Promoting then makes two writers: GitHub, 2018-10-21. It hides their monitoring from each other too."""
    west = bad(REPLICATION, *hidden, region=WEST) if also_west else ()

    verdict = judged(*bad(REPLICATION, *hidden), *west)

    assert found(verdict) == (Row.PARTITION, None)
    assert not verdict.calls_for_failover


def test_trouble_of_one_service_is_that_services_fault() -> None:
    verdict = judged(*bad(*FAULT, service="cart"))

    assert found(verdict) == (Row.SERVICE_FAULT, EAST)
    assert not verdict.calls_for_failover


@pytest.mark.parametrize(
    ("signals", "known"),
    [
        (bad(HEALTH), {}),
        (bad(ERRORS, LATENCY), {}),
        (bad(ERRORS, LATENCY), {"east": None}),
        (bad(ERRORS, LATENCY), {"east": False}),
        (bad(ERRORS, confirmed=False), {}),
        (bad(HEALTH, service="cart") + bad(ERRORS, service="till"), {}),
        (bad(HEALTH, service="cart") + bad(ERRORS), {}),
        (bad(HEALTH, service="cart") + bad(LATENCY, region=WEST), {}),
        ((), {"east": False}),
        ((), {"east": None, "east_heard": SILENT}),
    ],
)
def test_less_than_a_fault_is_a_suspicion(signals: tuple[Signal, ...], known: dict[str, Any]) -> None:
    verdict = judged(*signals, **known)

    assert found(verdict) == (Row.SUSPECT, EAST)
    assert not verdict.calls_for_failover
    assert verdict.failing is (known.get("east") is False)
    assert lacking(verdict)


@pytest.mark.parametrize("region", [None, "mars", ""])
def test_a_label_that_names_no_region_is_attributed_to_none(region: str | None) -> None:
    verdict = judged(*bad(*FAULT, region=region))

    assert found(verdict) == (Row.UNATTRIBUTED, None)
    assert not verdict.calls_for_failover


def test_a_stray_alert_that_ended_is_forgotten() -> None:
    """Though a late copy of it still says that it is active."""
    ended = bad(HEALTH, region=None, ended_at=NOW - timedelta(minutes=5))

    assert found(judged(*ended, *bad(HEALTH, region=None))) == (Row.HEALTHY, None)


def test_nothing_bad_is_healthy() -> None:
    verdict = judged()

    assert found(verdict) == (Row.HEALTHY, None)
    assert (verdict.votes, verdict.conditions, verdict.since) == ((), (), None)


# The refusals: everything else says fault or loss, and one thing is missing


@pytest.mark.parametrize(
    ("known", "row"),
    [
        ({"west": False}, Row.GLOBAL_FAULT),
        ({"west": None}, Row.SUSPECT),
        ({"west_heard": SILENT}, Row.SUSPECT),
        ({"west_heard": None}, Row.SUSPECT),
        ({"east": True}, Row.SUSPECT),
        ({"east": None}, Row.SUSPECT),
    ],
)
def test_a_fault_needs_a_failing_probe_and_a_target_known_to_be_well(known: dict[str, Any], row: Row) -> None:
    """And no trouble of the target hides which region it is that fails."""
    verdict = judged(*bad(*FAULT), **({"east": False} | known))

    assert found(verdict) == (row, None if row is Row.GLOBAL_FAULT else EAST)
    assert not verdict.calls_for_failover
    assert lacking(verdict)


@pytest.mark.parametrize(
    ("west", "row"),
    [
        (bad(HEALTH, region=WEST), Row.GLOBAL_FAULT),
        (bad(ERRORS, region=WEST, active_at=NOW - timedelta(days=2)), Row.GLOBAL_FAULT),
        (bad(LATENCY, SATURATION, region=WEST), Row.SUSPECT),
        (bad(LATENCY, region=WEST), Row.REGION_FAULT),
    ],
)
def test_the_target_may_have_one_soft_class_against_it_at_most(west: tuple[Signal, ...], row: Row) -> None:
    """However long it has been there: an old fault of the target is no smaller."""
    assert judged(*bad(*FAULT), *west, east=False).row is row


@pytest.mark.parametrize(
    ("kinds", "held_up_by"),
    [
        ((HEALTH, ERRORS), "classes against"),
        ((LATENCY, SATURATION, REPLICATION, MONITORING), "classes against"),
    ],
)
def test_a_fault_needs_three_classes_one_of_them_felt_by_customers(
    kinds: tuple[SignalClass, ...], held_up_by: str
) -> None:
    verdict = judged(*bad(*kinds), east=False)

    assert verdict.row is Row.SUSPECT
    assert [what for what in lacking(verdict) if held_up_by in what]


def test_classes_more_than_a_window_apart_do_not_make_a_fault() -> None:
    long_ago = bad(HEALTH, active_at=NOW - timedelta(hours=1))

    assert judged(*long_ago, *bad(ERRORS, LATENCY), east=False).row is Row.SUSPECT


@pytest.mark.parametrize("observer", [EAST, "prober"])
def test_one_witness_is_none(observer: str) -> None:
    """The region's own word on itself is not a look from outside; the prober's alerts are its probes again."""
    verdict = judged(*bad(*FAULT, observer=observer), east=False)

    assert verdict.row is Row.SUSPECT
    assert lacking(verdict) == ["two witnesses outside us-east-1"]


@pytest.mark.parametrize("observer", [EAST, "prober"])
def test_one_witness_is_none_of_a_loss_either(observer: str) -> None:
    verdict = judged(*bad(REPLICATION, observer=observer), east=False, east_heard=SILENT)

    assert verdict.row is Row.SUSPECT
    assert lacking(verdict) == ["two witnesses outside us-east-1"]


def test_what_the_target_says_of_replication_is_no_word_on_a_fault() -> None:
    """It counts where the region is silent; what would have to change says that it is missing here."""
    own = bad(*FAULT, observer=EAST)

    verdict = judged(*own, *bad(REPLICATION, region=WEST, observer=WEST), east=False)

    assert verdict.row is Row.SUSPECT
    assert lacking(verdict) == ["two witnesses outside us-east-1"]


def test_an_unconfirmed_observer_alone_makes_nobody_lost() -> None:
    said = bad(REPLICATION, confirmed=False)

    assert judged(*said, east=False, east_heard=SILENT).row is Row.SUSPECT


@pytest.mark.parametrize(
    ("silence", "row"),
    [
        (timedelta(minutes=3), Row.SUSPECT),
        (timedelta(minutes=3, microseconds=1), Row.REGION_LOST),
        (timedelta(days=400), Row.REGION_LOST),
    ],
)
def test_a_region_is_not_heard_after_three_minutes(silence: timedelta, row: Row) -> None:
    assert judged(*bad(REPLICATION), east=False, east_heard=NOW - silence).row is row


@pytest.mark.parametrize(
    "said",
    [
        {"active_at": NOW + timedelta(seconds=1)},
        {"ended_at": NOW - timedelta(seconds=30)},
        {"ended_at": datetime(1, 1, 1, tzinfo=UTC)},
    ],
)
def test_alerts_of_the_future_and_alerts_that_ended_say_nothing(said: dict[str, Any]) -> None:
    assert found(judged(*bad(*FAULT, **said))) == (Row.HEALTHY, None)
    assert judged(*bad(*FAULT, **said), east=False).votes == ()


def test_five_thousand_pod_alerts_are_not_a_region() -> None:
    """One class, however loud."""
    storm = [bad(ERRORS, active_at=BEGAN - timedelta(milliseconds=n))[0] for n in range(5000)]

    verdict = judged(*storm, east=False)

    assert verdict.row is Row.SUSPECT
    assert [vote.alerts for vote in verdict.votes] == [5000]
