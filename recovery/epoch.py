"""The epoch: a number that only grows, held by one operation of an estate from open to close.

Epoch *n* is the object `estates/<estate>/epoch/<n>` at a majority of the journal's stores,
written there by conditional put, so that two can not both have it. Closing it writes
`<n>.closed`, which ends every epoch up to *n*.

Announce, then look: a claim that has its majority does not hold yet. Only then its process
looks who else is there. Of two that do so at once, the one that looks later sees the other;
who sees a rival writes `<n>.<digest of its claim>.withdrawn`, and tries again. So it does
not matter how late a write arrives that everybody had given up, nor in which stores the
claim of a dead process stands.

A resumed operation takes a newer epoch, and by that ends the process that held the older
one: before each mutating step an epoch proves that it is the newest.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import uniform
from threading import Event
from time import monotonic

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from recovery.errors import EpochHeld, Superseded, Unavailable
from recovery.quorum import Quorum, Taken

TRIES = 8
PAUSE_S = 0.02
"""Two that disturbed one another wait for a random part of this, doubled at each try."""


class Claim(BaseModel):
    """What stands in an epoch's object: which operation, who runs it, since when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: str
    holder: str
    since: AwareDatetime


@dataclass(frozen=True)
class Standing:
    """A claim that may have a majority, and was neither closed nor withdrawn."""

    number: int
    claim: Claim
    body: bytes


@dataclass(frozen=True)
class Seen:
    """What a majority of the stores shows of an estate's epochs."""

    newest: int
    """The greatest number in use, whatever became of it."""
    ended: int
    """The greatest number that was closed: all up to it are over."""
    standing: Sequence[Standing]
    """Newest first. Two operations stand here only while they disturb one another; at most one holds."""

    def others(self, operation: str) -> list[Standing]:
        """Return the claims of other operations."""
        return [standing for standing in self.standing if standing.claim.operation != operation]


class Epoch:
    """One epoch that this process took."""

    def __init__(self, quorum: Quorum, estate: str, number: int, *, claim: Claim | None = None) -> None:
        """Take what `take` won with the claim."""
        self._quorum, self._estate, self.number = quorum, estate, number
        self._operation = claim.operation if claim else ""
        self._withdrawn = _withdrawn(estate, number, _body(claim)) if claim else None
        self._closed = False

    def prove(self) -> None:
        """Return while this is the newest epoch; `Superseded` says why it is over.

        A rival that came at the same moment withdraws within its stores' deadline, and is
        waited for that long; a person's claim by hand, or a dead rival's, stays, and ends this epoch.
        """
        until, pause = monotonic() + self._quorum.deadline_s, Event()
        while (over := self._over()) is not None:
            certain, why = over
            if certain or monotonic() >= until:
                raise Superseded(
                    f"Epoch {self.number} of {self._estate} is over: {why}. This process does nothing more."
                )
            pause.wait(PAUSE_S)

    def close(self) -> None:
        """Let the next operation take the estate. Safe to repeat; it proves nothing any more, even if this fails."""
        self._closed = True
        self._quorum.put_new(f"{_key(self._estate, self.number)}.closed", b"{}")

    def _over(self) -> tuple[bool, str] | None:
        """Return why this epoch is over, and whether that is certain; None while it is the newest."""
        if self._closed:
            return True, "it was closed"
        keys = self._quorum.keys(_prefix(self._estate))
        if self._withdrawn in keys:
            return True, "its operation was given up"
        if _newest(keys) <= self.number and _ended(keys) < self.number:
            return None
        # Another majority may answer now, which saw a close that the first one did not.
        seen = _look(self._quorum, self._estate, self._operation)
        if (ended := max(seen.ended, _ended(keys))) >= self.number:
            return True, f"epoch {ended} was closed"
        newer = [other for other in seen.standing if other.number > self.number]
        if not newer:
            return None
        own = [other for other in newer if other.claim.operation == self._operation]
        first = (own or newer)[0]
        by = f"{first.claim.operation} ({first.claim.holder})"
        return bool(own), f"epoch {first.number} was taken by another process, of {by}"


def take(quorum: Quorum, estate: str, claim: Claim) -> Epoch:
    """Take the next epoch of *estate* for the claim's operation.

    Raises `EpochHeld` while another operation holds it, or may. A claim that can not have
    a majority is void, and is passed over.
    """
    body, pause = _body(claim), Event()
    for attempt in range(TRIES):
        seen = _look(quorum, estate, claim.operation)
        if others := seen.others(claim.operation):
            raise EpochHeld(_held(estate, others[0].claim))
        number = seen.newest + 1
        try:
            if _won(quorum, estate, number, claim):
                return Epoch(quorum, estate, number, claim=claim)
        except Unavailable:
            with suppress(Unavailable, Taken):
                _withdraw(quorum, estate, number, body)
            raise
        _withdraw(quorum, estate, number, body)
        pause.wait(uniform(0, PAUSE_S * 2**attempt))  # noqa: S311 - to part two rivals, not to keep a secret
    raise Unavailable(
        f"The epoch of {estate} could not be taken in {TRIES} tries; others try at the same time."
    )


def holder_of(quorum: Quorum, estate: str) -> Claim | None:
    """Return who holds *estate* now, or may; None where nobody does."""
    return next(iter(claims_of(quorum, estate)), None)


def claims_of(quorum: Quorum, estate: str) -> list[Claim]:
    """Return all who may hold *estate* now: more than one only while two announce themselves."""
    return [standing.claim for standing in _look(quorum, estate, operation="").standing]


def may_be_held(keys: Iterable[str], estate: str) -> bool:
    """Whether anybody may hold *estate*, by its keys: a number stands above all that were closed."""
    epochs = {key for key in keys if key.startswith(_prefix(estate))}
    return _newest(epochs) > _ended(epochs)


def give_up(quorum: Quorum, estate: str, operation: str) -> None:
    """End what *operation* holds, or may hold, for a person who knows that it is dead. Safe to repeat.

    This is the way out where a second operation's process died between its announcement
    and its look: then two stand there, and neither can be resumed while the other does.
    """
    for standing in _look(quorum, estate, operation="").standing:
        if standing.claim.operation == operation:
            _withdraw(quorum, estate, standing.number, standing.body)


def _won(quorum: Quorum, estate: str, number: int, claim: Claim) -> bool:
    """Announce the claim, then look; true where nobody else is there."""
    try:
        quorum.put_new(_key(estate, number), _body(claim))
    except Taken:
        return False
    seen = _look(quorum, estate, claim.operation)
    return seen.newest == number and seen.ended < number and not seen.others(claim.operation)


def _withdraw(quorum: Quorum, estate: str, number: int, body: bytes) -> None:
    """Say for good that the claim *body* never held, in whatever stores it stands or will stand."""
    quorum.put_new(_withdrawn(estate, number, body), b"{}")


def _look(quorum: Quorum, estate: str, operation: str) -> Seen:
    """Return what a majority of the stores shows; where another operation stands there, what all of them show."""
    seen = _seen(quorum, estate, quorum.read(_prefix(estate)))
    if seen.others(operation):
        return _seen(quorum, estate, quorum.read(_prefix(estate), hear_all=True))
    return seen


def _seen(quorum: Quorum, estate: str, stores: Sequence[Mapping[str, bytes]]) -> Seen:
    """A claim stands where the stores that have it make a majority together with those that were not heard."""
    least = max(1, quorum.majority - (len(quorum.places) - len(stores)))
    keys = {key for store in stores for key in store}
    ended = _ended(keys)
    standing = [
        Standing(number, _claim(key, body), body)
        for number in sorted(set(map(_number, keys)), reverse=True)
        for key in [_key(estate, number)]
        for body, count in Counter(store[key] for store in stores if key in store).most_common()
        if number > ended and count >= least and _withdrawn(estate, number, body) not in keys
    ]
    return Seen(newest=_newest(keys), ended=ended, standing=standing)


def _claim(key: str, body: bytes) -> Claim:
    try:
        return Claim.model_validate_json(body)
    except ValidationError as error:
        raise Unavailable(
            f"The journal's object {key} is no claim of an epoch; compare the stores."
        ) from error


def _body(claim: Claim) -> bytes:
    return claim.model_dump_json().encode()


def _held(estate: str, holder: Claim) -> str:
    return (
        f"{estate} is held by operation {holder.operation} since {holder.since:%Y-%m-%d %H:%M:%S} UTC "
        f"({holder.holder}). Wait for it, or resume it with `dr resume {holder.operation}`; "
        f"one that is to be given up is closed with `dr close {holder.operation}`."
    )


def _prefix(estate: str) -> str:
    return f"estates/{estate}/epoch/"


def _key(estate: str, number: int) -> str:
    return f"{_prefix(estate)}{number:08d}"


def _withdrawn(estate: str, number: int, body: bytes) -> str:
    return f"{_key(estate, number)}.{hashlib.sha256(body).hexdigest()[:16]}.withdrawn"


def _newest(keys: Iterable[str]) -> int:
    return max(map(_number, keys), default=0)


def _ended(keys: Iterable[str]) -> int:
    return _newest(key for key in keys if key.endswith(".closed"))


def _number(key: str) -> int:
    return int(key.rsplit("/", 1)[-1].partition(".")[0])
