"""The eight services of one region, behind its gateway, as one ASGI app.

Faults are set from outside at `/-/faults`, which no gateway routes to.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import uvicorn
from psycopg import Error as PostgresError
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from lab.place import SERVICES
from lab.service.metrics import Metrics
from lab.service.rows import Rows
from lab.service.settings import DATABASES, Settings

HEARTBEAT_S = 0.25


@dataclass
class Faults:
    """What the services are made to do wrong."""

    error_rate: float = 0.0
    latency_s: float = 0.0
    service: str | None = None
    """The only one that does; None: all of them."""

    async def act(self, service: str) -> JSONResponse | None:
        """Wait as told; return the failure if this request to *service* is to fail."""
        if self.service not in {None, service}:
            return None
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        if random.random() < self.error_rate:  # noqa: S311 - a simulated fault, not a secret
            return JSONResponse({"error": "injected fault"}, 500)
        return None


class Services:
    """The requests that the services answer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rows = Rows(settings)
        self._faults = Faults()
        self._metrics = Metrics()

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Beat while the app runs."""
        await self._rows.open()
        beating = asyncio.create_task(self._beat())
        yield
        beating.cancel()
        await self._rows.close()

    async def health(self, request: Request) -> JSONResponse:
        """Whether the service reaches its region's PostgreSQL and Redis."""
        service = request.path_params.get("service", "all")
        if service not in {"all", *SERVICES}:
            return JSONResponse({"error": f"no service {service}"}, 404)
        if failure := await self._faults.act(service):
            return failure
        try:
            await self._rows.check()
        except (PostgresError, PoolTimeout, RedisError, OSError) as error:
            return JSONResponse({"region": self._settings.region, "error": type(error).__name__}, 503)
        return JSONResponse({"region": self._settings.region, "service": service, "status": "ok"})

    async def write(self, request: Request) -> JSONResponse:
        """Promise a row: 201 once it is committed."""
        service, body = request.path_params["service"], await request.json()
        if service not in DATABASES:
            return JSONResponse({"error": f"{service} keeps no rows"}, 404)
        if failure := await self._faults.act(service):
            return failure
        try:
            written = await self._rows.write(service, str(body["client"]), int(body["seq"]))
        except (PostgresError, PoolTimeout) as error:
            return JSONResponse({"error": type(error).__name__}, 500)
        answer = {"region": self._settings.region, "committed_at": written.committed_at.isoformat()}
        return JSONResponse({**answer, "cache": written.cache}, 201)

    async def read(self, request: Request) -> JSONResponse:
        """Return a row as this region has it."""
        path = request.path_params
        if failure := await self._faults.act(path["service"]):
            return failure
        try:
            row = await self._rows.read(path["service"], path["client"], path["seq"])
        except (PostgresError, PoolTimeout) as error:
            return JSONResponse({"error": type(error).__name__}, 500)
        return JSONResponse(row) if row else JSONResponse({"error": "no such row here"}, 404)

    async def faults(self, request: Request) -> JSONResponse:
        """Set what the services do wrong from now on."""
        self._faults = Faults(**await request.json())
        return JSONResponse({"status": "set"})

    def app(self) -> ASGIApp:
        """The ASGI app."""
        app = Starlette(
            lifespan=self.lifespan,
            routes=[
                Route("/health", self.health),
                Route("/metrics", self._metrics.exposition),
                Route("/-/faults", self.faults, methods=["PUT"]),
                Route("/{service}/health", self.health),
                Route("/{service}/probe", self.write, methods=["POST"]),
                Route("/{service}/probe/{client}/{seq:int}", self.read),
            ],
        )
        return self._metrics.around(app)

    async def _beat(self) -> None:
        """Write heartbeats for as long as the app runs; a failed one is simply missing."""
        while True:
            with suppress(PostgresError, PoolTimeout, OSError):
                await self._rows.beat()
            await asyncio.sleep(HEARTBEAT_S)


def main() -> None:
    """Serve until SIGTERM."""
    settings = Settings.from_environment()
    uvicorn.run(
        Services(settings).app(),
        host=settings.address,
        port=settings.port,
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
