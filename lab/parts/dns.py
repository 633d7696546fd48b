"""The authoritative DNS server of the lab's zone, which also plays Route 53's health checkers."""

import sys
from dataclasses import dataclass

from lab import process
from lab.parts.aws import zone
from lab.place import GLOBAL_NAME, PORTS, REGIONS, Lab
from recovery.adapters.dns import AuthoritativeDns

UP_DEADLINE_S = 10.0


@dataclass(frozen=True)
class Dns:
    """Route 53's data plane: answers that go on when the control plane is away."""

    name: str = "dns"
    region: None = None
    needs: tuple[str, ...] = ("zone",)

    def start(self, lab: Lab) -> None:
        """Serve the zone over UDP and TCP."""
        command = [sys.executable, "-m", "lab.dns", "--listen", f"{lab.third_place}:{PORTS.dns}"]
        command += ["--route53", lab.control_url, "--zone-id", zone(lab).zone_id]
        process.start(lab, self.name, command, serves=True)

    def prove(self, lab: Lab) -> str:
        """It answers the global name with a region's address."""
        server = AuthoritativeDns([f"{lab.third_place}:{PORTS.dns}"], timeout_s=0.3)
        expected = {lab.address(region) for region in REGIONS}

        def answered() -> str | None:
            answer = server.resolve(GLOBAL_NAME)
            return f"answers {answer.addresses[0]}" if set(answer.addresses) <= expected else None

        return process.wait_until(answered, what="an answer of the DNS server", deadline_s=UP_DEADLINE_S)
