"""A world of two regions in memory: what is lost, what is cut, who is served where, and what has arrived.

Replication is not copied but reckoned: a region has of the other one's commits all that were made
before the instant up to which they arrived. So rows, heartbeats and marks always agree.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
GOLDEN = 0.6180339887498949
"""Multiples of it, modulo 1, fill the unit interval evenly: lots that are fair in any short row."""


def wall_clock() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Write:
    """One write that a region's Redis took."""

    at: datetime
    key: str
    value: bytes


@dataclass(frozen=True)
class Unkept:
    """Changes that are not kept any more, since when, and whether a slot is left."""

    since: datetime
    slot_is_there: bool


@dataclass
class Place:
    """One region's state; the citizens of the region read and change it."""

    name: str
    host: str = ""
    """What its parts call themselves; empty: as the region."""
    lost_at: datetime | None = None
    lag: timedelta = timedelta()
    """How late this region's commits arrive in the other one."""
    stopped_at: datetime | None = None
    """Since when it applies nothing of the other one's."""
    standby: bool = False
    shut_out: bool = False
    """The applications' roles may not log in."""
    replica: bool = False
    cache_fenced: bool = False
    cache_writes: list[Write] = field(default_factory=list)
    """What its Redis took itself, or had when it stopped being a replica, oldest first."""
    fenced: bool = False
    sick: bool = False
    """The gateway answers, and its services do not."""
    failing: int = 0
    """So many of its services fail at each question, others at the next; customers hardly notice."""
    unkept: dict[str, "Unkept"] = field(default_factory=dict)
    """Node groups of which it keeps nothing for the other region any more."""
    anew: set[str] = field(default_factory=set)
    """Node groups that it subscribes to anew with its next start."""
    began: dict[str, datetime] = field(default_factory=dict)
    """Since when it keeps a node group's changes, where it has not always."""
    sessions: int = 20
    sequences: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def at(self) -> str:
        """Where its parts are."""
        return self.host or self.name

    @property
    def serves(self) -> bool:
        """Whether a customer who comes here is served."""
        return self.lost_at is None and not self.sick and not self.fenced

    @property
    def takes_writes(self) -> bool:
        """Whether a customer who comes here can write."""
        return self.serves and not self.standby and not self.shut_out


@dataclass(frozen=True)
class Moment:
    """From *at* on: who serves, who takes writes, and how customers are shared out."""

    at: datetime
    serving: frozenset[str]
    writing: frozenset[str]
    shares: Mapping[str, float]


class World:
    """Two places, the link between them, and the history of what customers met."""

    def __init__(self, regions: Sequence[str], *, clock: Clock = wall_clock) -> None:
        """Begin with both places sound, and customers shared evenly."""
        self.clock = clock
        self.places = {name: Place(name) for name in regions}
        self.link_cut_at: datetime | None = None
        self.log: list[str] = []
        """Every verb that was called, as `citizen: verb`, in order."""
        self.before_call: Callable[[], None] = lambda: None
        """Called before a verb is carried out; what it raises is raised in place of the verb."""
        self.routing: Callable[[], Mapping[str, float]] = self._evenly
        self.moments: list[Moment] = []

    def called(self, verb: str) -> None:
        """Log a verb that is about to be carried out."""
        self.before_call()
        self.log.append(verb)

    def changed(self) -> None:
        """Remember what customers meet from now on."""
        places = self.places.values()
        self.moments.append(
            Moment(
                self.clock(),
                frozenset(place.name for place in places if place.serves),
                frozenset(place.name for place in places if place.takes_writes),
                dict(self.routing()),
            )
        )

    def moment(self, at: datetime) -> Moment:
        """Return what customers met at *at*; the first moment has always been."""
        past = [moment for moment in self.moments if moment.at <= at]
        return past[-1] if past else self.moments[0]

    def arrived(self, source: str, target: str) -> datetime:
        """Return up to when *source*'s commits are in *target*."""
        there, here = self.places[source], self.places[target]
        frozen = [at for at in (there.lost_at, here.stopped_at, self.link_cut_at) if at is not None]
        return min([self.clock(), *frozen]) - there.lag

    def hears(self, source: str, target: str) -> bool:
        """Whether *target*'s subscription hears *source* now."""
        apart = self.places[source].lost_at or self.link_cut_at or self.places[target].stopped_at
        return apart is None

    def other(self, region: str) -> str:
        """Return the other region."""
        return next(name for name in self.places if name != region)

    def _evenly(self) -> Mapping[str, float]:
        return {name: 1 / len(self.places) for name in self.places}


def drawn(shares: Mapping[str, float], lot: int) -> str:
    """Return the region that the *lot*-th draw falls on."""
    at, region = (lot * GOLDEN) % 1.0 * sum(shares.values()), ""
    for region, share in shares.items():  # noqa: B007 - the last one takes what rounding leaves
        at -= share
        if at < 0 and share:
            break
    return region
