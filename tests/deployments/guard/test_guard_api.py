"""A guard's answers while the journal's stores are there, away, slow, and back."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event
from typing import Any

import httpx
import pytest
from leaving import CLOSED, EAST, NO_RETURN, WEST, Leaving

from deployments.guard.api import app
from deployments.guard.asking import Asked
from recovery.estate import EstateFile
from recovery.journal import Kind
from recovery.region_guard import POLICY, Guard
from recovery.region_standing import Asking
from recovery.waiting import wait_until

DEADLINE_S = 10.0
Started = Callable[[str], Asked]


@pytest.fixture
def file(estate_values: dict[str, Any]) -> EstateFile:
    return EstateFile.from_values(estate_values, name="estate.yaml")


@pytest.fixture
def journal(file: EstateFile) -> Leaving:
    return Leaving(file.settings.estate)


@pytest.fixture
def started(file: EstateFile, journal: Leaving) -> Started:
    """Start a region's guard; it has not asked yet."""

    def start(region: str) -> Asked:
        return Asked(Guard(region, started_at=datetime.now(UTC)), Asking(file, journal.quorum, region).ask)

    return start


async def get(asked: Asked, path: str = "/") -> httpx.Response:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app(asked)), base_url="http://guard"
    ) as client:
        return await client.get(path)


def told(asked: Asked) -> httpx.Response:
    return asyncio.run(get(asked))


def test_a_region_that_comes_back_under_a_failover_is_closed_and_one_that_serves_is_not(
    started: Started, journal: Leaving
) -> None:
    """The operation may take over at the next instant, or be refused."""
    serving, fresh = started(EAST), started(EAST)
    serving.ask_once()
    journal.failover()

    serving.ask_once()
    fresh.ask_once()

    assert (told(serving).status_code, told(fresh).status_code) == (200, 503)
    journal.ends((Kind.BACKED_OUT, None))
    fresh.ask_once()
    assert told(fresh).status_code == 200


def test_an_open_region_is_200_with_what_was_heard_and_when(started: Started) -> None:
    asked = started(EAST)
    asked.ask_once()

    response = told(asked)

    body = response.json()
    assert response.status_code == 200
    assert (body["region"], body["may_serve"], body["left_by"], body["trouble"]) == (EAST, True, None, None)
    assert body["policy"] == POLICY
    assert 0 <= body["age_s"] < DEADLINE_S
    assert response.headers["X-Dr-Guard"] == "open: no operation has left it"


def test_a_region_that_was_left_is_503_with_who_left_it(started: Started, journal: Leaving) -> None:
    name = journal.failover(NO_RETURN, CLOSED)
    asked = started(EAST)
    asked.ask_once()

    response = told(asked)

    assert (response.status_code, response.json()["left_by"]) == (503, name)
    assert response.headers["X-Dr-Guard"] == f"closed: left by {name}, and no failback has opened it since"


def test_one_that_has_not_asked_yet_is_503(started: Started) -> None:
    response = told(started(WEST))

    assert response.status_code == 503
    assert response.json()["heard_at"] is None


def test_stores_that_are_down_change_nothing_of_what_it_says(started: Started, journal: Leaving) -> None:
    journal.failover(NO_RETURN, CLOSED)
    left, serving = started(EAST), started(WEST)
    for asked in (left, serving):
        asked.ask_once()
    down(journal)

    for asked in (left, serving):
        asked.ask_once()

    assert [told(asked).status_code for asked in (left, serving)] == [503, 200]
    assert "Too few of the journal's 3 stores answered" in told(serving).json()["trouble"]


def test_one_that_is_started_again_while_they_are_down_is_closed_until_they_are_back(
    started: Started, journal: Leaving
) -> None:
    started(WEST).ask_once()
    down(journal)

    again = started(WEST)
    again.ask_once()
    before = told(again).status_code
    down(journal, is_down=False)
    again.ask_once()

    assert (before, told(again).status_code) == (503, 200)


def test_a_store_that_hangs_keeps_no_health_check_waiting(started: Started, journal: Leaving) -> None:
    """The journal's deadline is the asking's: who asks the guard is answered from its memory meanwhile."""
    asked = started(WEST)
    asked.ask_once()
    hanging, back = Event(), Event()

    async def during() -> tuple[httpx.Response, bool]:
        asking = asyncio.create_task(asyncio.to_thread(asked.ask_once))
        await asyncio.to_thread(hanging.wait, DEADLINE_S)
        response = await get(asked)
        was_hanging = not asking.done()
        back.set()
        await asking
        return response, was_hanging

    for store in journal.stores[:2]:
        store.slow = Waited(hanging, back)

    response, was_hanging = asyncio.run(during())

    assert (response.status_code, was_hanging) == (200, True)


class Waited(Event):
    """What a slow store waits for; it tells that somebody does."""

    def __init__(self, begun: Event, until: Event) -> None:
        super().__init__()
        self._begun, self._until = begun, until

    def wait(self, timeout: float | None = None) -> bool:
        self._begun.set()
        return self._until.wait(timeout)


def test_it_goes_on_asking_and_sees_a_failover(started: Started, journal: Leaving) -> None:
    asked = started(EAST)

    async def watched() -> None:
        stop = asyncio.Event()
        asking = asyncio.create_task(asked.keep_asking(stop, every_s=0.01))
        await comes(asked, may_serve=True)
        await asyncio.to_thread(journal.failover, NO_RETURN, CLOSED)
        await comes(asked, may_serve=False)
        stop.set()
        await asking

    asyncio.run(watched())

    assert asked.answer().left_by


def test_a_fault_of_its_own_does_not_end_it() -> None:
    """It would start again, closed: a journal that nobody can read would close every region."""

    def broken() -> Any:
        raise ZeroDivisionError

    asked = Asked(Guard(EAST, started_at=datetime.now(UTC)), broken)

    asked.ask_once()

    assert "ZeroDivisionError" in str(asked.answer().trouble)


def test_prometheus_is_told(started: Started) -> None:
    asked = started(EAST)
    before = asyncio.run(get(asked, "/metrics")).text
    asked.ask_once()

    after = asyncio.run(get(asked, "/metrics")).text

    assert 'dr_region_may_serve{region="us-east-1"} 0.0' in before
    assert 'dr_region_guard_heard_age_seconds{region="us-east-1"} NaN' in before
    assert 'dr_region_may_serve{region="us-east-1"} 1.0' in after


def down(journal: Leaving, *, is_down: bool = True) -> None:
    for store in journal.stores[:2]:
        store.down = is_down


async def comes(asked: Asked, *, may_serve: bool) -> None:
    """Return once that is what it says."""

    def look() -> tuple[bool | None, str]:
        answer = asked.answer()
        return (True if answer.may_serve is may_serve else None), answer.why

    await asyncio.to_thread(
        wait_until, look, what="the guard's next answer", deadline_s=DEADLINE_S, poll_s=0.005
    )
