"""Is somebody there? Asked of a port that takes connections, one that refuses, and one whose packets are lost."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic

import pytest

from recovery.adapters.connecting import takes_connections

BRIEFLY_S = 0.3
MOST_S = 2.0


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        yield server


def test_a_port_that_is_listened_on_takes_connections(listening: socket.socket) -> None:
    assert takes_connections(*listening.getsockname(), within_s=MOST_S)


def test_a_port_that_nobody_listens_on_takes_none() -> None:
    assert not takes_connections("127.0.0.1", 1, within_s=MOST_S)


def test_where_packets_are_lost_it_is_waited_for_no_longer_than_was_asked(listening: socket.socket) -> None:
    """A queue that is full drops what comes: the kernel answers nothing, as a network that is gone."""
    with ExitStack() as stack:
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        began = monotonic()

        taken = takes_connections(*listening.getsockname(), within_s=BRIEFLY_S)

        assert not taken
        assert BRIEFLY_S <= monotonic() - began < MOST_S
