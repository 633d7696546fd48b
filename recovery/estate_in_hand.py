"""The estate with its clients: what a flow holds once `Estate.load` has opened the door."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from recovery.approval import Approvers
from recovery.drill.faults import Faults
from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.ports import Cache, Database, FrontDoor, Gateway, ProberView
from recovery.quorum import Quorum
from recovery.readiness.ports import Preflights
from recovery.reconcile.cache_keys import CacheKeys
from recovery.reconcile.conflicts import ConflictLog
from recovery.reconcile.ports import Tables
from recovery.restore_ports import Archiving, Backups, Ledgers, Replacement, Scratch
from recovery.salvage.ports import Copying, Sending
from recovery.traffic import StopSwitch, TrafficSwitch


class Region:
    """One region: its name, and a client of each of its parts."""

    def __init__(  # noqa: PLR0913 - a client of each part, by keyword
        self,
        name: str,
        *,
        database: Database,
        tables: Tables,
        sending: Sending,
        copying: Copying,
        conflicts: ConflictLog,
        cache: Cache,
        keys: CacheKeys,
        gateway: Gateway,
    ) -> None:
        """Hold the clients; nothing is connected to."""
        self.name, self.database, self.tables, self.sending = name, database, tables, sending
        self.copying, self.conflicts = copying, conflicts
        self.cache, self.keys, self.gateway = cache, keys, gateway

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
    faults: Faults | None = None
    """What breaks the estate on purpose; None where its file names nothing."""
    signing_key: Callable[[], SecretStr | None] = lambda: None
    """Reads the key that signs evidence; None where the estate names none, `BadInput` where it is not there."""


@dataclass(frozen=True)
class Restorable:
    """One region's cluster, as far as it can be brought back: its backups, a copy beside it, and the live one."""

    backups: Backups
    archiving: Archiving
    ledgers: Ledgers
    scratch: Callable[[str], Scratch]
    """The scratch cluster of an operation, by its id."""
    live: Tables
    beside: Tables
    """The scratch cluster's tables: one at a time, on its own port."""
    replacement: Callable[[str], Replacement]
    """The live cluster's place, for an operation, by its id."""


class EstateInHand:
    """One estate: what its file says, its two regions, and what is outside them."""

    def __init__(  # noqa: PLR0913 - what an estate consists of
        self,
        file: EstateFile,
        regions: Mapping[str, Region],
        outside: Outside,
        restorable: Mapping[str, Restorable] | None = None,
        stand_ins: "Callable[[], EstateInHand] | None" = None,
        *,
        preflights: Preflights | None = None,
    ) -> None:
        """Hold them; *stand_ins* makes the same estate as it is once fresh hosts have taken the regions' places."""
        self._preflights = preflights
        self.file, self.outside, self._stand_ins = file, outside, stand_ins
        self._regions, self._restorable = dict(regions), dict(restorable or {})

    @property
    def name(self) -> str:
        """The name under which epochs are taken."""
        return self.file.settings.estate

    def region(self, name: str) -> Region:
        """Return a region; `BadInput` names the two that there are."""
        self.file.other(name)
        return self._regions[name]

    def restorable(self, name: str) -> Restorable:
        """Return what a region's cluster is restored with; `BadInput` where the file has no backups."""
        self.file.other(name)
        if name not in self._restorable:
            raise BadInput(
                f"{self.file.name} has no `recovery.backups`: nothing is known of backups, or of where to restore "
                "them; docs/estate.md tells its keys."
            )
        return self._restorable[name]

    @property
    def stand_ins(self) -> "EstateInHand":
        """The same estate in a third place; `BadInput` where its file knows of none."""
        if self._stand_ins is None:
            self.file.at_stand_ins()
            raise BadInput(f"{self.file.name} was loaded without its stand-ins.")
        return self._stand_ins()

    @property
    def preflights(self) -> Preflights:
        """What readiness asks; `BadInput` for an estate that was loaded without."""
        if self._preflights is None:
            raise BadInput(f"{self.file.name} was loaded without what readiness asks.")
        return self._preflights

    def other(self, name: str) -> Region:
        """Return the region that takes over from *name*."""
        return self._regions[self.file.other(name)]
