"""Direct probes of one region, at its own address: is it healthy, and does it take a row."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace

from deployments.prober.asking import Asked, Setting, stopped_within
from recovery.adapters.gateway import GatewayClient, Reply
from recovery.ledger import Key
from recovery.measurement import Outcome


class Probe:
    """Asks one region for its health, and writes canaries there, each at its own pace.

    The canary writes a row, and reads it back where it was promised. A cache that is read-only (a target
    that was not promoted) leaves the canary good, with an `error` that says so; one that is down does not.
    """

    def __init__(self, region: str, setting: Setting, *, run: str) -> None:
        self._region, self._setting = region, setting
        self._address = str(setting.config.regions[region])
        self._client = f"canary-{region}-{run}"

    async def watch_health(self, stop: asyncio.Event) -> None:
        """Ask for the region's health each probe interval until *stop* is set."""
        await self._each_interval("health", self._health, stop)

    async def watch_canary(self, stop: asyncio.Event) -> None:
        """Write a canary each probe interval until *stop* is set."""
        await self._each_interval("canary", self._canary, stop)

    async def _each_interval(
        self, kind: str, ask: Callable[[GatewayClient, Key], Awaitable[Reply]], stop: asyncio.Event
    ) -> None:
        clock, interval_s = self._setting.clock, self._setting.config.probe_interval_ms / 1000
        due_s, seq = clock.elapsed_s(), 0
        async with aclosing(self._setting.gateway()) as gateway:
            while not stop.is_set():
                seq += 1
                asked = Asked(kind, self._setting.key(self._client, seq), self._region, clock.now())
                reply = await ask(gateway, asked.key)
                self._setting.record(asked.ended(reply, clock.now()))
                due_s = max(due_s + interval_s, clock.elapsed_s())
                await stopped_within(stop, due_s - clock.elapsed_s())

    async def _health(self, gateway: GatewayClient, _key: Key) -> Reply:
        return await gateway.health(self._address, self._setting.config.health_path)

    async def _canary(self, gateway: GatewayClient, key: Key) -> Reply:
        written = await gateway.write_row(self._address, key, self._setting.clock.now())
        if written.outcome is not Outcome.ACKNOWLEDGED:
            return written
        read = await gateway.read_row(self._address, key)
        if read.outcome is not Outcome.ACKNOWLEDGED:
            return replace(read, committed_at=written.committed_at)
        if error := read.error or (written.error if written.cache == "down" else None):
            return replace(written, outcome=Outcome.UNKNOWN, error=error)
        return written
