"""One region's Redis, behind the `Cache` port."""

from dataclasses import dataclass, field

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from recovery.adapters.connecting import takes_connections
from recovery.adapters.redis_errors import told
from recovery.errors import Unavailable
from recovery.ports import CacheState, Place

CANARY = "dr:canary"
CANARY_S = 60
FENCED_REPLICAS = 1_000_000
"""A master that demands so many replicas takes no writes, and goes on feeding the ones it has."""


@dataclass(frozen=True)
class RedisAccess:
    """Where a Redis is; the password is shown nowhere."""

    host: str
    port: int
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 1.0


class Redis:
    """A Redis 7, master or replica."""

    def __init__(self, access: RedisAccess) -> None:
        """Connect to nothing yet."""
        self._access = access
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
        return f"redis {self._access.host}:{self._access.port}"

    def takes_connections(self, *, within_s: float) -> bool:
        """Whether somebody is there; nothing is said to it."""
        return takes_connections(self._access.host, self._access.port, within_s=within_s)

    def look(self) -> CacheState:
        """Return role, offset and link. A replica's own offset is what it has applied."""
        with told(self.endpoint):
            info = self._client.info("replication")
            demanded = self._client.config_get("min-replicas-to-write")
        fenced = int(demanded.get("min-replicas-to-write") or 0)
        is_master = info["role"] == "master"
        return CacheState(
            role="master" if is_master else "replica",
            offset=int(info["master_repl_offset"] if is_master else info["slave_repl_offset"]),
            link_up=is_master or info["master_link_status"] == "up",
            lag_s=None if is_master else float(info["master_last_io_seconds_ago"]),
            accepts_writes=is_master and fenced < FENCED_REPLICAS,
        )

    def fence(self) -> None:
        """Demand more replicas than there are, and see a write refused."""
        self._demand(FENCED_REPLICAS)
        try:
            self._client.set(CANARY, "fenced?", ex=CANARY_S)
        except ResponseError:
            return
        except RedisError as error:
            raise Unavailable(
                f"{self.endpoint} did not answer after the fence: {type(error).__name__}."
            ) from error
        raise Unavailable(f"{self.endpoint} took a write after it was fenced; repeat.")

    def unfence(self) -> None:
        """Demand no replica any more."""
        self._demand(0)

    def promote(self) -> bool:
        """Follow nobody, and see a write taken."""
        was_replica = self.look().role == "replica"
        with told(self.endpoint):
            if was_replica:
                self._client.replicaof("NO", "ONE")
            self._client.set(CANARY, "promoted", ex=CANARY_S)
        return was_replica

    def follow(self, master: Place) -> None:
        """Follow it, with the password that this one has itself: a Redis that was always a master may know none."""
        with told(self.endpoint):
            if self._access.password:
                self._client.config_set("masterauth", self._access.password)
            self._client.replicaof(master.host, str(master.port))

    def _demand(self, replicas: int) -> None:
        with told(self.endpoint):
            self._client.config_set("min-replicas-to-write", replicas)
