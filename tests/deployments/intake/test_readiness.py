"""The newest readiness result among the intake's metrics."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry

from deployments.intake.readiness import ReadinessMetrics, keep_shown
from recovery.fakes.estate import FakeEstate
from recovery.fakes.stores import FakeStore
from recovery.readiness.check import Check, Group, State
from recovery.readiness.kept import Kept, Memory
from recovery.readiness.result import Readiness

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
Shown = tuple[ReadinessMetrics, Callable[..., float | None]]


def a_result(state: State) -> Readiness:
    check = Check(
        name="wal_level is logical",
        group=Group.POSTGRES,
        region="us-east-1",
        state=state,
        value="canary",
        remedy="set it",
    )
    return Readiness(estate="tested", at=NOON, took_s=1, checks=(check,))


@pytest.fixture
def shown() -> Shown:
    registry = CollectorRegistry()
    metrics = ReadinessMetrics(registry)
    return metrics, lambda name, **labels: registry.get_sample_value(name, labels)


@pytest.mark.parametrize(
    ("state", "verdict", "number"),
    [(State.OK, 0, 0), (State.WARNING, 1, 1), (State.UNKNOWN, 2, 2), (State.FAILED, 2, 3)],
)
def test_the_verdict_and_each_check_are_told(shown: Shown, state: State, verdict: int, number: int) -> None:
    metrics, value = shown

    metrics.show(a_result(state))

    assert value("dr_readiness_verdict") == verdict
    assert value("dr_readiness_checked_timestamp_seconds") == NOON.timestamp()
    where = {"group": "PostgreSQL", "check": "wal_level is logical", "region": "us-east-1"}
    assert value("dr_readiness_check", **where) == number


def test_what_a_proof_is_worth_is_told_and_other_checks_have_none(shown: Shown) -> None:
    """A dashboard shows how evidence decays before it is gone."""
    metrics, value = shown
    proof = Check(
        name="a failover was proved", group=Group.PROOF, state=State.WARNING, value="", remedy="", worth=0.5
    )
    (other,) = a_result(State.OK).checks

    metrics.show(Readiness(estate="tested", at=NOON, took_s=1, checks=(proof, other)))

    assert value("dr_readiness_worth", check=proof.name) == 0.5
    assert value("dr_readiness_worth", check=other.name) is None


def test_before_any_was_read_nothing_is_told_and_where_none_is_kept_that_it_was_never_checked(
    shown: Shown,
) -> None:
    metrics, value = shown
    before = value("dr_readiness_checked_timestamp_seconds")

    metrics.show(None)

    assert before is None
    assert value("dr_readiness_checked_timestamp_seconds") == 0
    assert value("dr_readiness_verdict") is None


class Asked:
    """Stores that tell when they were asked, and one reading that ends then."""

    def __init__(self, make_estate: Callable[..., FakeEstate]) -> None:
        self.stores = [FakeStore(place, before=self._told) for place in ("us-east-1", "us-west-2", "witness")]
        self.estate = make_estate(self.stores)
        self._tell: Callable[[], object] = int

    def _told(self, _verb: str) -> None:
        self._tell()

    def read_once(self, metrics: ReadinessMetrics) -> None:
        async def reading() -> None:
            stop, loop = asyncio.Event(), asyncio.get_running_loop()
            self._tell = lambda: loop.call_soon_threadsafe(stop.set)
            await keep_shown(self.estate, metrics, stop)
            self._tell = int

        asyncio.run(reading())


def test_it_is_read_from_the_journal_s_stores_and_stays_while_they_are_silent(
    shown: Shown, make_estate: Callable[..., FakeEstate]
) -> None:
    metrics, value = shown
    asked = Asked(make_estate)
    Kept(readiness=a_result(State.OK), memory=Memory()).keep(asked.estate.outside.journal)
    asked.read_once(metrics)
    first = value("dr_readiness_verdict")
    for store in asked.stores:
        store.down = True

    asked.read_once(metrics)

    assert (first, value("dr_readiness_verdict")) == (0, 0)
