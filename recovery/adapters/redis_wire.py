"""One connection to a Redis, on which many commands are under way at once."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

from recovery.adapters.redis import RedisAccess
from recovery.adapters.redis_errors import told

LUA = Path(__file__).parent / "lua"
Command = Sequence[bytes]


class RedisWire:
    """Sends commands as they are, and returns what the server answers: bytes, integers, lists.

    redis-py's own pipelines take longer over an answer than the server does, so as few answers as possible are
    asked for. It connects at its first use, and again after an error, which leaves no WATCH behind.
    """

    def __init__(self, access: RedisAccess, database: int) -> None:
        """Connect to nothing yet."""
        self._endpoint = f"redis {access.host}:{access.port}"
        self._connection: Any = redis.Connection(  # type: ignore[no-untyped-call]  # redis-py's
            host=access.host,
            port=access.port,
            password=access.password,
            db=database,
            protocol=2,
            socket_timeout=access.timeout_s,
            socket_connect_timeout=access.timeout_s,
            retry=Retry(NoBackoff(), 0),
        )

    def ask(self, *commands: Command) -> list[Any]:
        """Send all commands, then return their answers in order; the first error among them is raised."""
        with told(self._endpoint):
            try:
                self._connection.send_packed_command(_packed(command) for command in commands)
                return [self._connection.read_response(disable_decoding=True) for _ in commands]
            except BaseException:
                self._connection.disconnect()
                raise

    def transact(self, commands: Sequence[Command]) -> list[Any] | None:
        """Do all commands at one instant; None: a key that is watched was written to, and none was done."""
        *_, answers = self.ask([b"MULTI"], *commands, [b"EXEC"])
        errors = [answer for answer in answers or () if isinstance(answer, ResponseError)]
        with told(self._endpoint):
            if errors:
                raise errors[0]
        return list(answers) if answers is not None else None

    def close(self) -> None:
        """End the connection; another verb opens it again."""
        self._connection.disconnect()


@cache
def script(name: str) -> bytes:
    """Return the Lua of that name."""
    return (LUA / f"{name}.lua").read_bytes()


def _packed(command: Command) -> bytes:
    words = [b"$%d\r\n%b\r\n" % (len(word), word) for word in command]
    return b"*%d\r\n%b" % (len(words), b"".join(words))
