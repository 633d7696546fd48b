"""Marks that cross between the regions: a peer that has one has all that was committed before it."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

from recovery.errors import NotReady
from recovery.estate_in_hand import EstateInHand, Region
from recovery.findings import Finding, Findings, oldest
from recovery.reconcile.findings import Lag
from recovery.waiting import wait_until

KICK_S = 3.0
"""pglogical now and then starts no worker for a subscription, and retries a failed one after 5 s, then 180 s."""
POLL_S = 0.05
ASKED = 3


def crossed(
    estate: EstateInHand, writer: str, *, deadline_s: float, kicks: Callable[[], None] | None = None
) -> float:
    """Write *writer*'s mark, and return after how many seconds every node group of the other region had it.

    *kicks*: a subscription that does not bring it is enabled anew, and marked again; each time *kicks* is asked first,
    and raises where that is not for this process to do any more. `DeadlinePassed` otherwise.
    """
    here, there = estate.region(writer).database, estate.other(writer).database
    began = kicked = monotonic()
    mark = here.beat(writer)

    def arrived() -> tuple[bool | None, str]:
        nonlocal mark, kicked
        seen = oldest(list(there.heartbeats(writer).values()))
        if seen and seen >= mark:
            return True, "it arrived"
        if kicks and monotonic() - kicked > KICK_S:
            kicks()
            there.start_applying()
            mark, kicked = here.beat(writer), monotonic()
        return None, f"newest mark {seen}, awaited {mark}"

    what = f"a mark of {writer} in the other region"
    wait_until(arrived, what=what, deadline_s=deadline_s, poll_s=POLL_S)
    return monotonic() - began


def fence(estate: EstateInHand, *, deadline_s: float) -> Lag:
    """Have all that either region had committed be in the other one; `DeadlinePassed` where it is late."""
    first, second = (crossed(estate, name, deadline_s=deadline_s) for name in estate.file.regions)
    return Lag(first_s=first, second_s=second)


def refuse_silent(estate: EstateInHand) -> list[Finding]:
    """Return that every subscription of both regions is heard; `NotReady` where one is not."""
    found = []
    for name in estate.file.regions:
        subscriptions = estate.region(name).database.subscriptions()
        silent = [one.node_group for one in subscriptions if not (one.enabled and one.replicating)]
        found.append(
            Finding(
                check=f"{name} applies what the other region writes",
                ok=not silent,
                value=f"{', '.join(silent)} do not" if silent else f"{len(subscriptions)} subscriptions do",
                remedy="after a failover, that is the failback's; else see the subscriptions' state",
            )
        )
    checks = Findings(findings=found)
    if checks.failed:
        told = "; ".join(map(str, checks.failed))
        raise NotReady(f"The regions can not be compared: {told}", evidence=checks.model_dump(mode="json"))
    return found


def clocks_apart(estate: EstateInHand) -> tuple[float, float]:
    """Return by how many seconds the first region's clock is ahead of the second one's, and how far that may be wrong.

    Each region's mark carries its own clock's time; when it was asked for, and when it was there, are known here.
    """
    (first, first_error), (second, second_error) = (
        _ahead(estate.region(name)) for name in estate.file.regions
    )
    return first - second, first_error + second_error


def _ahead(region: Region) -> tuple[float, float]:
    """Return by how many seconds a region's clock is ahead of this machine's, by the quickest of some answers."""
    found = []
    for _ in range(ASKED):
        asked = datetime.now(UTC)
        told = region.database.beat(region.name)
        half = (datetime.now(UTC) - asked) / 2
        found.append((half.total_seconds(), (told - asked - half).total_seconds()))
    error, ahead = min(found)
    return ahead, error
