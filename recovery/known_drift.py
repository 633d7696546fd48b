"""What the newest comparison of the regions had found: how far they were alike before one of them was left."""

from datetime import datetime

from pydantic import ValidationError

from recovery.quorum import Quorum
from recovery.reconcile.findings import Findings

UNKNOWN = "No comparison of the regions is on record: whether their rows differed before is not known."


def known_drift(stores: Quorum, estate: str, now: datetime) -> str:
    """Return it in a sentence; raises `Unavailable` where too few stores answer."""
    found = newest(stores, estate)
    if found is None:
        return UNKNOWN
    minutes = (now - found.ended_at).total_seconds() / 60
    return f"{minutes:.0f} min before, {found.id} had ended: {found.headline}. {found.verdict}"


def newest(stores: Quorum, estate: str) -> Findings | None:
    """Return the newest comparison of the estate, by its name; None where there is none that can be read."""
    for key in sorted(stores.keys("comparisons/"), reverse=True):
        if not key.endswith("/report.json"):
            continue
        for store in stores.read(key):
            try:
                found = Findings.model_validate_json(store.get(key, b""))
            except ValidationError:
                continue
            if found.estate == estate:
                return found
    return None
