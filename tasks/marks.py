"""Marks that cross between the regions: a peer that has one has all that was committed before it."""

from time import monotonic

from recovery.estate_in_hand import EstateInHand
from recovery.findings import oldest
from recovery.waiting import wait_until

KICK_S = 3.0
"""pglogical now and then starts no worker for a subscription, and retries a failed one after 5 s, then 180 s."""
POLL_S = 0.05


def crossed(estate: EstateInHand, writer: str, *, deadline_s: float, kicks: bool = False) -> float:
    """Write *writer*'s mark, and return after how many seconds every node group of the other region had it.

    *kicks*: a subscription that does not bring it is enabled anew, and marked again. `DeadlinePassed` otherwise.
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
            there.start_applying()
            mark, kicked = here.beat(writer), monotonic()
        return None, f"newest mark {seen}, awaited {mark}"

    what = f"a mark of {writer} in the other region"
    wait_until(arrived, what=what, deadline_s=deadline_s, poll_s=POLL_S)
    return monotonic() - began
