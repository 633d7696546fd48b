"""One region's Redis."""

from prefect.blocks.core import Block
from pydantic import Field, SecretStr

from recovery.adapters.redis import Redis, RedisAccess
from recovery.adapters.redis_keys import RedisKeys

KEYS_TIMEOUT_S = 10.0
"""An answer to a thousand keys may take so long."""


class RedisServer(Block):
    """One region's Redis. It holds settings; the client speaks to the server."""

    _block_type_name = "Eden DR Redis server"
    _block_type_slug = "eden-dr-redis-server"

    host: str = Field(description="The region's Redis")
    port: int = 6379
    password: SecretStr | None = None
    timeout_s: float = Field(default=1.0, gt=0, description="Seconds an answer may take")

    def client(self) -> Redis:
        """Return the client; it connects at its first use."""
        return Redis(self.access())

    def keys(self) -> RedisKeys:
        """Return the client that compares keys, whose answers take longer; it connects at its first use."""
        return RedisKeys(self._access(max(self.timeout_s, KEYS_TIMEOUT_S)))

    def access(self) -> RedisAccess:
        """Return where it is, and with which password."""
        return self._access(self.timeout_s)

    def _access(self, timeout_s: float) -> RedisAccess:
        password = self.password.get_secret_value() if self.password else None
        return RedisAccess(self.host, self.port, password, timeout_s)
