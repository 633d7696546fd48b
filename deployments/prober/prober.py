"""The prober whole: its clients, its direct probes, its ledger and its tally, under one clock."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from secrets import token_hex

from deployments.prober.asking import Setting, stopped_within
from deployments.prober.client import Client, Dns, Resolved
from deployments.prober.clock import Clock
from deployments.prober.config import Config
from deployments.prober.ledger import FLUSH_INTERVAL_S, Ledger
from deployments.prober.metrics import Metrics
from deployments.prober.probes import Probe
from deployments.prober.tally import Tally
from recovery.errors import Unavailable
from recovery.measurement import Request

RETENTION_INTERVAL_S = 60.0

_log = logging.getLogger(__name__)


class Prober:
    """Asks through the global name and at each region, and remembers every outcome.

    Client names carry the run, so that a row's key is never used again after a restart, whatever was lost.
    """

    def __init__(self, config: Config, dns: Dns) -> None:
        self.config, self.clock = config, Clock()
        self.ledger, self.tally = Ledger(config.ledger), Tally(config.regions)
        self.metrics = Metrics(config.regions)
        self.ledger_fault: str | None = None
        run = f"{self.clock.now():%Y%m%d%H%M%S}-{token_hex(2)}"
        setting = Setting(config, self.clock, self.record)
        self._probes = [Probe(region, setting, run=run) for region in config.regions]
        self._clients = [
            Client(f"{run}-{number}", setting, self._resolved(dns, number), phase=number / config.clients)
            for number in range(1, config.clients + 1)
        ]

    def record(self, request: Request) -> None:
        """Remember *request*, which ended just now, everywhere it is counted."""
        self.ledger.append(request)
        self.tally.add(request)
        self.metrics.add(request)

    async def flush(self) -> None:
        """Have what was recorded so far in the ledger's file, or raise `Unavailable`; nothing is lost."""
        try:
            await asyncio.to_thread(self.ledger.flush)
            self.ledger_fault = None
        except Unavailable as fault:
            self.ledger_fault = str(fault)
            raise

    @asynccontextmanager
    async def running(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """Ask until *stop* is set, which leaving sets; afterwards everything recorded is in the ledger.

        An asker that breaks ends the block: a prober that measures in part would lie.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for client in self._clients:
                    group.create_task(client.run(stop))
                for probe in self._probes:
                    group.create_task(probe.watch_health(stop))
                    group.create_task(probe.watch_canary(stop))
                group.create_task(self._keep_ledger(stop))
                yield
                stop.set()
        finally:
            stop.set()
            self.ledger.close()

    async def _keep_ledger(self, stop: asyncio.Event) -> None:
        forget_s = self.clock.elapsed_s()
        while not await stopped_within(stop, FLUSH_INTERVAL_S):
            try:
                await self.flush()
                if self.clock.elapsed_s() >= forget_s:
                    forget_s = self.clock.elapsed_s() + RETENTION_INTERVAL_S
                    await asyncio.to_thread(self.ledger.forget, self.clock.now() - self.config.retention)
            except Unavailable as fault:
                _log.warning("%s", fault, extra={"action": "flush"})

    def _resolved(self, dns: Dns, number: int) -> Resolved:
        def told(address: str) -> None:
            self.tally.answered(self.config.region_of(address), self.clock.now())

        phase = number / self.config.clients
        return Resolved(dns, self.config.global_name, clock=self.clock, phase=phase, told=told)

    def acknowledged_per_s(self, span: timedelta) -> float:
        """Return the acknowledged writes a second through the global name, over the last *span*."""
        seen = self.tally.since(self.clock.now() - span)
        return sum(r.kind == "write" and r.succeeded for r in seen) / span.total_seconds()
