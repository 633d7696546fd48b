"""A Route 53 zone and a stop object in memory, as strict as the real ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from recovery.errors import Refused, Unavailable
from recovery.traffic import ChangeRef, Door, Redirection, Weights, checked_weights, refuse_last_region

ANY_DOOR = Door("127.0.10.1", 80)


@dataclass(frozen=True)
class FakeRecord:
    """One record of the global name. Weight counts for the weighted policy only."""

    region: str
    weight: int = 100
    policy: str = "weighted"
    health_check: str | None = None
    address: str = ANY_DOOR.address
    alias: bool = False
    """Whether it is an alias of something outside of the zone, which has the address."""


@dataclass(frozen=True)
class FakeCheck:
    """How a health check is set; what it would see is not modelled."""

    disabled: bool = False
    inverted: bool = False
    door: Door = ANY_DOOR
    """Whom it asks."""

    @property
    def forced(self) -> bool:
        """Whether it says unhealthy whatever it would see."""
        return self.disabled and self.inverted


class FakeRoute53:
    """A `TrafficSwitch` whose changes stay PENDING for *pending_polls* looks.

    With `down`, the control plane does not answer.
    """

    def __init__(
        self,
        records: Iterable[FakeRecord],
        checks: Mapping[str, FakeCheck] | None = None,
        *,
        pending_polls: int = 0,
    ) -> None:
        self.records = list(records)
        self.checks = dict(checks or {})
        self.pending_polls = pending_polls
        self.down = False
        self.changes: list[ChangeRef] = []
        self._looks: dict[str, int] = {}

    def weights(self) -> Weights:
        """Return each region's weight."""
        return {record.region: record.weight for record in self._weighted()}

    def set_weights(self, weights: Weights) -> ChangeRef:
        """Take all weights or none; PENDING from now on."""
        checked = checked_weights(weights, [record.region for record in self._weighted()])
        self.records = [replace(record, weight=checked[record.region]) for record in self.records]
        change = ChangeRef(id=f"/change/C{len(self.changes) + 1}", weights=checked)
        self.changes.append(change)
        return change

    def applied(self, change: ChangeRef) -> bool:
        """Whether the change was looked at often enough, and stands."""
        now = self.weights()
        if change.id not in [made.id for made in self.changes]:
            raise Refused(f"There is no change {change.id}; set the weights again.")
        self._looks[change.id] = self._looks.get(change.id, 0) + 1
        return self._looks[change.id] > self.pending_polls and now == change.weights

    def redirected(self, moves: Redirection) -> list[str]:
        """Return the records and checks that lead to a lost gateway."""
        own = {record.region: record for record in self._weighted()}
        for region in moves:
            if region not in own:
                raise Refused(f"The global name has no record of {region}; create a weighted one.")
            if own[region].alias:
                raise Refused(f"The record of {region} is an alias of something that is not in the zone.")
        records = [f"record {name}" for name, move in moves.items() if own[name].address != move.door.address]
        checks = {name: self.checks[self._check_of(name)] for name in moves}
        asking = [name for name, move in moves.items() if checks[name].door == move.lost]
        return [*records, *(f"health check {self._check_of(name)}" for name in asking)]

    def redirect(self, moves: Redirection) -> ChangeRef:
        """Lead to the others."""
        self.redirected(moves)
        self.records = [
            replace(record, address=moves[record.region].door.address) if record.region in moves else record
            for record in self.records
        ]
        for name, move in moves.items():
            check = self.checks[self._check_of(name)]
            if check.door == move.lost:
                self.checks[self._check_of(name)] = replace(check, door=move.door)
        change = ChangeRef(id=f"/change/C{len(self.changes) + 1}", weights=dict(self.weights()))
        self.changes.append(change)
        return change

    def mark_unhealthy(self, region: str) -> None:
        """Set the region's check disabled and inverted."""
        check_id = self._check_of(region)
        check = self.checks[check_id]
        if check.forced:
            return
        if check.inverted:
            raise Refused(
                f"Health check {check_id} of {region} is inverted: what it says could not be put back."
            )
        refuse_last_region(
            region,
            {each.region: self.checks[str(each.health_check)].forced for each in self._weighted()},
        )
        self.checks[check_id] = replace(check, disabled=True, inverted=True)

    def mark_healthy(self, region: str) -> None:
        """Set the region's check as it was before it was forced."""
        check_id = self._check_of(region)
        if self.checks[check_id].forced:
            self.checks[check_id] = replace(self.checks[check_id], disabled=False, inverted=False)

    def forced_unhealthy(self, region: str) -> bool:
        """Whether the region's check is disabled and inverted."""
        return self.checks[self._check_of(region)].forced

    def _weighted(self) -> list[FakeRecord]:
        if self.down:
            raise Unavailable("The fake Route 53 is down; set `down` to False.")
        if not self.records:
            raise Refused("The fake zone has no address of the global name.")
        if odd := [record for record in self.records if record.policy != "weighted"]:
            raise Refused(
                f"The fake zone has a {odd[0].policy} record; only weighted records can be shifted."
            )
        return self.records

    def _check_of(self, region: str) -> str:
        """Return the id of the region's own health check."""
        ids = {record.region: record.health_check for record in self._weighted()}
        if missing := [name for name, check_id in ids.items() if check_id is None]:
            raise Refused(f"{missing[0]} has no health check; attach one.")
        if region not in ids:
            raise Refused(f"There is no region {region!r}, only {', '.join(sorted(ids))}.")
        check_id = str(ids[region])
        if list(ids.values()).count(check_id) > 1:
            raise Refused(f"Health check {check_id} is shared; give each region its own.")
        return check_id


class FakeStop:
    """A `StopSwitch`: a flag."""

    def __init__(self) -> None:
        self._present = False
        self.down = False

    def put(self) -> None:
        """Have the object there."""
        self._reach()
        self._present = True

    def remove(self) -> None:
        """Have the object gone."""
        self._reach()
        self._present = False

    def present(self) -> bool:
        """Whether the object is there."""
        self._reach()
        return self._present

    def _reach(self) -> None:
        if self.down:
            raise Unavailable("The fake S3 is down; set `down` to False.")
