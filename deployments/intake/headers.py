"""HTTP connections whose headers arrive in time: uvicorn itself waits for them for ever.

Who opens connections and sends a byte now and then would hold all that this process may open, and no
Alertmanager could deliver.
"""

import asyncio

from h11 import IDLE
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_DEADLINE_S = 10.0
"""From the connection, or a request's first byte, to the end of its headers; Alertmanager takes milliseconds."""


class HeadersInTime(H11Protocol):
    """A connection that is closed where a request's headers do not arrive within the deadline."""

    deadline_s = HEADERS_DEADLINE_S
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request from now on."""
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Take what came; wait on while it is no whole request."""
        super().data_received(data)
        if self.conn.their_state is IDLE:
            self._expect()
        else:
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop()
        super().connection_lost(exc)

    def _expect(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self.deadline_s, self.transport.close)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
