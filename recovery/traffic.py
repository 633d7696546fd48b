"""Where users are sent: the weights of the global name, and the ports that change them.

Weights say how the load is shared; they do not switch a region off. Route 53 considers
records of weight zero when every other record is unhealthy, and all records when none is
healthy (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html).
So a region that is left is also forced unhealthy, or stopped.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from recovery.errors import Refused
from recovery.measurement import Frozen

Weights = Mapping[str, int]
"""Region to weight. A region's share of the answers is its weight / the sum of all weights."""

CONTROL_PLANE = "Route 53's API (global control plane)"
"""What a `TrafficSwitch` speaks to: it is in one place for all regions, and may be lost with that."""

GREATEST_WEIGHT = 255
"""Route 53's limit; https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html."""


def stop_object_of(region: str) -> str:
    """Return what the object is called that stops *region*: in plans, in journals."""
    return f"stop object of {region}"


class ChangeRef(Frozen):
    """A change that was accepted, and is perhaps not yet answered with everywhere."""

    id: str
    weights: dict[str, int]


@dataclass(frozen=True)
class Door:
    """Where a region's gateway is reached."""

    address: str
    port: int


@dataclass(frozen=True)
class Move:
    """A region's gateway that is lost, and the one that takes its place."""

    lost: Door
    door: Door


Redirection = Mapping[str, Move]
"""Of each region that moves."""


class TrafficSwitch(Protocol):
    """The weighted records of the global name, one per region, each with a health check.

    Every verb raises `Unavailable` when the provider did not answer, and `Refused` when the
    records are not as described here: then nothing was changed. The verbs that change
    something are control plane calls: during a disaster of the provider they may not work.
    """

    def weights(self) -> Weights:
        """Return each region's weight, as the zone has it now."""

    def set_weights(self, weights: Weights) -> ChangeRef:
        """Have the provider accept *weights* for all regions in one change, or none of it.

        Only weights change: addresses, TTL, alias targets and health checks stay. Refuses
        what `checked_weights` refuses. Safe to repeat: the same weights are written again,
        and the new change stands for the old one.
        """

    def applied(self, change: ChangeRef) -> bool:
        """Whether *change* is answered with everywhere, and the zone still has its weights."""

    def redirected(self, moves: Redirection) -> list[str]:
        """Return what `redirect` would change, in words: each record and health check that leads to a lost gateway.

        None where all lead to the new ones already. Refuses where a region has no record, or one that can not lead
        there. Changes nothing.
        """

    def redirect(self, moves: Redirection) -> ChangeRef:
        """Have the records and health checks of each region lead to the gateway that takes the lost one's place.

        Records of the global name, or those in the zone that they are an alias of. Weights stay. Refuses what
        `redirected` refuses. Safe to repeat.
        """

    def mark_unhealthy(self, region: str) -> None:
        """Have *region* count as unhealthy whatever its health check sees.

        Refuses when no other region would be left, when the region's health check is shared
        with another region, and when it is inverted already (it could not be put back).
        Safe to repeat: a region that is forced unhealthy is left as it is.
        """

    def mark_healthy(self, region: str) -> None:
        """Have *region*'s health check decide again. Safe to repeat."""

    def forced_unhealthy(self, region: str) -> bool:
        """Whether *region* counts as unhealthy whatever its health check sees."""


class StopSwitch(Protocol):
    """An object outside the region: while it is there, the region's health check fails.

    Putting it needs neither the lost region nor the DNS provider's control plane: the
    health checkers see it, and the answers change by themselves.
    """

    def put(self) -> None:
        """Have the object there. Safe to repeat."""

    def remove(self) -> None:
        """Have the object gone. Safe to repeat."""

    def present(self) -> bool:
        """Whether the object is there."""


def checked_weights(weights: Weights, regions: Collection[str]) -> dict[str, int]:
    """Return *weights*, or raise `Refused` where they are not to be sent.

    Checked here because test doubles of the provider accept anything: every region of the
    global name and no other, whole numbers from 0 to 255, and not all zero.
    """
    if odd := sorted(set(weights) ^ set(regions)):
        raise Refused(
            f"Weights name {_names(weights)} and the global name has {_names(regions)} ({_names(odd)}); "
            "give a weight for each region of the global name, and for no other."
        )
    for region, weight in weights.items():
        if type(weight) is not int or not 0 <= weight <= GREATEST_WEIGHT:
            raise Refused(
                f"Weight of {region} is {weight!r}; give a whole number from 0 to {GREATEST_WEIGHT}."
            )
    if not any(weights.values()):
        raise Refused(
            f"All weights are zero ({_names(weights)}): no region would be left; give one above zero."
        )
    return dict(weights)


def told(weights: Weights) -> str:
    """Return weights for people: `us-east-1 80, us-west-2 20`."""
    return ", ".join(f"{region} {weight}" for region, weight in sorted(weights.items()))


def refuse_last_region(region: str, forced: Mapping[str, bool]) -> None:
    """Raise `Refused` if marking *region* unhealthy would leave no region that is not forced unhealthy.

    Where all are unhealthy Route 53 considers all of them healthy, and users go back to
    the region that is being left.
    """
    if all(is_forced for other, is_forced in forced.items() if other != region):
        raise Refused(
            f"{region} is the last region that is not forced unhealthy (of {_names(forced)}); "
            "mark the other one healthy first."
        )


def _names(regions: Collection[str]) -> str:
    return ", ".join(sorted(regions)) or "none"
