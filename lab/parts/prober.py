"""The prober: clients outside both regions, under whose load everything happens."""

import json
import sys
from dataclasses import dataclass

import yaml

from lab import process
from lab.account import owned
from lab.asking import answer
from lab.place import GLOBAL_NAME, PORTS, REGIONS, Lab
from lab.service.settings import DATABASES

UP_DEADLINE_S = 30.0
LEAST_WRITES_PER_S = 50


@dataclass(frozen=True)
class Prober:
    """One process, as a real estate runs it."""

    name: str = "prober"
    region: None = None
    needs: tuple[str, ...] = (
        "dns",
        *(f"{part}-{region}" for part in ("gateway", "backups") for region in REGIONS),
    )
    """Its load comes after the backups, which have no use for it: it is half of what two cores carry."""

    def start(self, lab: Lab) -> None:
        """Start its clients; its ledger is kept from an earlier start."""
        folder = lab.folder / "data" / self.name
        folder.mkdir(parents=True, exist_ok=True)
        config = {
            "listen": f"{lab.third_place}:{PORTS.prober}",
            "ledger": str(folder / "ledger.sqlite"),
            "global_name": GLOBAL_NAME,
            "nameservers": [f"{lab.third_place}:{PORTS.dns}"],
            "port": PORTS.gateway,
            "scheme": "http",
            "services": list(DATABASES),
            "regions": {region: lab.address(region) for region in REGIONS},
            "clients": 64,
            "rate_per_client_per_s": 0.9,
        }
        (folder / "prober.yaml").write_text(yaml.safe_dump(config))
        owned(folder)
        command = [sys.executable, "-m", "deployments.prober", "--config", folder / "prober.yaml"]
        process.start(lab, self.name, command, serves=True)

    def prove(self, lab: Lab) -> str:
        """Writes are acknowledged at the rate the measurements need."""

        def busy() -> str | None:
            rate = json.loads(answer(f"http://{lab.third_place}:{PORTS.prober}/stats"))[
                "acknowledged_writes_per_s"
            ]
            return f"{rate:.0f} acknowledged writes/s" if rate >= LEAST_WRITES_PER_S else None

        return process.wait_until(busy, what=f"{LEAST_WRITES_PER_S} writes/s", deadline_s=UP_DEADLINE_S)
