"""Deliveries over HTTP, as an Alertmanager sends them: connections are kept, and what fails is sent again."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

ANSWER_DEADLINE_S = 30.0
BACK_OFF_S = 0.5
TOKEN = "b" * 32

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Sender:
    """One sender to the intake at *port*; it has as many connections as it needs."""

    port: int
    refused: int = 0
    """Attempts that were not answered with 202."""
    _idle: list[Line] = field(default_factory=list)

    async def post(self, body: bytes) -> int:
        """Return the answer's status; raises `OSError` or `TimeoutError` where there is none."""
        reader, writer = await self._line()
        try:
            async with asyncio.timeout(ANSWER_DEADLINE_S):
                writer.write(_head(len(body)) + body)
                await writer.drain()
                status = await _answer(reader)
        except (OSError, EOFError, TimeoutError) as error:
            writer.close()
            raise ConnectionError(f"no answer ({type(error).__name__})") from error
        self._idle.append((reader, writer))
        return status

    async def deliver(self, body: bytes) -> None:
        """Send until it is answered with 202."""
        while True:
            try:
                if await self.post(body) == HTTPStatus.ACCEPTED:
                    return
            except OSError:
                pass
            self.refused += 1
            await asyncio.sleep(BACK_OFF_S)

    async def close(self) -> None:
        """Give the connections back."""
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()

    async def _line(self) -> Line:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self.port)


async def paced(sender: Sender, bodies: Sequence[bytes], per_second: float) -> list[float]:
    """Send each body at its own instant, whatever became of those before; return the seconds from then to its 202.

    Each counts from when it should have been sent: a sender that waits for slow answers would not see them.
    """
    began = time.perf_counter() + 0.1

    async def one(number: int, body: bytes) -> float:
        due = began + number / per_second
        await asyncio.sleep(due - time.perf_counter())
        try:
            taken = await sender.post(body) == HTTPStatus.ACCEPTED
        except OSError:
            taken = False
        return time.perf_counter() - due if taken else float("inf")

    return await asyncio.gather(*(one(number, body) for number, body in enumerate(bodies)))


def _head(length: int) -> bytes:
    return (
        "POST /alertmanager HTTP/1.1\r\nHost: intake\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {TOKEN}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    await reader.readexactly(int(head.partition("content-length:")[2].partition("\r\n")[0]))
    return int(head.split()[1])
