"""Start the prober: `python -m deployments.prober --config FILE`."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
import uvloop

from deployments import listening
from deployments.prober.api import app
from deployments.prober.config import Config, load
from deployments.prober.prober import Prober
from recovery.adapters.dns import AuthoritativeDns
from recovery.errors import BadInput

GRACE_S = 1
SWITCH_INTERVAL_S = 0.0005
"""How long another thread may keep the interpreter from the clients: ten times less than Python's default."""


class _Server(uvicorn.Server):
    """A server that leaves signals to the prober, which has a ledger to close first."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


async def serve(config: Config, stop: asyncio.Event) -> None:
    """Ask and answer until *stop* is set; afterwards everything recorded is in the ledger."""
    door = listening.door(config.listen)
    prober = Prober(config, AuthoritativeDns(config.nameservers, config.request_timeout_s))
    answers = uvicorn.Config(
        app(prober), ws="none", lifespan="off", log_level="warning", timeout_graceful_shutdown=GRACE_S
    )
    server = _Server(answers)
    async with prober.running(stop), asyncio.TaskGroup() as group:
        answering = group.create_task(server.serve(sockets=[door]))
        await stop.wait()
        server.should_exit = True
        await answering


def main() -> int:
    """Run until SIGTERM or SIGINT; bad input is one line, and exit status 2."""
    parser = argparse.ArgumentParser(prog="prober", description="The independent client that measures.")
    parser.add_argument("--config", type=Path, required=True, help="the prober's YAML file")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        uvloop.run(_until_signalled(load(parser.parse_args().config)))
    except BadInput as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


async def _until_signalled(config: Config) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(config, stop)


if __name__ == "__main__":
    sys.exit(main())
