"""Answers over UDP and TCP on one port."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Self, cast

TCP_IDLE_TIMEOUT_S = 5.0
MOST_CONNECTIONS = 200
HAND_OVER_TURNS = 3
"""Turns of the loop that a connection takes from the kernel to us: one that is on its way is closed too."""

Respond = Callable[[bytes, bool], bytes | None]
"""A packet, and whether it came by UDP, to the packet that answers it."""


class Server:
    """Listens from `start` to `close`."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> int:
        """Listen on *host* and *port*, and return the port: a free one where *port* is 0."""
        self._tcp = await asyncio.start_server(self._accept, host, port)
        port = self._tcp.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._respond), local_addr=(host, port)
        )
        return port

    async def close(self) -> None:
        """Listen no more, and end open connections."""
        if self._udp:
            self._udp.close()
        if self._tcp:
            self._tcp.close()
        for _ in range(HAND_OVER_TURNS):
            await asyncio.sleep(0)
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        if self._tcp:
            await self._tcp.wait_closed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        connection = asyncio.create_task(self._converse(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer questions until the client ends, says nothing for a while, or makes no sense.

        A packet by TCP has its length before it: RFC 1035, section 4.2.2.
        """
        try:
            while True:
                async with asyncio.timeout(TCP_IDLE_TIMEOUT_S):
                    length = int.from_bytes(await reader.readexactly(2))
                    answered = self._respond(await reader.readexactly(length), False)
                    if answered is None:
                        return
                    writer.write(len(answered).to_bytes(2) + answered)
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Python 3.11's own datagram transport is no instance of DatagramTransport.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if (answered := self._respond(data, True)) is not None and self._transport:
            self._transport.sendto(answered, addr)
