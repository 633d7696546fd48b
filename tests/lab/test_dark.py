"""A region that is dark: connections are neither taken nor refused, and who tries is seen."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import pytest

from lab.dark import HELD, hold, waiting
from lab.place import PORTS
from recovery.adapters.connecting import takes_connections

ADDRESS = "127.99.7.1"
BRIEFLY_S = 0.2


@pytest.fixture
def held() -> Iterator[list[tuple[str, int]]]:
    with ExitStack() as stack:
        yield hold(ADDRESS, stack)


def test_every_port_of_the_region_says_nothing(held: list[tuple[str, int]]) -> None:
    assert [port for _, port in held] == [*HELD]
    for address, port in held:
        began = monotonic()
        assert not takes_connections(address, port, within_s=BRIEFLY_S)
        assert monotonic() - began >= BRIEFLY_S


def test_who_waits_for_it_is_seen(held: list[tuple[str, int]]) -> None:
    with socket.socket() as client:
        client.setblocking(False)
        client.connect_ex((ADDRESS, PORTS.redis))
        table = Path("/proc/net/tcp").read_text().splitlines()[1:]

        found = list(waiting(held, table, os.getuid()))

        assert found == [(str(os.fstat(client.fileno()).st_ino), f"{ADDRESS}:{PORTS.redis}")]
        assert not list(waiting(held, table, os.getuid() + 1))
