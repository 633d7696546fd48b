"""One client of the global name: resolves it, writes a row, reads it back, and does it again."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Protocol

from deployments.prober.asking import Asked, Setting, stopped_within
from deployments.prober.clock import Clock
from recovery.adapters.dns import Answer
from recovery.adapters.gateway import GatewayClient, Reply
from recovery.errors import Unavailable
from recovery.measurement import Outcome

PAUSE_AFTER_FAILURE_S = 0.2


def until_turn(now_s: float, *, period_s: float, phase: float) -> float:
    """Return the seconds to the next turn: a client keeps its phase whatever happened to it.

    Else an outage would have all clients ask at the same instants from its end on, and most windows be empty.
    """
    return (phase * period_s - now_s) % period_s or period_s


class Dns(Protocol):
    """Whoever knows the global name's addresses."""

    async def resolve_async(self, name: str) -> Answer:
        """Return the addresses of *name*, or raise `Unavailable`."""
        ...


class Resolved:
    """A client's own cache of the global name's address: as long as its TTL says, and no longer.

    A cached address is used until it expires, even while it fails, as real resolvers do; once it has
    expired, no answer is no address. The first answer lives only *phase* (0..1) of its TTL, as if the cache
    had been filled earlier, so that clients do not all expire at one instant.
    """

    def __init__(
        self,
        dns: Dns,
        name: str,
        *,
        clock: Clock,
        phase: float = 1.0,
        told: Callable[[str], object] = lambda _address: None,
    ) -> None:
        """Tell each address that was answered, once, to *told*."""
        self._dns, self._name, self._clock, self._told = dns, name, clock, told
        self._phase = phase
        self._address, self._expires_s = "", 0.0

    async def address(self) -> str:
        """Return the address to ask now, or raise `Unavailable` where there is none."""
        asked_s = self._clock.elapsed_s()
        if not self._address or asked_s >= self._expires_s:
            self._address = ""
            answer = await self._dns.resolve_async(self._name)
            self._address = answer.addresses[0]
            self._expires_s, self._phase = asked_s + answer.ttl_s * self._phase, 1.0
            self._told(self._address)
        return self._address


class Client:
    """Asks through the global name, one request at a time, each new row under a new sequence number."""

    def __init__(self, name: str, setting: Setting, resolved: Resolved, *, phase: float) -> None:
        """Take turns at *phase* (0..1) of each period."""
        self._name, self._setting, self._resolved, self._phase = name, setting, resolved, phase
        self._seq = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Write and read back, at most `rate_per_client_per_s` times a second, until *stop* is set.

        The request under way when *stop* is set is waited for, so that its outcome is recorded.
        """
        clock, period_s = self._setting.clock, 1 / self._setting.config.rate_per_client_per_s
        async with aclosing(self._setting.gateway()) as gateway:
            await stopped_within(stop, period_s * self._phase)
            while not stop.is_set():
                answered = await self._once(gateway)
                turn_s = until_turn(clock.elapsed_s(), period_s=period_s, phase=self._phase)
                await stopped_within(stop, turn_s if answered else PAUSE_AFTER_FAILURE_S)

    async def _once(self, gateway: GatewayClient) -> bool:
        """Write a row and read it back, record both, and return whether both were answered."""
        self._seq += 1
        key, clock = self._setting.key(self._name, self._seq), self._setting.clock
        started_at = clock.now()
        try:
            address = await self._resolved.address()
        except Unavailable:
            reply = Reply(Outcome.REJECTED, error="no address")
            self._setting.record(Asked("write", key, None, started_at).ended(reply, clock.now()))
            return False
        region = self._setting.config.region_of(address)
        reply, written_at = await gateway.write_row(address, key, started_at), clock.now()
        self._setting.record(Asked("write", key, region, started_at).ended(reply, written_at))
        if reply.outcome is not Outcome.ACKNOWLEDGED:
            return False
        reply, read_at = await gateway.read_row(address, key), clock.now()
        self._setting.record(Asked("read", key, region, written_at).ended(reply, read_at))
        return reply.outcome is Outcome.ACKNOWLEDGED
