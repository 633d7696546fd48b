"""The restored clusters, put in the live ones' place: closed, exchanged, joined again, opened."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import monotonic
from typing import TypeVar

from recovery.errors import DeadlinePassed, RecoveryError, Refused, Unavailable
from recovery.findings import Means
from recovery.journal import Kind
from recovery.measurement import Outcome
from recovery.ports import Place
from recovery.restoring import Closed, LastValue, Opened, Rejoined
from recovery.waiting import wait_until
from tasks.marks import crossed
from tasks.restore_run import RestoreRun
from tasks.run import now
from tasks.scratch import fetch
from tasks.step import step

T = TypeVar("T")


def _everything(run: RestoreRun) -> list[str]:
    regions = [part.estate.region(part.region) for part in run.parts]
    return [endpoint for one in regions for endpoint in (one.gateway.endpoint, one.database.endpoint)]


def closing_s(run: RestoreRun) -> float:
    """Return how long closing the regions, or opening them, may take: one after the other."""
    return len(run.parts) * float(run.file.settings.deadlines.fence_seconds)


def served_s(run: RestoreRun) -> float:
    """Return how long it may take until customers are served in each."""
    return closing_s(run) + len(run.parts) * float(run.file.settings.deadlines.verify_seconds)


def _exchange_s(run: RestoreRun) -> float:
    """Return how long one cluster may take to stop, and another one to start; all regions at once."""
    return 2 * float(run.file.settings.deadlines.take_over_seconds)


def _putting_in_s(run: RestoreRun) -> float:
    """Return the same, and as long as the fetch took: all that it has written is to be on disk before."""
    fetched = [found.length_s for part in run.parts if (found := fetch.result(part))]
    return _exchange_s(run) + max(fetched, default=0.0)


def _crossing_s(run: RestoreRun) -> float:
    """Return how long subscriptions may take to start, and then a mark of each region to cross."""
    return (1 + 2 * len(run.parts)) * float(run.file.settings.deadlines.take_over_seconds)


def _is_live(run: RestoreRun) -> bool:
    """Whether the clusters are those that there were: what was put in their place knows less of the sequences."""
    return not any((event.kind, event.step) == (Kind.STARTED, "put_in") for event in run.journal.events)


@step(
    title="Close the regions",
    side="region",
    mutates=True,
    touches=_everything,
    timeout_s=None,
    deadline=closing_s,
    looks_again=_is_live,
)
def close_regions(run: RestoreRun) -> Closed:
    """Close each gateway, and shut the applications out of PostgreSQL: what is written from here on would be lost.

    A cluster that does not answer may be what is to be replaced: it is named, and stopped before anything takes its
    place. Where the sequences stood is kept, so that no id is given out twice. Safe to repeat: a resumed process
    does, as long as the live clusters are there, since a part may have been started anew, and be open.
    """
    before = close_regions.result(run)
    means = [_tried(run, *one) for part in run.parts for one in _means(part)]
    stood = [value for part in run.parts for value in _last_values(part)]
    return Closed(means=means, sequences=[*(before.sequences if before else []), *stood])


@step(
    title="Open the regions as they were",
    side="region",
    mutates=True,
    undoes=True,
    touches=_everything,
    timeout_s=None,
    deadline=closing_s,
)
def reopen(run: RestoreRun) -> None:
    """Let the applications in again, and open the gateways; what does not answer is noted. Safe to repeat."""
    for undo in openings(run):
        run.epoch.prove()
        try:
            undo()
        except Unavailable as error:
            run.note(f"Not opened again, since it does not answer: {error}", step=reopen.name)


@step(
    title="Put the restored clusters in their place",
    side="region",
    mutates=True,
    touches=_everything,
    timeout_s=None,
    deadline=_putting_in_s,
)
def put_in(run: RestoreRun) -> list[str]:
    """Stop the live clusters, and start the restored ones in their folders: closed, and subscribed to nothing yet.

    What was there is kept whole in the operation's folder. Safe to repeat: each looks where it stands.
    """
    _each(run, _put_in)
    return [part.replacement.endpoint for part in run.parts]


@step(
    title="Put back what was replaced",
    side="region",
    mutates=True,
    undoes=True,
    touches=_everything,
    timeout_s=None,
    deadline=_exchange_s,
)
def put_back(run: RestoreRun) -> None:
    """Have the clusters that were there serve again, whose slots and positions still fit each other. Safe to repeat.

    Replication goes on by itself; it is only hurried. Where nothing was there, as on a fresh host, nothing answers.
    """
    _each(run, lambda part: part.replacement.put_back(run.epoch.prove))
    for part in run.parts if len(run.parts) > 1 and not run.elsewhere else ():
        run.epoch.prove()
        try:
            part.estate.region(part.region).database.start_applying()
        except Unavailable as error:
            run.note(f"Replication was not hurried: {error}", step=put_back.name)


@step(
    title="Rebuild the replication",
    side="region",
    mutates=True,
    touches=_everything,
    timeout_s=None,
    deadline=_crossing_s,
    looks_again=True,
)
def rejoin(run: RestoreRun) -> Rejoined:
    """Have each cluster subscribe to the other with new slots and origins, and see a mark of each cross.

    Nobody writes meanwhile, and both have the same rows: nothing is missed. Sequences are moved past where they stood
    before. Safe to repeat.
    """
    began = monotonic()
    moved = sum(_each(run, lambda part: _advance(run, part)))
    if len(run.parts) == 1:
        return Rejoined(crossed_s=None, sequences_moved=moved)
    if run.elsewhere:
        run.epoch.prove()
        _each(run, _find_each_other)
    run.epoch.prove()
    _each(run, lambda part: part.estate.region(part.region).database.start_applying())
    deadline_s = 2 * float(run.file.settings.deadlines.take_over_seconds)
    for part in run.parts:
        crossed(part.estate, part.region, deadline_s=deadline_s, kicks=run.epoch.prove)
    return Rejoined(crossed_s=monotonic() - began, sequences_moved=moved)


@step(
    title="Open the regions",
    side="region",
    mutates=True,
    touches=_everything,
    timeout_s=None,
    deadline=served_s,
)
def open_regions(run: RestoreRun) -> Opened:
    """Let customers in again, and see the prober's clients write in each region. Safe to repeat."""
    opened_at = now()
    for opens in openings(run):
        run.epoch.prove()
        opens()
    begun = next(e for e in run.journal.events if (e.kind, e.step) == (Kind.STARTED, close_regions.name))
    deadline_s = float(run.file.settings.deadlines.verify_seconds)
    for part in run.parts:
        _written(part, opened_at, deadline_s)
    closed_s = (now() - begun.time).total_seconds()
    return Opened(regions=[part.region for part in run.parts], closed_s=closed_s)


def _means(part: RestoreRun) -> Iterator[tuple[str, Callable[[], object]]]:
    region = part.estate.region(part.region)
    if region.gateway.fences:
        yield f"{part.region}'s gateway", region.gateway.fence
    yield f"{part.region}'s applications shut out", region.database.fence


def _tried(run: RestoreRun, means: str, fence: Callable[[], object]) -> Means:
    """Fence by one means. No answer is a result; a part that answers and will not be fenced is an error."""
    run.epoch.prove()
    try:
        fence()
    except Refused:
        raise
    except RecoveryError as error:
        return Means(means=means, worked=False, detail=str(error))
    return Means(means=means, worked=True, detail="")


def _last_values(part: RestoreRun) -> list[LastValue]:
    try:
        known = part.estate.region(part.region).database.sequences()
    except RecoveryError as error:
        part.note(f"Where {part.region}'s sequences stood is not known: {error}")
        return []
    return [
        LastValue(region=part.region, node_group=group, sequence=name, value=value)
        for (group, name), value in known.items()
    ]


def _put_in(part: RestoreRun) -> None:
    part.replacement.detach()
    # Quiet where lost regions archived to, until they are left for good.
    part.replacement.put_in(part.epoch.prove, quiet=part.elsewhere)


def _advance(run: RestoreRun, part: RestoreRun) -> int:
    """Move the sequences past what they were in either region, and past the tables."""
    closed = close_regions.result(run)
    known: dict[tuple[str, str], int] = {}
    for one in closed.sequences if closed else []:
        key = (one.node_group, one.sequence)
        known[key] = max(one.value, known.get(key, one.value))
    margin = int(run.file.settings.postgres.sequence_margin)
    return len(part.estate.region(part.region).database.advance_sequences(known, margin=margin))


def _find_each_other(part: RestoreRun) -> None:
    """Have a stand-in subscribe to the other one: what it was restored with names the lost host."""
    here, there = (part.file.postgres_in(name) for name in (part.region, part.file.other(part.region)))
    part.estate.region(part.region).database.find_provider_at(
        Place(str(there.host), int(there.port)), here=Place(str(here.host), int(here.port))
    )


def openings(run: RestoreRun) -> Iterator[Callable[[], None]]:
    """Return what lets customers in, in its order: the applications into PostgreSQL, then everybody."""
    for part in run.parts:
        region = part.estate.region(part.region)
        yield region.database.unfence
        if region.gateway.fences:
            yield region.gateway.unfence


def _written(part: RestoreRun, since: datetime, deadline_s: float) -> None:
    """Wait for an acknowledged write of the prober in the region; one that can not be asked is noted."""
    prober = part.outside.prober

    def seen() -> tuple[bool | None, str]:
        writes = [write for write in prober.requests(since, kind="write") if write.region == part.region]
        good = any(write.outcome is Outcome.ACKNOWLEDGED for write in writes)
        return (True if good else None), f"{len(writes)} writes, none of them acknowledged"

    try:
        wait_until(seen, what=f"a customer's write in {part.region}", deadline_s=deadline_s, poll_s=0.25)
    except DeadlinePassed as error:
        part.note(
            f"{part.region} is open, and nobody was seen writing there: {error}", step=open_regions.name
        )


def _each(run: RestoreRun, work: Callable[[RestoreRun], T]) -> list[T]:
    """Do *work* for every part at once."""
    with ThreadPoolExecutor(len(run.parts)) as pool:
        return list(pool.map(work, run.parts))
