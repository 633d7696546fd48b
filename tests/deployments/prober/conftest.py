"""Two regions' small services, a small DNS server, and the prober that asks them: all real, on loopback."""

import asyncio
import json
import os
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import dns.flags
import dns.message
import dns.rrset
import pytest
import uvicorn

from deployments.prober.__main__ import serve
from deployments.prober.config import Config
from recovery.adapters.prober import Prober
from recovery.errors import Unavailable
from recovery.evidence import Evidence
from recovery.measurement import Request

T = TypeVar("T")

NAME = "app.example.com"
NET = f"127.99.{os.getpid() % 250 + 1}"  # runs side by side each have their own addresses
ADDRESSES = {"west": f"{NET}.10", "east": f"{NET}.20"}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
DEADLINE_S = 20.0


def a_free_port(host: str) -> int:
    with socket.socket() as door:
        door.bind((host, 0))
        return int(door.getsockname()[1])


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Any:
        yield


@dataclass
class Service:
    """One region's service: keeps rows, and breaks on demand."""

    region: str
    port: int
    cache: str = "written"
    forgets: bool = False
    """Promises rows, and then does not have them."""
    hangs: bool = False
    unreached: bool = False
    """Answers as a gateway that has no server."""
    rows: set[tuple[str, str, int]] = field(default_factory=set)
    hosts: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        self.hosts[dict(scope["headers"])[b"host"].decode()] += 1
        if self.hangs:
            await receive()  # until the client hangs up
            return
        status, answer = self._answer(scope["method"], scope["path"].strip("/").split("/"), body)
        headers = [(b"x-dr-reached", b"no")] if self.unreached else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _answer(self, method: str, path: list[str], body: bytes) -> tuple[int, object]:
        match method, path:
            case _ if self.unreached:
                return 503, {}
            case "GET", ["health"]:
                return 200, {}
            case "POST", [service, "probe"]:
                row = json.loads(body)
                if not self.forgets:
                    self.rows.add((service, row["client"], row["seq"]))
                now = datetime.now(UTC).isoformat()
                return 201, {"region": self.region, "committed_at": now, "cache": self.cache}
            case "GET", [service, "probe", client, seq]:
                return (200 if (service, client, int(seq)) in self.rows else 404), {}
        return 500, {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen; afterwards connections are refused."""
        door = socket.create_server((ADDRESSES[self.region], self.port))
        server = _Server(
            uvicorn.Config(self, ws="none", lifespan="off", log_level="critical", timeout_graceful_shutdown=1)
        )
        serving = asyncio.create_task(server.serve(sockets=[door]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving


class DnsServer(asyncio.DatagramProtocol):
    """Answers every question with one region's address; with none while `region` is None."""

    def __init__(self) -> None:
        self.region: str | None = "west"
        self.ttl_s = 1

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = dns.message.from_wire(data)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        if self.region:
            name = query.question[0].name
            response.answer.append(dns.rrset.from_text(name, self.ttl_s, "IN", "A", ADDRESSES[self.region]))
        self._transport.sendto(response.to_wire(), addr)


@dataclass
class Estate:
    """Two regions, a DNS server, and a prober that asks them."""

    west: Service
    east: Service
    dns: DnsServer
    config: Config
    prober: Prober
    ends: AsyncExitStack

    async def until(self, what: str, holds: Callable[[Evidence], bool]) -> Evidence:
        """Wait until the evidence of the last second holds, and return it."""
        return await _until(what, partial(self.prober.evidence, timedelta(seconds=1)), holds)

    async def started_after(self, moment: datetime, kind: str) -> list[Request]:
        """Wait until there are requests of *kind* that started after *moment*, and return them."""

        def late() -> list[Request]:
            return [r for r in self.prober.requests(moment, None, kind) if r.started_at > moment]

        return await _until(f"a {kind} that started after {moment}", late, bool)

    async def requests(self, kind: str | None = None, since: datetime = LONG_AGO) -> list[Request]:
        return await asyncio.to_thread(self.prober.requests, since, None, kind)


async def _until(what: str, look: Callable[[], T], holds: Callable[[T], bool]) -> T:
    seen = None
    try:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                with suppress(Unavailable):  # the prober has not opened yet
                    seen = await asyncio.to_thread(look)
                    if holds(seen):
                        return seen
    except TimeoutError:
        pytest.fail(f"{what}: not within {DEADLINE_S} s; seen last: {seen}")


def a_config(folder: Path, *, port: int, dns_port: int) -> Config:
    return Config.model_validate(
        {
            "listen": f"{NET}.30:{a_free_port(f'{NET}.30')}",
            "ledger": folder / "ledger.sqlite",
            "global_name": NAME,
            "nameservers": [f"{NET}.53:{dns_port}"],
            "port": port,
            "services": ["orders", "users"],
            "regions": ADDRESSES,
            "clients": 3,
            "rate_per_client_per_s": 20,
            "request_timeout_s": 0.3,
            "probe_interval_ms": 50,
        }
    )


@asynccontextmanager
async def regions(folder: Path) -> AsyncIterator[Estate]:
    """Two services and a DNS server that run, and a prober that does not yet."""
    port = a_free_port(ADDRESSES["west"])
    west, east = Service("west", port), Service("east", port)
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        DnsServer, local_addr=(f"{NET}.53", 0)
    )
    config = a_config(folder, port=port, dns_port=transport.get_extra_info("sockname")[1])
    prober = Prober(f"http://{config.listen}", timeout_s=5)
    with closing(transport), closing(prober):
        async with AsyncExitStack() as ends, east.running():
            await ends.enter_async_context(west.running())
            yield Estate(west, east, server, config, prober, ends)


@asynccontextmanager
async def an_estate(folder: Path) -> AsyncIterator[Estate]:
    """Everything runs, the prober too, and clients are served by west."""
    async with regions(folder) as estate, asyncio.TaskGroup() as group:
        stop = asyncio.Event()
        serving = group.create_task(serve(estate.config, stop))
        try:
            await estate.until(
                "clients are served", lambda seen: seen.global_name.by_region.get("west", 0) > 20
            )
            yield estate
        finally:
            stop.set()
            await serving  # else a test that fails cancels it, and leaves its server to the next test


@pytest.fixture
def scenario(tmp_path: Path) -> Callable[[Callable[[Estate], Awaitable[None]]], None]:
    """Return what runs a test's coroutine against an estate whose clients are served by west."""

    async def run(test: Callable[[Estate], Awaitable[None]]) -> None:
        async with an_estate(tmp_path) as estate:
            await test(estate)

    return lambda test: asyncio.run(run(test))


@pytest.fixture
def without_prober(tmp_path: Path) -> Callable[[Callable[[Estate], Awaitable[None]]], None]:
    """Return what runs a test's coroutine against an estate whose prober it starts itself."""

    async def run(test: Callable[[Estate], Awaitable[None]]) -> None:
        async with regions(tmp_path) as estate:
            await test(estate)

    return lambda test: asyncio.run(run(test))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return a good configuration, of a port that is free, with nobody to ask."""
    return a_config(tmp_path, port=8080, dns_port=5300)
