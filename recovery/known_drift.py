"""What the newest comparison of the whole estate had found: how far the regions were alike before one was left.

Kept in the journal's stores under one name, so that a failover reads one document, however many comparisons there were.
"""

from datetime import datetime
from typing import Self

from pydantic import AwareDatetime, ValidationError

from recovery.measurement import Frozen
from recovery.quorum import Quorum
from recovery.reconcile.findings import Findings

UNKNOWN = "No comparison of all tables of the regions is on record: whether their rows differed before is not known."


class KnownDrift(Frozen):
    """What a comparison of the whole estate came to."""

    comparison: str
    ended_at: AwareDatetime
    headline: str
    verdict: str

    @classmethod
    def of(cls, found: Findings) -> Self:
        """Return what is remembered of a comparison."""
        return cls(
            comparison=found.id, ended_at=found.ended_at, headline=found.headline, verdict=found.verdict
        )

    @classmethod
    def newest(cls, stores: Quorum, estate: str) -> Self | None:
        """Return the newest, by when it ended; None where there is none that can be read."""
        key, known = _key(estate), list[Self]()
        for store in stores.read(key):
            try:
                known.append(cls.model_validate_json(store.get(key, b"")))
            except ValidationError:
                continue
        return max(known, key=lambda one: one.ended_at, default=None)


def remember(stores: Quorum, found: Findings) -> None:
    """Remember a comparison, unless it was of a part of the estate, or a newer one is known."""
    known = KnownDrift.newest(stores, found.estate)
    if found.whole_estate and not (known and known.ended_at > found.ended_at):
        stores.put(_key(found.estate), KnownDrift.of(found).model_dump_json().encode())


def known_drift(stores: Quorum, estate: str, now: datetime) -> str:
    """Return it in a sentence; raises `Unavailable` where too few stores answer."""
    found = KnownDrift.newest(stores, estate)
    if found is None:
        return UNKNOWN
    minutes = (now - found.ended_at).total_seconds() / 60
    return f"{minutes:.0f} min before, {found.comparison} had ended: {found.headline}. {found.verdict}"


def _key(estate: str) -> str:
    return f"estates/{estate}/compared.json"
