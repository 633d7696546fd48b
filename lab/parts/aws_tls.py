"""TLS in front of a region's AWS endpoint: pgBackRest speaks to S3 by nothing else.

moto could do it itself, but closes a connection without saying so in TLS, which pgBackRest
takes for an attack and retries for a minute. HAProxy says it.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

from lab import certificate, process
from lab.account import owned
from lab.asking import answers
from lab.place import PORTS, Lab

UP_DEADLINE_S = 10.0

CONFIGURATION = """
global
    maxconn 500
    hard-stop-after 1s
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
frontend tls
    bind {address}:{port} ssl crt {folder}/endpoint.pem
    default_backend aws
backend aws
    server aws {address}:{aws}
"""


@dataclass(frozen=True)
class AwsTls:
    """HAProxy with a certificate for the region's own address, and for the one that the other region sees."""

    region: str

    @property
    def name(self) -> str:
        """One a region."""
        return f"aws-tls-{self.region}"

    @property
    def needs(self) -> tuple[str, ...]:
        """What it stands in front of."""
        return (f"aws-{self.region}",)

    def start(self, lab: Lab) -> None:
        """Start it; it keeps the certificate that it was first started with."""
        folder = ca_file(lab, self.region).parent
        if not ca_file(lab, self.region).exists():
            folder.mkdir(parents=True, exist_ok=True)
            addresses = (lab.address(self.region), lab.across(self.region))
            certificate.draw(ca_file(lab, self.region), folder / "endpoint.pem", addresses)
        text = CONFIGURATION.format(
            address=lab.address(self.region), port=PORTS.aws_tls, aws=PORTS.aws, folder=folder
        )
        (folder / "haproxy.cfg").write_text(text)
        owned(folder)
        command = ["/usr/sbin/haproxy", "-db", "-f", folder / "haproxy.cfg"]
        process.start(lab, self.name, command, region=self.region)

    def prove(self, lab: Lab) -> str:
        """The region's S3 answers through it, to one who trusts the certificate."""
        trusting = ssl.create_default_context(cafile=ca_file(lab, self.region))
        process.wait_until(
            lambda: answers(f"https://{lab.address(self.region)}:{PORTS.aws_tls}/moto-api/", trusting),
            what=f"{self.name}'s first answer",
            deadline_s=UP_DEADLINE_S,
        )
        return "S3 answers by TLS"


def ca_file(lab: Lab, region: str) -> Path:
    """Who vouches for the region's endpoint: its certificate itself."""
    return lab.folder / "data" / f"aws-tls-{region}" / "ca.pem"
