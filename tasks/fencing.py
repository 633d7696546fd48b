"""Fencing: the source must refuse writes before anything is taken over from it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from recovery.errors import RecoveryError, Refused, StillWritable, Unavailable
from recovery.estate_in_hand import Region
from recovery.findings import Fences, Means
from recovery.operation import Mode
from tasks.run import FailoverRun
from tasks.step import step


def _source_parts(run: FailoverRun) -> list[str]:
    source = run.source
    return [source.database.endpoint, source.cache.endpoint, source.gateway.endpoint]


@step(title="Fence the source", side="source", mutates=True, touches=_source_parts)
def fence(run: FailoverRun) -> Fences:
    """Close the source's gateway, shut the applications out of PostgreSQL, make Redis refuse writes.

    Every part that answers is fenced, and was seen refusing. In an unplanned failover a
    part that does not answer is taken as lost, and is named; in a planned one it stops
    the operation. Safe to repeat: a fenced part is left as it is.
    """
    fences = fenced(run.source)
    if run.operation.mode is Mode.PLANNED and (silent := [m for m in fences.means if not m.worked]):
        raise Unavailable(
            f"{run.source.name} is not fenced: " + "; ".join(f"{m.means}: {m.detail}" for m in silent)
        )
    return fences


def fenced(region: Region) -> Fences:
    """Fence a region by every means, all at once, and return which worked. Safe to repeat."""
    means: dict[str, Callable[[], str]] = {
        "PostgreSQL roles without login": lambda: "; ".join(region.database.fence()),
        "Redis refusing writes": partial(_said, region.cache.fence, "a write was refused"),
    }
    if region.gateway.fences:
        means["gateway closed"] = partial(_said, region.gateway.fence, "it answers 503 to everybody")
    with ThreadPoolExecutor(len(means)) as pool:
        return Fences(means=list(pool.map(lambda item: _tried(*item), means.items())))


@step(title="Open the source again", side="source", mutates=True, undoes=True, touches=_source_parts)
def unfence(run: FailoverRun) -> None:
    """Undo every fence, whichever of them fails. Safe to repeat.

    In an unplanned failover a part that is lost has nothing to be opened, and is noted.
    """
    silent: list[Unavailable] = []
    gateway = [run.source.gateway.unfence] if run.source.gateway.fences else []
    for undo in (run.source.database.unfence, run.source.cache.unfence, *gateway):
        try:
            undo()
        except Unavailable as error:
            silent.append(error)
            run.note(f"Not opened again, since it does not answer: {error}", step="unfence")
    if silent and run.operation.mode is Mode.PLANNED:
        raise silent[0]


def _tried(means: str, fence: Callable[[], str]) -> Means:
    """Fence by one means. No answer is a result; a part that answers and will not be fenced is an error."""
    try:
        return Means(means=means, worked=True, detail=fence())
    except (Refused, StillWritable):
        raise
    except RecoveryError as error:
        return Means(means=means, worked=False, detail=str(error))


def _said(fence: Callable[[], None], told: str) -> str:
    fence()
    return told
