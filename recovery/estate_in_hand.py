"""The estate with its clients: what a flow holds once `Estate.load` has opened the door."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recovery.approval import Approvers
from recovery.estate import EstateFile
from recovery.ports import Cache, Database, FrontDoor, Gateway, ProberView
from recovery.quorum import Quorum
from recovery.traffic import StopSwitch, TrafficSwitch


class Region:
    """One region: its name, and a client of each of its parts."""

    def __init__(self, name: str, *, database: Database, cache: Cache, gateway: Gateway) -> None:
        """Hold the clients; nothing is connected to."""
        self.name, self.database, self.cache, self.gateway = name, database, cache, gateway

    def __repr__(self) -> str:
        """Its name: this is what logs and Prefect show."""
        return f"Region({self.name})"


@dataclass(frozen=True)
class Outside:
    """What stands in front of the regions, and beside them."""

    traffic: TrafficSwitch
    stops: Mapping[str, StopSwitch]
    """Per region, the switch that stops it without a control plane; empty where there is none."""
    front_door: FrontDoor
    prober: ProberView
    journal: Quorum
    approvers: Approvers
    reports: Path


class EstateInHand:
    """One estate: what its file says, its two regions, and what is outside them."""

    def __init__(self, file: EstateFile, regions: Mapping[str, Region], outside: Outside) -> None:
        """Hold them."""
        self.file, self.outside = file, outside
        self._regions = dict(regions)

    @property
    def name(self) -> str:
        """The name under which epochs are taken."""
        return self.file.settings.estate

    def region(self, name: str) -> Region:
        """Return a region; `BadInput` names the two that there are."""
        self.file.other(name)
        return self._regions[name]

    def other(self, name: str) -> Region:
        """Return the region that takes over from *name*."""
        return self._regions[self.file.other(name)]
