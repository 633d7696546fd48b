"""Where a lab lives: its folder, its addresses, its ports.

Each region listens on its own loopback address. What crosses regions connects to the
address ending in .2, where the link stands in for the other region.
"""

import json
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from recovery.errors import BadInput

ROOT = Path(__file__).resolve().parent.parent
EAST, WEST = "us-east-1", "us-west-2"
REGIONS = (EAST, WEST)
WITNESS = "eu-central-1"
OUTSIDE = "witness"
"""What the monitoring of the third place is called."""
SERVICES = (
    "api-gateway",
    "vault-service",
    "hub-service",
    "flow-service",
    "task-service",
    "monitor-service",
    "sync-service",
    "insight-service",
)
NODE_GROUPS = ("eden_vault", "eden_flow", "eden_task", "eden_hub", "eden_sync", "eden_insight")
GLOBAL_NAME = "api.eden.example.com"
MOST_LABS = 64
SECRETS = (
    "aws-secret-access-key",
    "intake-token",
    "postgres-operator",
    "postgres-application",
    "postgres-monitor",
    "postgres-replicator",
    "postgres-superuser",
    "redis",
)


@dataclass(frozen=True)
class Ports:
    """One port for each kind of server, the same on every address of every lab."""

    postgres: int = 15432
    scratch_postgres: int = 15433
    redis: int = 16379
    gateway: int = 18080
    gateway_admin: int = 19999
    gateway_metrics: int = 19101
    services: int = 18000
    aws: int = 14566
    aws_tls: int = 14443
    dns: int = 15300
    prober: int = 18700
    prefect: int = 14200
    link: int = 18600
    intake: int = 18800
    guard: int = 18900
    prometheus: int = 19090
    alertmanager: int = 19093
    postgres_exporter: int = 19187
    redis_exporter: int = 19121


PORTS = Ports()


@dataclass(frozen=True)
class Lab:
    """One lab: *name* is its folder's, *index* the second byte of its addresses."""

    name: str
    index: int

    @property
    def folder(self) -> Path:
        """Everything the lab writes is below this folder."""
        return ROOT / ".lab" / self.name

    @property
    def home(self) -> Path:
        """The home folder of the lab's servers."""
        return self.folder / "home"

    @property
    def belongings(self) -> dict[str, str]:
        """Where the lab's processes keep what libraries put beside their work: nothing is left outside."""
        return {"HOME": str(self.home), "TMPDIR": str(self.home / "tmp")}

    @property
    def third_place(self) -> str:
        """The address outside both regions: witness, DNS, prober, Prefect."""
        return f"127.{self.index}.30.1"

    @property
    def estate_file(self) -> Path:
        """The estate file that describes this lab to the flows."""
        return self.folder / "estate.yaml"

    @property
    def prefect_url(self) -> str:
        """The Prefect server's API."""
        return f"http://{self.third_place}:{PORTS.prefect}/api"

    @property
    def control_url(self) -> str:
        """The AWS endpoint outside both regions: Route 53, and the witness's S3."""
        return f"http://{self.third_place}:{PORTS.aws}"

    @property
    def intake_url(self) -> str:
        """Where every Alertmanager posts its alerts."""
        return f"http://{self.third_place}:{PORTS.intake}/alertmanager"

    def monitoring_address(self, place: str) -> str:
        """Where the monitoring of a region, or of the third place, listens."""
        return self.address(place) if place in REGIONS else self.third_place

    def address(self, region: str) -> str:
        """The region's own address."""
        return f"127.{self.index}.{10 * (REGIONS.index(region) + 1)}.1"

    def across(self, region: str) -> str:
        """The region's address as the other region sees it: the link's."""
        return f"127.{self.index}.{10 * (REGIONS.index(region) + 1)}.2"

    def aws_url(self, place: str) -> str:
        """The S3 endpoint of a region, or of the witness."""
        return self.control_url if place == WITNESS else f"http://{self.address(place)}:{PORTS.aws}"

    @property
    def stores(self) -> "Lab":
        """The lab whose S3 endpoints keep things: of stand-ins, that of the regions."""
        return self

    def secret(self, name: str) -> str:
        """Return the lab's secret of that name."""
        return (self.folder / "secrets" / name).read_text()


def other(region: str) -> str:
    """Return the lab's other region."""
    return REGIONS[1 - REGIONS.index(region)]


def claim(name: str) -> tuple[Lab, socket.socket]:
    """Return a new lab and the bound socket that keeps its addresses from any other lab.

    The socket becomes the link's control port, so the claim lives as long as the link does.
    """
    for index in range(MOST_LABS):
        lab = Lab(name=name, index=index)
        claimed = socket.socket()
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            claimed.bind((lab.third_place, PORTS.link))
            claimed.listen()
        except OSError:
            claimed.close()
            continue
        _draw_secrets(lab.folder / "secrets")
        (lab.folder / "lab.json").write_text(json.dumps({"name": name, "index": index}))
        return lab, claimed
    raise BadInput(
        f"No addresses are left for lab {name!r}: {MOST_LABS} labs run; `dr lab down` one of them."
    )


def _draw_secrets(folder: Path) -> None:
    """Draw every secret of a lab, each into a file of mode 600."""
    folder.mkdir(parents=True, mode=0o700)
    for name in SECRETS:
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(16))


def existing(name: str) -> Lab:
    """Return the lab of that name, or raise `BadInput` where none was started."""
    path = ROOT / ".lab" / name / "lab.json"
    if not path.is_file():
        raise BadInput(f"There is no lab {name!r}; start it with `dr lab up --name {name}`.")
    return Lab(**json.loads(path.read_text()))
