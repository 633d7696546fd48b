"""The epoch: a number that only grows, held by one operation of an estate from open to close.

Epoch *n* is the object `estates/<estate>/epoch/<n>` at a majority of the journal's stores,
written there by conditional put, so that two can not both hold it. Closing it writes
`<n>.closed`. A resumed operation takes a newer epoch, and by that ends the process
that held the older one: before each mutating step an epoch proves that it is the newest.
"""

from collections import Counter
from collections.abc import Iterable

from pydantic import AwareDatetime, BaseModel, ConfigDict

from recovery.errors import EpochHeld, Superseded, Unavailable
from recovery.quorum import Quorum, Taken

TRIES = 8


class Claim(BaseModel):
    """What stands in an epoch's object: which operation, who runs it, since when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: str
    holder: str
    since: AwareDatetime


class Epoch:
    """One epoch that this process took."""

    def __init__(self, quorum: Quorum, estate: str, number: int) -> None:
        """Take what `take` won."""
        self._quorum, self._estate, self.number = quorum, estate, number

    def prove(self) -> None:
        """Return while this is the newest epoch; `Superseded` names the newer one."""
        newest = max(_numbers(self._quorum.keys(_prefix(self._estate))), default=0)
        if newest > self.number:
            raise Superseded(
                f"Epoch {self.number} of {self._estate} is over: epoch {newest} was taken by another process, "
                "which goes on with this operation. This one does nothing more."
            )

    def close(self) -> None:
        """Let the next operation take the estate. Safe to repeat."""
        self._quorum.put_new(f"{_key(self._estate, self.number)}.closed", b"{}")


def take(quorum: Quorum, estate: str, claim: Claim) -> Epoch:
    """Take the next epoch of *estate* for the claim's operation.

    Raises `EpochHeld` while another operation holds it. An epoch that no claim won at a
    majority is void, and is passed over.
    """
    for _ in range(TRIES):
        number, holders = _newest(quorum, estate)
        if others := [holder for holder in holders if holder.operation != claim.operation]:
            raise EpochHeld(_held(estate, others[0]))
        try:
            quorum.put_new(_key(estate, number + 1), claim.model_dump_json().encode())
        except Taken:
            continue
        return Epoch(quorum, estate, number + 1)
    raise Unavailable(
        f"The epoch of {estate} could not be taken in {TRIES} tries; others try at the same time."
    )


def holder_of(quorum: Quorum, estate: str) -> Claim | None:
    """Return who holds *estate* now, None where nobody does."""
    return next(iter(_newest(quorum, estate)[1]), None)


def _newest(quorum: Quorum, estate: str) -> tuple[int, list[Claim]]:
    """Return the greatest number in use, and the claims that hold the estate, or may.

    An epoch whose claims can not have a majority, even with the stores that were not
    heard, is void: then the one before it decides.
    """
    stores = quorum.read(_prefix(estate))
    numbers = sorted(set(_numbers(key for store in stores for key in store)), reverse=True)
    silent = len(quorum.places) - len(stores)
    for number in numbers:
        key = _key(estate, number)
        if any(f"{key}.closed" in store for store in stores):
            break
        votes = Counter(store[key] for store in stores if key in store)
        possible = [body for body, count in votes.most_common() if count + silent >= quorum.majority]
        if possible:
            return numbers[0], [Claim.model_validate_json(body) for body in possible]
    return max(numbers, default=0), []


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


def _numbers(keys: Iterable[str]) -> list[int]:
    return [int(key.rsplit("/", 1)[-1].removesuffix(".closed")) for key in keys]
