"""The link's process: `python -m lab.link --control-fd N LISTEN=CONNECT ...`."""

import argparse
import asyncio
import json
import signal
import socket

import uvloop

from lab.link.forward import Condition, Route, serve


def _address(text: str) -> tuple[str, int]:
    host, port = text.rsplit(":", 1)
    return host, int(port)


def _route(text: str) -> Route:
    listen, connect = text.split("=")
    return Route(listen=_address(listen), connect=_address(connect))


async def _run(control: socket.socket, routes: list[Route]) -> None:
    """Serve all routes, and obey one JSON line a connection on the control socket."""
    condition, ended = Condition(), asyncio.Event()

    async def obey(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if line := await reader.readline():
            wanted = json.loads(line)
            condition.delay_s, condition.bytes_per_s = wanted["delay_s"], wanted["bytes_per_s"]
            (condition.whole.clear if wanted["cut"] else condition.whole.set)()
            writer.write(b"done\n")
            await writer.drain()
        writer.close()

    for route in routes:
        await serve(route, condition)
    await asyncio.start_server(obey, sock=control)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(description="The link between the lab's regions")
    parser.add_argument("--control-fd", type=int, required=True)
    parser.add_argument("routes", nargs="+", type=_route)
    options = parser.parse_args()
    uvloop.run(_run(socket.socket(fileno=options.control_fd), options.routes))


if __name__ == "__main__":
    main()
