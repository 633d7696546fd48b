"""The link between the regions, and how its condition is changed."""

import json
import socket
import sys
from dataclasses import asdict, dataclass

from lab import process
from lab.place import PORTS, REGIONS, Lab

UP_DEADLINE_S = 10.0
CROSSING = (PORTS.postgres, PORTS.redis, PORTS.prometheus, PORTS.aws_tls)
"""What each region offers the other one."""


@dataclass(frozen=True)
class LinkCondition:
    """What the link is told to be; the default is a good link."""

    cut: bool = False
    delay_s: float = 0.0
    bytes_per_s: int = 0


@dataclass(frozen=True)
class Link:
    """All that crosses regions goes through it. *control* is the lab's claim, already listening."""

    control: socket.socket | None = None
    name: str = "link"
    region: None = None
    needs: tuple[str, ...] = ()

    def start(self, lab: Lab) -> None:
        """Listen for what a region offers the other one, on the addresses that stand for the other side."""
        control = self.control or _control_socket(lab)
        routes = [
            f"{lab.across(region)}:{port}={lab.address(region)}:{port}"
            for region in REGIONS
            for port in CROSSING
        ]
        command = [sys.executable, "-m", "lab.link", "--control-fd", str(control.fileno()), *routes]
        process.start(lab, self.name, command, serves=True, pass_fds=[control.fileno()])
        control.close()

    def prove(self, lab: Lab) -> str:
        """It takes an order, and its addresses accept connections."""
        process.wait_until(
            lambda: set_condition(lab, LinkCondition()), what="the link's control", deadline_s=UP_DEADLINE_S
        )
        for region in REGIONS:
            socket.create_connection((lab.across(region), PORTS.postgres), timeout=UP_DEADLINE_S).close()
        return "takes orders, listens for both regions"


def set_condition(lab: Lab, condition: LinkCondition) -> bool:
    """Make the link be so; true when it said it is."""
    with socket.create_connection((lab.third_place, PORTS.link), timeout=2) as control:
        control.sendall(json.dumps(asdict(condition)).encode() + b"\n")
        return control.recv(16) == b"done\n"


def _control_socket(lab: Lab) -> socket.socket:
    """Bind the control address again, for a link that was killed."""
    control = socket.socket()
    control.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    control.bind((lab.third_place, PORTS.link))
    control.listen()
    return control
