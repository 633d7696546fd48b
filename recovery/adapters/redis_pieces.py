"""Values that are too large for one command, read in pieces and digested here, as `look.lua` digests them there."""

from collections.abc import Iterator
from hashlib import sha1
from itertools import count

from recovery.adapters.redis_wire import RedisWire
from recovery.reconcile.cache_keys import Key, KeyState

PIECE_BYTES = 256 * 1024
PIECE_ELEMENTS = 1000
TRIES = 3
"""A value that is written to while it is read is read again, so often."""
LIMIT = 2**52
MOVING = count()


def look(wire: RedisWire, key: Key, state: KeyState, *, watched: bool) -> KeyState:
    """Return *state* with the digest of the value; one that no other digest is equal to if it never rested."""
    for _ in range(1 if watched else TRIES):
        if not watched:
            wire.ask([b"WATCH", key])
        digest = _digest(wire, key, state.type)
        rested = watched or wire.transact([]) is not None
        if rested and digest:
            return state._replace(digest=digest)
    return state._replace(digest=f"moving {next(MOVING)}")


def _digest(wire: RedisWire, key: Key, type_: str) -> str | None:
    match type_:
        case "string":
            return _of_string(wire, key)
        case "list":
            return _of_ordered(_ranges(wire, [b"LRANGE", key], []))
        case "zset":
            return _of_ordered(_scored(_ranges(wire, [b"ZRANGE", key], [b"WITHSCORES"])))
        case "set":
            return _of_sum(_scan(wire, b"SSCAN", key), _counted(wire, b"SCARD", key))
        case _:
            return _of_sum(_pairs(_scan(wire, b"HSCAN", key)), _counted(wire, b"HLEN", key))


def _of_string(wire: RedisWire, key: Key) -> str:
    whole = sha1(usedforsecurity=False)
    for start in count(0, PIECE_BYTES):
        piece = wire.ask([b"GETRANGE", key, b"%d" % start, b"%d" % (start + PIECE_BYTES - 1)])[0]
        whole.update(piece)
        if len(piece) < PIECE_BYTES:
            break
    return whole.hexdigest()


def _of_ordered(pieces: Iterator[list[bytes]]) -> str:
    values, lengths = sha1(usedforsecurity=False), sha1(usedforsecurity=False)
    for number, piece in enumerate(pieces):
        values.update(b"".join(piece))
        lengths.update(b" " * (number > 0) + b" ".join(b"%d" % len(value) for value in piece))
    return values.hexdigest() + lengths.hexdigest()


def _of_sum(values: Iterator[bytes], expected: int) -> str | None:
    """None: a scan met an element twice, or the value was written to."""
    total = seen = 0
    for value in values:
        digest = sha1(value, usedforsecurity=False).hexdigest()
        total, seen = total + int(digest[:13], 16), seen + 1
    return f"{seen}:{total % LIMIT}" if seen == expected else None


def _ranges(wire: RedisWire, before: list[bytes], after: list[bytes]) -> Iterator[list[bytes]]:
    for start in count(0, PIECE_ELEMENTS):
        bounds = [b"%d" % start, b"%d" % (start + PIECE_ELEMENTS - 1)]
        piece = wire.ask([*before, *bounds, *after])[0]
        if not piece:
            return
        yield piece


def _scored(pieces: Iterator[list[bytes]]) -> Iterator[list[bytes]]:
    for piece in pieces:
        piece[1::2] = [b"%.17g" % float(score) for score in piece[1::2]]
        yield piece


def _scan(wire: RedisWire, verb: bytes, key: Key) -> Iterator[bytes]:
    cursor = b"0"
    while True:
        cursor, some = wire.ask([verb, key, cursor, b"COUNT", b"%d" % PIECE_ELEMENTS])[0]
        yield from some
        if cursor == b"0":
            return


def _pairs(flat: Iterator[bytes]) -> Iterator[bytes]:
    for field in flat:
        yield b"%d:%b%b" % (len(field), field, next(flat))


def _counted(wire: RedisWire, verb: bytes, key: Key) -> int:
    return int(wire.ask([verb, key])[0])
