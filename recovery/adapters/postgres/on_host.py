"""SQL on a server's own machine, as the account that owns the cluster: what needs a superuser, and no more."""

from pathlib import PurePosixPath

from recovery.adapters.host import Host
from recovery.adapters.postgres.sessions import text
from recovery.errors import Refused, Unavailable

PORT_LINE, SOCKET_LINE = 3, 4
"""postmaster.pid's fourth and fifth lines."""
STATEMENT_S = 120.0
CONNECTION_LOST = 2
"""What psql ends with where it did not reach the server, or lost it."""


class ServerOnHost:
    """The server that runs in one data folder, asked by psql through its socket."""

    def __init__(self, host: Host, data: PurePosixPath) -> None:
        """Run nothing yet."""
        self._host, self._data = host, data

    def run(self, database: str, statement: str, **variables: str) -> None:
        """Run one named file of SQL, whole or not at all, with psql's *variables*. `Refused` has the server's words."""
        port, socket = self._reached()
        command = (
            "psql", "-X", "-q", "-U", "postgres", "-h", socket, "-p", port, "-d", database,
            "-v", "ON_ERROR_STOP=1", *(word for name, value in variables.items() for word in ("-v", f"{name}={value}")),
            "--single-transaction", "-f", "-",
        )  # fmt: skip
        ran = self._host.run(command, deadline_s=STATEMENT_S, text=text(statement).decode())
        told = f"{database} in {self._data} on {self._host.name}: {ran.why}"
        if ran.status == CONNECTION_LOST:
            raise Unavailable(f"{told}; repeat, or look at the server.")
        if ran.status:
            raise Refused(told)

    def _reached(self) -> tuple[str, str]:
        """Return the port and the socket's folder, as the server wrote them down."""
        ran = self._host.run(["cat", self._data / "postmaster.pid"])
        lines = ran.output.splitlines()
        if ran.status or len(lines) <= SOCKET_LINE or not lines[SOCKET_LINE]:
            raise Unavailable(f"No server with a socket runs in {self._data} on {self._host.name}: {ran.why}")
        return lines[PORT_LINE], lines[SOCKET_LINE].split(",")[0].strip()
