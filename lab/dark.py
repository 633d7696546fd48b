"""A region whose network is gone: nothing answers there, not even with a refusal.

A process of its own listens on every port of the region with a queue that is full already: Linux drops what else comes
(tcp(7), listen(2)), as a network does that is gone. No firewall, and no root. It writes down who tried, as far as it
may see that: a connection that waits is in /proc/net/tcp.
"""

import argparse
import json
import os
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import psutil

from lab import process
from lab.place import PORTS, Lab

HELD = (
    PORTS.postgres,
    PORTS.scratch_postgres,
    PORTS.redis,
    PORTS.gateway,
    PORTS.gateway_admin,
    PORTS.gateway_metrics,
    PORTS.services,
    PORTS.aws,
    PORTS.aws_tls,
    PORTS.prometheus,
    PORTS.alertmanager,
    PORTS.postgres_exporter,
    PORTS.redis_exporter,
)
"""All that listens on a region's address."""
UP_DEADLINE_S = 30.0
POLL_S = 0.02
WAITS = "02"
"""TCP_SYN_SENT, as /proc/net/tcp has it: proc(5)."""

Endpoint = tuple[str, int]


def begin(lab: Lab, region: str) -> None:
    """Start the process; it takes each port as soon as its server has ended."""
    attempts(lab, region).unlink(missing_ok=True)
    command = [sys.executable, "-m", "lab.dark", lab.address(region), "--attempts", attempts(lab, region)]
    process.start(lab, part(region), command, region=region, as_caller=True)


def await_darkness(lab: Lab, region: str) -> None:
    """Return once every port is held."""
    process.wait_until(attempts(lab, region).exists, what=f"{region} to be dark", deadline_s=UP_DEADLINE_S)


def lift(lab: Lab, region: str) -> None:
    """Let go of the ports, so that servers can have them again."""
    process.kill(one for one in process.recorded(lab) if one.part == part(region))
    (lab.folder / "run" / f"{part(region)}.json").unlink(missing_ok=True)


def tried_by(lab: Lab, region: str, pid: int) -> list[str]:
    """Return what a process tried to connect to there, as host:port, once for each attempt."""
    lines = attempts(lab, region).read_text().splitlines()
    return [told["endpoint"] for told in map(json.loads, lines) if told["pid"] == pid]


def attempts(lab: Lab, region: str) -> Path:
    """Return where attempts are written down; it is there once every port is held."""
    return lab.folder / f"attempts-{region}.jsonl"


def part(region: str) -> str:
    """Return the process's name."""
    return f"dark-{region}"


def hold(address: str, stack: ExitStack) -> list[Endpoint]:
    """Hold every port of *address*; return them."""
    waiting, pause = [(address, port) for port in HELD], Event()
    while waiting:
        waiting = [endpoint for endpoint in waiting if not _is_held(endpoint, stack)]
        pause.wait(POLL_S / 4)
    return [(address, port) for port in HELD]


def _is_held(endpoint: Endpoint, stack: ExitStack) -> bool:
    """Listen with room for one, and take it up; False while somebody else listens there."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind(endpoint)
    except OSError:
        server.close()
        return False
    stack.enter_context(server)
    server.listen(0)
    stack.enter_context(socket.create_connection(endpoint))
    return True


def waiting(held: Iterable[Endpoint], table: Iterable[str], uid: int) -> Iterator[tuple[str, str]]:
    """Return who of user *uid* waits for one of *held*, by /proc/net/tcp: the socket's inode, and the endpoint."""
    wanted = {_hexed(endpoint): f"{endpoint[0]}:{endpoint[1]}" for endpoint in held}
    for line in table:
        fields = line.split()
        if fields[3] == WAITS and fields[2] in wanted and fields[7] == str(uid):
            yield fields[9], wanted[fields[2]]


def _hexed(endpoint: Endpoint) -> str:
    host = int.from_bytes(socket.inet_aton(endpoint[0]), sys.byteorder)
    return f"{host:08X}:{endpoint[1]:04X}"


def _owner(inode: str) -> int | None:
    """Return the process that has the socket, None where it is gone."""
    for one in psutil.process_iter():
        try:
            links = [str(link.readlink()) for link in Path(f"/proc/{one.pid}/fd").iterdir()]
        except OSError:  # another account's, or gone meanwhile
            continue
        if f"socket:[{inode}]" in links:
            return one.pid
    return None


def watch(held: Sequence[Endpoint], written: Path) -> None:
    """Write down each attempt of this account's processes, once, for as long as this process lives."""
    known: set[str] = set()
    pause = Event()
    with written.open("a", buffering=1) as out:
        while not pause.wait(POLL_S):
            table = Path("/proc/net/tcp").read_text().splitlines()[1:]
            for inode, endpoint in waiting(held, table, os.getuid()):
                if inode not in known:
                    known.add(inode)
                    out.write(json.dumps({"endpoint": endpoint, "pid": _owner(inode)}) + "\n")


def main() -> None:
    """Hold an address, and say so by the file of attempts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--attempts", type=Path, required=True)
    options = parser.parse_args()
    with ExitStack() as stack:
        watch(hold(options.address, stack), options.attempts)


if __name__ == "__main__":
    main()
