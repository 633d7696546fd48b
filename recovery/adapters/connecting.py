"""Whether somebody is there at all: a connection that is opened and closed again, and nothing said."""

import socket


def takes_connections(host: str, port: int, *, within_s: float) -> bool:
    """Whether a TCP connection is taken within so long, whoever takes it."""
    try:
        with socket.create_connection((host, port), timeout=within_s):
            return True
    except OSError:
        return False
