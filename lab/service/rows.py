"""Rows in the region's PostgreSQL, and their copies in its Redis."""

from datetime import UTC, datetime
from typing import NamedTuple

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis
from redis.exceptions import ReadOnlyError, RedisError, ResponseError

from lab.service.settings import DATABASES, Settings

POOL_WAIT_S = 1.0
KEPT_IN_CACHE_S = 300

WRITE = (
    "INSERT INTO dr_probe (service, client, seq, region, written_at) "
    "VALUES (%s, %s, %s, %s, clock_timestamp()) RETURNING id"
)
READ = "SELECT region, written_at FROM dr_probe WHERE client = %s AND seq = %s"
BEAT = (
    "INSERT INTO dr_heartbeat VALUES (%s, 1, clock_timestamp()) ON CONFLICT (region) "
    "DO UPDATE SET beat = dr_heartbeat.beat + 1, at = excluded.at"
)


class Written(NamedTuple):
    """What became of a write: the service's clock after its commit, and what the cache said."""

    committed_at: datetime
    cache: str


RECONNECT_S = 1.0
"""The pool's own retries wait twice as long each time, after a minute without a cluster another minute: requests come
sooner."""


class Rows:
    """The region's stores, one connection pool a database."""

    def __init__(self, settings: Settings) -> None:
        self._region = settings.region
        self._pools = {
            service: AsyncConnectionPool(
                settings.dsn(database),
                min_size=1,
                max_size=4,
                timeout=POOL_WAIT_S,
                open=False,
                check=AsyncConnectionPool.check_connection,
                kwargs={"autocommit": True, "prepare_threshold": 2},
                reconnect_timeout=RECONNECT_S,
            )
            for service, database in DATABASES.items()
        }
        self._cache = Redis(
            host=settings.address,
            port=settings.redis_port,
            password=settings.redis_password,
            socket_timeout=0.5,
            socket_connect_timeout=0.5,
        )

    async def open(self) -> None:
        """Open the pools; a database that is away is tried again in the background."""
        for pool in self._pools.values():
            await pool.open()

    async def close(self) -> None:
        """Close everything."""
        for pool in self._pools.values():
            await pool.close()
        await self._cache.aclose()

    async def write(self, service: str, client: str, seq: int) -> Written:
        """Commit one row, then put its copy into the cache; raises what PostgreSQL raises."""
        async with self._pools[service].connection() as connection:
            await connection.execute(WRITE, [service, client, seq, self._region])
        committed_at = datetime.now(UTC)
        return Written(committed_at, await self._remember(service, client, seq))

    async def read(self, service: str, client: str, seq: int) -> dict[str, str] | None:
        """Return the row, None where it is not (yet) in this region."""
        async with self._pools[service].connection() as connection:
            row = await (await connection.execute(READ, [client, seq])).fetchone()
        return {"region": row[0], "written_at": row[1].isoformat()} if row else None

    async def beat(self) -> None:
        """Write the region's heartbeat into each database."""
        for pool in self._pools.values():
            async with pool.connection() as connection:
                await connection.execute(BEAT, [self._region])

    async def check(self) -> None:
        """Raise what PostgreSQL or Redis raises when one of them does not answer."""
        connection: AsyncConnection
        async with next(iter(self._pools.values())).connection() as connection:
            await connection.execute("SELECT 1")
        await self._cache.ping()

    async def _remember(self, service: str, client: str, seq: int) -> str:
        try:
            await self._cache.set(f"{service}:{client}:{seq}", self._region, ex=KEPT_IN_CACHE_S)
        except (ReadOnlyError, ResponseError):
            return "read-only"
        except RedisError:
            return "down"
        return "written"
