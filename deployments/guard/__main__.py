"""Start a region's guard: `python -m deployments.guard --estate FILE --region NAME --listen ADDRESS:PORT`."""

import argparse
import asyncio
import logging
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
import uvloop

from blocks.journal_stores import quorum_of
from deployments import listening
from deployments.guard.api import app
from deployments.guard.asking import Asked
from deployments.instants import moment
from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.region_guard import Guard
from recovery.region_standing import Asking


def main() -> int:
    """Answer until SIGTERM; bad input is one line, and exit status 2."""
    parser = argparse.ArgumentParser(prog="guard", description="Says whether its region may serve.")
    parser.add_argument("--estate", type=Path, required=True, help="the estate file")
    parser.add_argument("--region", required=True, help="the region whose gateway asks")
    parser.add_argument("--listen", required=True, metavar="ADDRESS:PORT", help="where the gateway asks it")
    parser.add_argument(
        "--open-until",
        metavar="INSTANT",
        help="for a night on which the journal's stores are down: started before this instant, it says open until a "
        "majority of them has answered; 24 h ahead at most",
    )
    told = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    try:
        asked = _asked(told.estate, told.region, moment("--open-until", told.open_until))
        door = listening.door(told.listen)
    except BadInput as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    uvloop.run(_serve(asked, door))
    return 0


def _asked(estate: Path, region: str, open_until: datetime | None) -> Asked:
    file = EstateFile.read(estate)
    if region not in file.regions:
        known = ", ".join(file.regions)
        raise BadInput(f"--region {region!r} is no region of {file.name}; give one of {known}.")
    guard = Guard(region, started_at=datetime.now(UTC), open_until=open_until)
    return Asked(guard, Asking(file, quorum_of(file), region).ask)


async def _serve(asked: Asked, door: socket.socket) -> None:
    stop = asyncio.Event()
    config = uvicorn.Config(app(asked), ws="none", lifespan="off", log_level="warning", access_log=False)
    async with asyncio.TaskGroup() as group:
        group.create_task(asked.keep_asking(stop))
        try:
            await uvicorn.Server(config).serve(sockets=[door])
        finally:
            stop.set()


if __name__ == "__main__":
    sys.exit(main())
