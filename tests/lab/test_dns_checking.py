"""The health checkers against real endpoints: good, bad, mute and rude ones."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from lab.dns import probing
from lab.dns.checking import Checkers
from lab.dns.health import Check, Endpoint

HOST = "127.98.8.2"
DEADLINE_S = 20.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nall is well"


class Mood:
    """What an endpoint says to every request, and how many it got."""

    def __init__(self, says: bytes) -> None:
        self.says = says
        self.requests = 0


@contextlib.asynccontextmanager
async def an_endpoint(mood: Mood, kind: str = "HTTP", search: str = "") -> AsyncIterator[Endpoint]:
    talks: list[asyncio.Task[None]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mood.requests += 1
        with contextlib.suppress(OSError):
            await reader.read(1)
            writer.write(mood.says)
            writer.close()
            await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.create_task(talk(reader, writer)))

    async with await asyncio.start_server(accept, HOST, 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield Endpoint(kind, HOST, port, HOST, "/health", search=search, interval_s=10)
        # Who only connects, and goes, may be gone before its connection is taken: that would never be closed.
        async with asyncio.timeout(DEADLINE_S):
            while others := asyncio.all_tasks() - {asyncio.current_task(), *talks}:
                await asyncio.wait(others)
    await asyncio.gather(*talks)


def looked(says: bytes, kind: str = "HTTP", search: str = "") -> str | None:
    """Return why an endpoint that says this fails its check."""

    async def scenario() -> str | None:
        async with an_endpoint(Mood(says), kind, search) as endpoint:
            return await probing.failure(endpoint)

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("says", "search", "why"),
    [
        (OK, "", None),
        (b"HTTP/1.1 302 Found\r\n\r\n", "", None),
        (b"HTTP/1.0 204 No Content\r\n\r\n", "", None),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "", "status 404"),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "", "status 503"),
        (OK, "is well", None),
        (OK, "is ill", "'is ill' not in the first 5120 bytes"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"." * 5120 + b"late", "late", "'late' not in the first 5120 bytes"),
    ],
)
def test_an_http_check_looks_at_the_status_and_the_text(says: bytes, search: str, why: str | None) -> None:
    assert looked(says, search=search) == why


def test_a_tcp_check_looks_at_the_connection_only() -> None:
    assert looked(b"", "TCP") is None


@pytest.mark.parametrize("kind", ["TCP", "HTTP", "HTTPS"])
def test_a_closed_port_fails(kind: str) -> None:
    """Nothing listens on port 1."""
    assert "no connection" in str(asyncio.run(probing.failure(Endpoint(kind, HOST, 1, HOST))))


def test_a_https_check_of_plain_http_fails_and_does_not_raise() -> None:
    assert "no connection" in str(looked(OK, "HTTPS"))


@pytest.mark.parametrize(
    "says", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 two\r\n\r\n", b"\r\n" * 100, b"x" * 99999]
)
def test_an_endpoint_that_speaks_no_http_fails(says: bytes) -> None:
    assert "no HTTP response" in str(looked(says))


def test_a_silent_endpoint_fails_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "RESPONSE_TIMEOUT_S", 0.05)
    with socket.create_server((HOST, 0)) as silent:
        endpoint = Endpoint("HTTP", HOST, silent.getsockname()[1], HOST)

        assert asyncio.run(probing.failure(endpoint)) == "no response within 0 s"


async def until(checkers: Checkers, status: bool) -> None:  # noqa: FBT001 (what is waited for)
    async with asyncio.timeout(DEADLINE_S):
        while checkers.health()["h"] is not status:  # noqa: ASYNC110 (it has no event)
            await asyncio.sleep(0.005)


def test_a_status_follows_the_endpoint() -> None:
    async def scenario(mood: Mood) -> None:
        async with an_endpoint(mood) as endpoint:
            checkers = Checkers(pace=0.001)
            checkers.set([Check("h", endpoint, failure_threshold=2)])
            assert checkers.health() == {"h": True}
            mood.says = b"HTTP/1.1 500 Oh\r\n\r\n"
            await until(checkers, status=False)
            mood.says = OK
            await until(checkers, status=True)
            await checkers.close()

    asyncio.run(scenario(Mood(OK)))


def test_a_changed_definition_takes_effect_and_what_was_seen_stays() -> None:
    async def scenario(mood: Mood) -> list[bool]:
        async with an_endpoint(mood) as endpoint:
            checkers, seen = Checkers(pace=0.001), []
            checkers.set([Check("h", endpoint, failure_threshold=1)])
            await until(checkers, status=False)
            for check in (
                Check("h", endpoint, disabled=True),
                Check("h", endpoint, disabled=True, inverted=True),
                Check("h", endpoint, inverted=True),
                Check("h", endpoint),
            ):
                checkers.set([check])
                seen.append(checkers.health()["h"])
            checkers.set([])
            assert checkers.health() == {}
            await checkers.close()
            return seen

    assert asyncio.run(scenario(Mood(b"HTTP/1.1 500 Oh\r\n\r\n"))) == [True, False, True, False]


def test_a_disabled_check_sends_no_request() -> None:
    async def scenario(mood: Mood) -> None:
        async with an_endpoint(mood) as endpoint:
            checkers = Checkers(pace=0.001)
            checkers.set([Check("h", endpoint, disabled=True), Check("other", endpoint)])
            async with asyncio.timeout(DEADLINE_S):
                while mood.requests < 3:  # noqa: ASYNC110 (it has no event)
                    await asyncio.sleep(0.005)
            assert set(checkers._looking) == {"other"}  # noqa: SLF001 (what it does not do is seen only here)
            await checkers.close()

    asyncio.run(scenario(Mood(OK)))
