"""A request's body, read piece by piece, within limits of size, of time, and of what all of them may hold."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request

from deployments.intake.payload import BODY_LIMIT_BYTES
from recovery.errors import Refused, Unavailable

READ_DEADLINE_S = 10.0
"""Alertmanager sends a body in milliseconds; who sends it for longer holds our memory."""
ALL_BODIES_BYTES = 64 * 1024 * 1024


class TooLarge(Refused):
    """The body is larger than the limit; set Alertmanager's `max_alerts` lower."""


class Encoded(Refused):
    """The body is compressed, and may be a bomb; Alertmanager never compresses."""


class Bodies:
    """All bodies that are in memory; together they stay within *limit_bytes*, each arrives within *deadline_s*."""

    def __init__(self, limit_bytes: int = ALL_BODIES_BYTES, deadline_s: float = READ_DEADLINE_S) -> None:
        self.held_bytes = 0
        self.deadline_s = deadline_s
        self._limit_bytes = limit_bytes

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """Yield one request's share, and give it back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self.hold(-share.held_bytes)

    def hold(self, size: int) -> None:
        """Count *size* more bytes, or raise `Unavailable` while others hold too many."""
        if size > 0 and self.held_bytes + size > self._limit_bytes:
            raise Unavailable(f"{self.held_bytes} bytes of bodies are being handled; send it again.")
        self.held_bytes += size


class Share:
    """What one request holds."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self.held_bytes = 0

    async def read(self, request: Request) -> bytes:
        """Return the body.

        Raises `Encoded`, or `TooLarge` as soon as that is known, with or without a length in the header;
        `Unavailable` where it takes too long, so that the sender tries again.
        """
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Encoded("The body is compressed; send it as it is.")
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared[:20]) > BODY_LIMIT_BYTES:
            raise _too_large()
        pieces: list[bytes] = []
        try:
            async with asyncio.timeout(self._bodies.deadline_s):
                async for piece in request.stream():
                    self._take(len(piece))
                    pieces.append(piece)
        except TimeoutError as error:
            raise Unavailable(
                f"The body did not arrive within {self._bodies.deadline_s} s; send it again."
            ) from error
        return b"".join(pieces)

    def _take(self, size: int) -> None:
        if self.held_bytes + size > BODY_LIMIT_BYTES:
            raise _too_large()
        self._bodies.hold(size)
        self.held_bytes += size


def _too_large() -> TooLarge:
    return TooLarge(f"The body is larger than {BODY_LIMIT_BYTES} bytes; set Alertmanager's max_alerts lower.")
