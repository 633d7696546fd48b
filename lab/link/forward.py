"""Forward TCP connections between regions under conditions that change at run time.

A cut link drops nothing and refuses nothing: bytes stop, as when packets are lost, and
go on when it is healed. That is what makes a partition nasty, so it is what is tested.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

CHUNK = 65536


@dataclass
class Condition:
    """How the link is. `delay_s` is one way; `bytes_per_s` is per connection, 0 for no limit."""

    delay_s: float = 0.0
    bytes_per_s: int = 0
    whole: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.whole.set()


@dataclass(frozen=True)
class Route:
    """Where the link listens, and where it connects to."""

    listen: tuple[str, int]
    connect: tuple[str, int]


async def serve(route: Route, condition: Condition) -> asyncio.Server:
    """Listen on the route; every connection goes through the condition in both directions."""

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await condition.whole.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection(*route.connect)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(_carry(reader, far_writer, condition), _carry(far_reader, writer, condition))

    return await asyncio.start_server(accepted, *route.listen)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, condition: Condition) -> None:
    """Carry bytes one way until an end closes; then close the other end too."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=256)

    async def read() -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await queue.put((loop.time() + condition.delay_s, chunk))
        await queue.put((loop.time(), b""))

    async def write() -> None:
        with suppress(OSError):
            while True:
                due, chunk = await queue.get()
                await asyncio.sleep(due - loop.time())
                await condition.whole.wait()
                if not chunk:
                    break
                writer.write(chunk)
                await writer.drain()
                if condition.bytes_per_s:
                    await asyncio.sleep(len(chunk) / condition.bytes_per_s)
        writer.close()

    reading = asyncio.create_task(read())
    await write()
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
