"""The region guard: may this region serve? Answered from what the journal said last, by a policy that is stated.

Two fears pull apart. A region that comes back from the dead must not serve: its guard has heard nothing yet, and is
closed. An outage of the journal's stores must not close a region that serves: its guard has heard, and goes on.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import AwareDatetime, Field

from recovery.errors import BadInput
from recovery.measurement import Frozen
from recovery.region_standing import Standing

POLICY = (
    "Closed from the point of no return of an operation that leaves the region until a failback opens it; where the "
    "guard did not say open when that operation began, from then on. A guard that can not ask keeps its last answer "
    "for as long as it runs. One that has not been answered since it started says closed, whatever it knew before."
)
LONGEST_OVERRIDE = timedelta(hours=24)


class Answer(Frozen):
    """What a guard says, to whoever asks."""

    region: str
    may_serve: bool
    why: str
    left_by: str | None = Field(description="The operation that left it; null: none, or it is open again")
    kept_for: str | None = Field(
        default=None, description="The operation that may be about to leave it, for which it is kept closed"
    )
    heard_at: AwareDatetime | None = Field(
        description="When a majority of the journal's stores answered last"
    )
    age_s: float | None = Field(
        description="How long ago that was, seconds; null: not since the guard started"
    )
    trouble: str | None = Field(description="Why the last asking failed; null: it did not")
    opened_by_hand_until: AwareDatetime | None = Field(
        description="The override that this guard was started with"
    )
    policy: str = POLICY


@dataclass(frozen=True)
class Guard:
    """What one guard knows since it started."""

    region: str
    started_at: datetime
    open_until: datetime | None = None
    """A person's word: one that is started before this instant says open until it is answered."""
    standing: Standing | None = None
    heard_at: datetime | None = None
    trouble: str | None = "it has not asked yet"

    def __post_init__(self) -> None:
        """Refuse a word that would outlive its night: the region may come back from the dead with it."""
        if self.open_until is not None and self.open_until - self.started_at > LONGEST_OVERRIDE:
            raise BadInput(
                f"--open-until {self.open_until.isoformat()} is too late: a region that is lost until then would come "
                f"back open. Give an instant at most {LONGEST_OVERRIDE.total_seconds() / 3600:g} h from now."
            )

    def answered(self, standing: Standing, at: datetime) -> "Guard":
        """Know what a majority said at an instant.

        While an operation holds the estate that may leave the region yet, what it said before counts: a region that
        serves goes on, since the operation may be refused. One that comes back stays closed: it was not fenced, and
        the other one may take over at the next instant.
        """
        if standing.leaving and standing.may_serve and not self.answer(at).may_serve:
            why = f"{standing.leaving} may be about to leave it, and it did not serve before, as far as is known here"
            standing = replace(standing, may_serve=False, why=why)
        return replace(self, standing=standing, heard_at=at, trouble=None)

    def unanswered(self, why: str) -> "Guard":
        """Keep what is known: nobody answered."""
        return replace(self, trouble=why)

    def answer(self, now: datetime) -> Answer:
        """Return whether the region may serve."""
        known = self.standing or self._unheard()
        return Answer(
            region=self.region,
            may_serve=known.may_serve,
            why=known.why,
            left_by=known.left_by,
            kept_for=None if known.may_serve else known.leaving,
            heard_at=self.heard_at,
            age_s=(now - self.heard_at).total_seconds() if self.heard_at else None,
            trouble=self.trouble,
            opened_by_hand_until=self.open_until,
        )

    def _unheard(self) -> Standing:
        """Return what holds until a majority has answered: closed, unless a person has said otherwise for tonight."""
        since = (
            f"no majority of the journal's stores has answered since {self.started_at:%Y-%m-%d %H:%M:%S} UTC"
        )
        if self.open_until is not None and self.started_at < self.open_until:
            return Standing(may_serve=True, why=f"opened by hand (--open-until); {since}")
        return Standing(may_serve=False, why=since)
