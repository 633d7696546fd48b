"""The estate as a whole: does it stand on both regions, free for an operation, and is this its file?"""

from recovery.epoch import Claim
from recovery.readiness.check import Check, Criterion, Group, Judged, State, checked, holds
from recovery.readiness.proofs import History
from recovery.readiness.told import Told


def estate_checks(history: Told[History], holder: Told[Claim | None], moved: Told[str | None]) -> list[Check]:
    """Return them; *moved* is why the file names hosts that were left."""
    return [
        *checked(Group.ESTATE, history, [_LEFT]),
        *checked(Group.ESTATE, holder, [_HELD]),
        *checked(Group.ESTATE, moved, [_MOVED]),
    ]


def _left(history: History) -> Judged:
    told = ", ".join(f"{region} by {name}" for region, name in history.left.items())
    return holds(told or "none", "none", ok=not history.left)


def _held(claim: Claim | None) -> Judged:
    told = f"{claim.operation}, since {claim.since:%Y-%m-%d %H:%M:%S} UTC" if claim else "none"
    return holds(told, "none", ok=claim is None, otherwise=State.WARNING)


def _moved(why: str | None) -> Judged:
    return holds(why or "it does", ok=why is None)


_LEFT = Criterion("no region was left", _left, "reprotect it: bring that region back")
_HELD = Criterion("no operation holds the estate", _held, "see `dr operations`, and resume or close it")
_MOVED = Criterion(
    "the estate file names the hosts that serve", _moved, "use the file that `dr estate moved` prints"
)
