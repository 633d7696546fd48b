"""One region's guard: whether the region may serve. Its gateway asks it, and is closed unless it says yes."""

import json
import sys
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.request import urlopen

from lab import process
from lab.asking import TIMEOUT_S
from lab.place import PORTS, REGIONS, WITNESS, Lab

UP_DEADLINE_S = 20.0


@dataclass(frozen=True)
class RegionGuard:
    """The guard of one region, inside it: it is lost with it, and comes back knowing nothing."""

    region: str

    @property
    def name(self) -> str:
        """One guard a region."""
        return f"guard-{self.region}"

    @property
    def needs(self) -> tuple[str, ...]:
        """The estate file, and the journal's stores."""
        return ("estate", *(f"aws-{place}" for place in (*REGIONS, WITNESS)))

    def start(self, lab: Lab) -> None:
        """Start it; it reads the estate file as the caller, who may read the lab's secrets."""
        listen = f"{lab.address(self.region)}:{PORTS.guard}"
        command = [sys.executable, "-m", "deployments.guard"]
        options = ["--estate", lab.estate_file, "--region", self.region, "--listen", listen]
        process.start(lab, self.name, [*command, *options], region=self.region, as_caller=True)

    def prove(self, lab: Lab) -> str:
        """It has asked the journal's stores; where they have not answered, it says so, and is closed."""

        def asked() -> str | None:
            said = says(lab, self.region)
            told = f"{'open' if said.may_serve else 'closed'}: {said.why}"
            return told if said.heard or said.trouble != "it has not asked yet" else None

        return process.wait_until(asked, what=f"{self.name}'s first asking", deadline_s=UP_DEADLINE_S)


@dataclass(frozen=True)
class Said:
    """What a guard says."""

    may_serve: bool
    why: str
    heard: bool
    """Whether a majority of the journal's stores has answered it since it started."""
    trouble: str | None


def says(lab: Lab, region: str) -> Said:
    """Return what the region's guard says now; raises what urllib raises where it does not answer."""
    try:
        with urlopen(f"http://{lab.address(region)}:{PORTS.guard}/", timeout=TIMEOUT_S) as response:
            body = response.read()
    except HTTPError as error:  # 503 is an answer
        body = error.read()
    told = json.loads(body)
    return Said(told["may_serve"], told["why"], told["heard_at"] is not None, told["trouble"])
