"""The prober's parts on their own: what a client's cache, the ledger's file and the tally promise."""

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import pytest

from deployments.prober.client import Resolved, until_turn
from deployments.prober.clock import Clock
from deployments.prober.ledger import COLUMNS, Ledger
from deployments.prober.tally import LONGEST_WINDOW_S, Tally
from recovery.adapters.dns import Answer
from recovery.adapters.prober import request_of
from recovery.errors import Unavailable
from recovery.measurement import Outcome, Request

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_request(ended_s: float, *, good: bool = True, **fields: object) -> Request:
    told = {"client": "c1", "seq": 1, "kind": "write", "service": "orders", "region": "west"}
    outcome = Outcome.ACKNOWLEDGED if good else Outcome.UNKNOWN
    told |= {"started_at": at(ended_s - 0.01), "ended_at": at(ended_s), "outcome": outcome} | fields
    return Request.model_validate(told)


class SetClock(Clock):
    """A clock that is set by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def elapsed_s(self) -> float:
        return self.seconds


class FakeDns:
    """Gives each address once, for ten seconds."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = list(addresses)

    async def resolve_async(self, name: str) -> Answer:
        if not self._addresses:
            raise Unavailable(f"No server gave an address of {name}.")
        return Answer((self._addresses.pop(0),), 10, "fake")


class TestResolved:
    def test_an_address_is_used_for_its_ttl_and_no_longer(self) -> None:
        clock, told = SetClock(), list[str]()
        dns = FakeDns("127.99.0.1", "127.99.0.2")
        resolved = Resolved(dns, "app.example.com", clock=clock, told=told.append)

        seen = []
        for clock.seconds in (0, 9.9, 10, 19.9):
            seen.append(asyncio.run(resolved.address()))

        assert [address[-1] for address in seen] == ["1", "1", "2", "2"]
        assert told == ["127.99.0.1", "127.99.0.2"], "each answer once"

    def test_an_expired_address_without_an_answer_is_no_address(self) -> None:
        """A resolver that serves stale answers would hide that the name is gone."""
        clock = SetClock()
        resolved = Resolved(FakeDns("127.99.0.1"), "app.example.com", clock=clock)
        asyncio.run(resolved.address())
        clock.seconds = 10

        with pytest.raises(Unavailable):
            asyncio.run(resolved.address())

    def test_only_the_first_answer_is_shortened_by_the_phase(self) -> None:
        clock = SetClock()
        resolved = Resolved(FakeDns(*"abc"), "app.example.com", clock=clock, phase=0.5)

        seen = []
        for clock.seconds in (0, 4.9, 5, 14.9, 15):
            seen.append(asyncio.run(resolved.address()))

        assert seen == list("aabbc")


class TestLedger:
    def test_what_was_appended_is_told_as_it_was(self, tmp_path: Path) -> None:
        request = a_request(1.5, committed_at=at(1.123456), status=201, error="cache read-only")

        with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
            ledger.append(request)
            [row] = chain.from_iterable(ledger.rows(NOON, at(10), None))

        assert request_of(list(COLUMNS), json.loads(row)) == request

    def test_the_bounds_are_since_included_and_until_not(self, tmp_path: Path) -> None:
        with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
            for second in (3, 1, 2):
                ledger.append(a_request(second, seq=second))
            rows = list(chain.from_iterable(ledger.rows(at(1), at(3), "write")))

        assert [json.loads(row)[COLUMNS.index("seq")] for row in rows] == [1, 2]

    def test_a_file_that_fails_loses_nothing(self, tmp_path: Path) -> None:
        ledger = Ledger(tmp_path / "ledger.sqlite")
        with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as other:
            other.execute("ALTER TABLE requests RENAME TO away")
            ledger.append(a_request(1))
            with pytest.raises(Unavailable, match="1 wait in memory"):
                ledger.flush()
            other.execute("ALTER TABLE away RENAME TO requests")

        ledger.flush()

        assert len(list(chain.from_iterable(ledger.rows(NOON, at(10), None)))) == 1
        ledger.close()

    def test_it_forgets_what_is_old_and_nothing_else(self, tmp_path: Path) -> None:
        with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
            for second in range(5000):
                ledger.append(a_request(second))
            ledger.flush()
            ledger.forget(at(4990))
            kept = list(chain.from_iterable(ledger.rows(NOON, at(9999), None)))

        assert len(kept) == 10


class TestTally:
    def test_failures_in_a_row_are_those_of_the_kind_that_fails(self) -> None:
        """A service that answers its health check and takes no rows has failed."""
        tally = Tally(["west"])
        for second in range(20):
            tally.add(a_request(second, kind="health"))
            tally.add(a_request(second + 0.5, kind="canary", good=second < 5, error="status 503"))

        west = tally.evidence(at(19.5), 10).regions["west"]

        assert west.consecutive_failures == 15
        assert (west.last_good_at, west.first_failed_at) == (at(4.5), at(5.49))
        assert west.last_error == "canary: status 503"
        assert west.writable is False

    def test_counts_are_of_the_window_alone(self) -> None:
        tally = Tally(["west", "east"])
        for second in range(20):
            tally.add(a_request(second, good=second % 2 == 0))

        seen = tally.evidence(at(19), 10)

        assert (seen.global_name.requests, seen.global_name.failed, seen.global_name.success) == (10, 5, 0.5)
        assert seen.global_name.by_region == {"west": 5}
        assert seen.regions["west"].error_rate == 0.5
        assert seen.regions["east"].error_rate is None

    def test_without_requests_there_is_no_success_to_tell(self) -> None:
        seen = Tally(["west"]).evidence(NOON, 10)

        assert seen.global_name.success is None
        assert seen.regions["west"].writable is None

    def test_it_forgets_after_the_longest_window(self) -> None:
        tally = Tally(["west"])
        tally.add(a_request(0))
        tally.add(a_request(LONGEST_WINDOW_S + 1))

        assert len(tally.since(NOON - timedelta(days=1))) == 1

    def test_a_region_s_share_of_the_clients_is_that_of_the_answers_whatever_it_takes_to_serve(self) -> None:
        """Two of three answers sent a client east; the west is slow, and is asked once where the east is 30 times."""
        tally = Tally(["west", "east"])
        for second, region in enumerate(["west", "east", "west", "east", "east"]):
            tally.answered(region, at(second))
        for tenth in range(20, 50):
            tally.add(a_request(tenth / 10, region="east"))
        tally.add(a_request(4.5, client="c2", region="west"))

        seen = tally.evidence(at(4.9), 3).regions

        assert (seen["east"].requests, seen["west"].requests) == (30, 1)
        assert (seen["east"].answers, seen["west"].answers) == (2, 1)

    def test_answers_are_forgotten_after_the_longest_window(self) -> None:
        tally = Tally(["west"])
        tally.answered("west", at(0))
        tally.answered("west", at(LONGEST_WINDOW_S + 1))

        assert tally.evidence(at(LONGEST_WINDOW_S + 1), 2 * LONGEST_WINDOW_S).regions["west"].answers == 1

    def test_quantiles_are_of_what_was_answered_well(self) -> None:
        tally = Tally(["west"])
        for i in range(100):
            tally.add(a_request(2, kind="health", started_at=at(2 - (i + 1) / 1000)))
        tally.add(a_request(2, kind="health", started_at=at(0), good=False))

        west = tally.evidence(at(2), 10).regions["west"]

        assert (west.p50_latency_ms, west.p95_latency_ms) == (50, 95)


@pytest.mark.parametrize(
    ("now_s", "turn_s"),
    [(0.0, 0.1), (0.05, 0.05), (0.1, 0.4), (0.11, 0.39), (7.35, 0.35), (7.5, 0.2)],
)
def test_a_client_comes_back_at_its_own_turn(now_s: float, turn_s: float) -> None:
    """After an outage that all felt at once, clients do not ask at the same instants for ever."""
    assert until_turn(now_s, period_s=0.4, phase=0.25) == pytest.approx(turn_s)
