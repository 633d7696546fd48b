"""What every asker shares: the configuration, the clock, whom to tell, and a wait that can be ended."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from deployments.prober.clock import Clock
from deployments.prober.config import Config
from recovery.adapters.gateway import GatewayClient, Reply
from recovery.ledger import Key
from recovery.measurement import Request


@dataclass(frozen=True)
class Setting:
    """Where askers ask, by which clock, and whom they tell every outcome."""

    config: Config
    clock: Clock
    record: Callable[[Request], None]

    def gateway(self) -> GatewayClient:
        """Return connections of one asker's own."""
        return GatewayClient(
            global_name=self.config.global_name,
            scheme=self.config.scheme,
            port=self.config.port,
            timeout_s=self.config.request_timeout_s,
        )

    def key(self, client: str, seq: int) -> Key:
        """Return the key of a client's next row; services take turns."""
        return self.config.services[seq % len(self.config.services)], client, seq


@dataclass(frozen=True)
class Asked:
    """A request that was started."""

    kind: str
    key: Key
    region: str | None
    started_at: datetime

    def ended(self, reply: Reply, at: datetime) -> Request:
        """Return the request as it ended, by *reply*, at *at*."""
        service, client, seq = self.key
        return Request(
            client=client,
            seq=seq,
            kind=self.kind,
            service=service,
            region=self.region,
            started_at=self.started_at,
            ended_at=at,
            outcome=reply.outcome,
            status=reply.status,
            error=reply.error,
            committed_at=reply.committed_at,
        )


async def stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait until *stop* is set, at most *seconds*, and return whether it is."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await stop.wait()
    except TimeoutError:
        pass
    return stop.is_set()
