"""Where a server listens: had before anything else is done, or refused in one line."""

import os
import re
import socket

from recovery.errors import BadInput


def door(listen: str) -> socket.socket:
    """Return a socket that listens at `address:port`; `BadInput` where it can not be had."""
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}:\d{1,5}", listen):
        raise BadInput(f"listen: {listen!r} is no IPv4 address and port; give one as 127.0.0.1:8900.")
    host, _, port = listen.rpartition(":")
    try:
        return socket.create_server((host, int(port)))
    except (OSError, OverflowError) as error:
        why = os.strerror(error.errno or 0) if isinstance(error, OSError) else "no such port"
        raise BadInput(f"listen: {listen} can not be had ({why}); give a free address and port.") from error
