"""One region's Redis, behind the `CachePreflight` port."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from recovery.adapters.redis import RedisAccess
from recovery.adapters.redis_errors import told
from recovery.readiness.facts import CacheSettings


class RedisPreflight:
    """A Redis 7, asked what it is."""

    def __init__(self, access: RedisAccess) -> None:
        """Connect to nothing yet."""
        self._endpoint = f"redis {access.host}:{access.port}"
        self._client = redis.Redis(
            host=access.host,
            port=access.port,
            password=access.password,
            socket_timeout=access.timeout_s,
            socket_connect_timeout=access.timeout_s,
            retry=Retry(NoBackoff(), 0),
        )

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return self._endpoint

    def settings(self) -> CacheSettings:
        """Ask INFO, which has the limits too."""
        with told(self._endpoint):
            server, memory = self._client.info("server"), self._client.info("memory")
        return CacheSettings(
            version=str(server["redis_version"]),
            max_bytes=int(memory["maxmemory"]),
            policy=str(memory["maxmemory_policy"]),
            used_bytes=int(memory["used_memory"]),
        )
