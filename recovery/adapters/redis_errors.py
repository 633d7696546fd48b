"""What redis-py's errors mean to us."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError, ResponseError

from recovery.errors import Refused, Unavailable


@contextmanager
def told(endpoint: str) -> Iterator[None]:
    """Turn redis-py's errors into ours; none of them quotes the password."""
    try:
        yield
    except ResponseError as error:
        raise Refused(f"{endpoint} refused: {error}") from error
    except RedisError as error:
        raise Unavailable(f"{endpoint} did not answer: {type(error).__name__}.") from error
