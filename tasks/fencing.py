"""Fencing: the source must refuse writes before anything is taken over from it."""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Protocol

from pydantic import JsonValue

from recovery.errors import BadInput, RecoveryError, Refused, StillWritable, Unavailable
from recovery.estate_in_hand import Region
from recovery.findings import Fences, Finding, Means
from recovery.journal import Kind
from recovery.operation import Mode
from recovery.readiness.ports import Guarding
from tasks.run import FailoverRun
from tasks.step import step

AGAIN_S = 0.5
"""How long a part that took no connection before is waited for again. A first packet that was lost is sent again
after 1 s (RFC 6298, 2): that is what the first look, which holds nothing up, has time for."""
FENCED, OPEN, LOST = "closed for this operation", "open", "does not answer"
ROLES, REDIS, GATEWAY = "PostgreSQL roles without login", "Redis refusing writes", "gateway closed"


class Part(Protocol):
    """A part of the source that can be fenced."""

    @property
    def endpoint(self) -> str:
        """Where it is."""

    def takes_connections(self, *, within_s: float) -> bool:
        """Whether a connection is taken there within so long."""


def source_parts(run: FailoverRun) -> list[str]:
    """Return the endpoints of all that is fenced."""
    source = run.source
    return [source.database.endpoint, source.cache.endpoint, source.gateway.endpoint]


def guard_of_source(run: FailoverRun) -> Guarding | None:
    """Return the source's region guard, None where the estate's file names none."""
    try:
        return run.estate.preflights.guards.get(run.source.name)
    except BadInput:
        return None


@contextmanager
def sought(run: FailoverRun) -> Iterator[Callable[[], bool]]:
    """Look meanwhile which parts of the source take a connection at all, and note those that take none.

    Once something is changed, a region whose packets are lost would cost the time-out of each part in turn. What is
    yielded waits for the region guard, and returns whether it keeps the source closed for this operation.
    """
    within_s = float(run.file.settings.postgres.connect_timeout_seconds)
    parts = _parts(run.source)
    with ThreadPoolExecutor(len(parts) + 1) as pool:
        asked = {part.endpoint: pool.submit(part.takes_connections, within_s=within_s) for part in parts}
        kept = pool.submit(_kept_closed, run)
        yield kept.result
        silent: list[JsonValue] = [endpoint for endpoint, answer in asked.items() if not answer.result()]
    if silent:
        told = ", ".join(map(str, silent))
        run.note(f"Took no connection within {within_s:g} s: {told}.", silent=silent)


@step(
    title="Fence the source",
    side="source",
    mutates=True,
    deadline="fence_seconds",
    touches=source_parts,
    without_source="a part that does not answer is taken as lost, and is named",
    looks_again=True,
)
def fence(run: FailoverRun) -> Fences:
    """Close the source's gateway, shut the applications out of PostgreSQL, make Redis refuse writes.

    Every part that answers is fenced, and was seen refusing. In an unplanned failover a
    part that does not answer is taken as lost, and is named; in a planned one it stops
    the operation. Safe to repeat: a fenced part is left as it is. A resumed process does repeat
    it: a part that was silent may answer by now, and one that was started anew is open again.
    """
    fences = fenced(run.source, silent=_silent(run), prove=run.epoch.prove)
    if run.operation.mode is Mode.PLANNED and (silent := [m for m in fences.means if not m.worked]):
        raise Unavailable(
            f"{run.source.name} is not fenced: " + "; ".join(f"{m.means}: {m.detail}" for m in silent)
        )
    return fences


def own_fence(run: FailoverRun, *, kept_closed: bool = False) -> list[Finding]:
    """Return what is closed in the source for this operation, part by part; nothing if nothing is.

    An earlier process has fenced it, or the region has come back and its guard keeps the gateway closed: *kept_closed*.
    A finding holds where the part lets nobody in: it is closed, or does not answer. A Redis that is a replica takes no
    writes either way, and tells nothing.
    """
    if begun_at(run) is None and not kept_closed:
        return []
    looks = _looks(run.source)
    with ThreadPoolExecutor(len(looks)) as pool:
        seen = dict(zip(looks, pool.map(_seen, looks.values()), strict=True))
    if kept_closed:
        seen[GATEWAY] = FENCED
    if not any(one == FENCED for one in seen.values()):
        return []
    return [
        Finding(check=f"{run.source.name}: {means}", ok=one != OPEN, value=one, limit=f"{FENCED}, or {LOST}")
        for means, one in seen.items()
        if one
    ]


def begun_at(run: FailoverRun) -> datetime | None:
    """Return when the source's fence was begun first, None before that."""
    begun = (e.time for e in run.journal.events if (e.kind, e.step) == (Kind.STARTED, fence.name))
    return next(begun, None)


def database_answered(run: FailoverRun) -> bool:
    """Whether the source's PostgreSQL was fenced: one that did not answer is lost, and is not asked again."""
    fences = fence.result(run)
    return fences is None or any(one.worked for one in fences.means if one.means == ROLES)


def fenced(region: Region, *, silent: Collection[str] = (), prove: Callable[[], None]) -> Fences:
    """Fence a region by every means, all at once, and return which worked. Safe to repeat.

    One of *silent*, endpoints that took no connection before, is waited for only briefly. *prove* raises where
    another process goes on meanwhile, and is asked right before each means.
    """
    means: dict[str, tuple[Part, Callable[[], str]]] = {
        ROLES: (region.database, lambda: "; ".join(region.database.fence())),
        REDIS: (region.cache, partial(_said, region.cache.fence, "a write was refused")),
    }
    if region.gateway.fences:
        closed = partial(_said, region.gateway.fence, "it answers 503 to everybody")
        means[GATEWAY] = region.gateway, closed

    def tried(name: str) -> Means:
        part, act = means[name]
        if part.endpoint in silent and not part.takes_connections(within_s=AGAIN_S):
            detail = f"{part.endpoint} took no connection before, and none within {AGAIN_S:g} s now"
            return Means(means=name, worked=False, detail=detail)
        prove()
        return _tried(name, act)

    with ThreadPoolExecutor(len(means)) as pool:
        return Fences(means=list(pool.map(tried, means)))


@step(
    title="Open the source again",
    side="source",
    deadline="fence_seconds",
    mutates=True,
    undoes=True,
    touches=source_parts,
    without_source="what is lost has nothing to be opened, and is noted",
)
def unfence(run: FailoverRun) -> None:
    """Undo every fence, whichever of them fails. Safe to repeat.

    In an unplanned failover a part that is lost has nothing to be opened, and is noted.
    """
    silent: list[Unavailable] = []
    gateway = [run.source.gateway.unfence] if run.source.gateway.fences else []
    for undo in (run.source.database.unfence, run.source.cache.unfence, *gateway):
        run.epoch.prove()
        try:
            undo()
        except Unavailable as error:
            silent.append(error)
            run.note(f"Not opened again, since it does not answer: {error}", step="unfence")
    if silent and run.operation.mode is Mode.PLANNED:
        raise silent[0]


def _parts(region: Region) -> list[Part]:
    return [region.database, region.cache, *([region.gateway] if region.gateway.fences else [])]


def _looks(region: Region) -> dict[str, Callable[[], str]]:
    """Return a look at each part, by the means that closes it, as what it says: fenced or open, nothing for neither."""

    def cache() -> str:
        state = region.cache.look()
        return "" if state.role != "master" else OPEN if state.accepts_writes else FENCED

    def database() -> str:
        may = region.database.look().logins.values()
        return "" if not may else OPEN if any(may) else FENCED

    looks: dict[str, Callable[[], str]] = {ROLES: database, REDIS: cache}
    if region.gateway.fences:
        looks[GATEWAY] = lambda: FENCED if region.gateway.look().fenced else OPEN
    return looks


def _kept_closed(run: FailoverRun) -> bool:
    """Whether the source's guard says that it is closed, and for this operation. Silent, it tells nothing."""
    guard = guard_of_source(run)
    try:
        return guard is not None and guard.answer().kept_for == run.id
    except RecoveryError:
        return False


def _seen(look: Callable[[], str]) -> str:
    try:
        return look()
    except RecoveryError:
        return LOST


def _silent(run: FailoverRun) -> set[str]:
    """Return the endpoints that took no connection when this process looked; one that did so before may by now."""
    noted = (
        event.data.get("silent")
        for event in run.journal.events
        if event.kind is Kind.NOTED and event.epoch == run.epoch.number
    )
    return {str(endpoint) for found in noted if isinstance(found, list) for endpoint in found}


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
