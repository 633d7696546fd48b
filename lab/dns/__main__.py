"""`python -m lab.dns`: serve one hosted zone, and check its health checks' endpoints."""

import argparse
import asyncio
import logging
import signal
import sys
from random import SystemRandom

import uvloop

from lab.dns.checking import Checkers
from lab.dns.server import Server
from lab.dns.source import Answers, HostedZone
from lab.dns.wire import respond
from recovery.adapters import aws
from recovery.errors import BadInput, RecoveryError

log = logging.getLogger("lab.dns")


def main() -> int:
    """Serve until SIGTERM, and return 0; 2 with the reason on stderr where it can not begin."""
    options = _options()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s at=%(asctime)s")
    try:
        uvloop.run(_serve(options))
    except (RecoveryError, OSError) as error:
        sys.stderr.write(f"dns: {error}\n")
        return 2
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.dns", description=__doc__)
    parser.add_argument("--listen", required=True, type=_address, metavar="IP:PORT")
    parser.add_argument("--route53", required=True, metavar="URL", help="the endpoint of Route 53's API")
    parser.add_argument("--zone-id", required=True, metavar="ID")
    parser.add_argument(
        "--checker-pace",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="multiplies the health checks' intervals; 1 is Route 53's own, less is for quick tests",
    )
    return parser.parse_args()


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is no address; give it as 127.0.30.1:5300")
    return host, int(port)


async def _serve(options: argparse.Namespace) -> None:
    if options.checker_pace <= 0:
        raise BadInput(f"--checker-pace is {options.checker_pace}; give a factor above 0.")
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    # The lab's endpoint takes any keys; real ones have no business here.
    hosted = HostedZone(
        options.zone_id, aws.Endpoint("us-east-1", options.route53, aws.Credentials("lab", "lab"))
    )
    checkers = Checkers(options.checker_pace)
    answers = Answers(hosted, checkers, SystemRandom().random)
    try:
        await answers.first(stop)
        async with Server(lambda packet, udp: respond(answers.ask, answers.soa, packet, udp=udp)) as server:
            host, port = options.listen
            log.info("listening %s:%d", host, await server.start(host, port))
            await answers.keep_reading(stop)
    finally:
        await checkers.close()


if __name__ == "__main__":
    sys.exit(main())
