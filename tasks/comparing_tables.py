"""Comparing tables, each as a Prefect task that needs nothing of the flow's process: any worker can take it."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from os import getpid
from socket import gethostname
from time import monotonic

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.logging import get_run_logger

from recovery.clean_passes import CleanPass, CleanPasses, shape_digest
from recovery.errors import DeadlinePassed, Refused, Unavailable
from recovery.estate_in_hand import EstateInHand
from recovery.reconcile.blocks import Hashing
from recovery.reconcile.drift import Drift, Kind, Pair, Seen, drifted, drifted_among
from recovery.reconcile.findings import Copy, NotCompared, Sample, TableFindings
from recovery.reconcile.ports import Sighting
from recovery.reconcile.shapes import Key, TableName
from recovery.reconciliation_order import LookAt, Reconciliation
from recovery.rule_book import names
from tasks.comparable import Comparable
from tasks.drifting import kept_in
from tasks.marks import fence
from tasks.pace import Pace

FEWEST_KEYS = 5
"""Of each table so many keys are shown, also where no values are."""
Load = Callable[[str], EstateInHand]
"""The flow's door to the outside, which a task opens itself, wherever it runs."""


@dataclass(frozen=True)
class Comparison:
    """What the comparison of any table needs to know."""

    order: Reconciliation
    name: str
    hashing: Hashing
    load: Load


@dataclass(frozen=True)
class Part:
    """What of a table is compared."""

    number: int
    """What tells its file of keys from those of other tables."""
    known: CleanPass | None
    """When it was last seen to be alike."""
    whole_every: int
    """Every so many passes, all of it is."""
    rows: Sequence[Key] | None
    """These rows alone; None: all, or what changed."""


@dataclass(frozen=True)
class Compared:
    """What became of one table."""

    found: TableFindings | NotCompared
    rows: Sequence[Drift]
    """Those that have drifted; none where they are more than a plan may have."""
    clean: CleanPass | None
    """When it was last seen to be alike: what was written since is all that can differ."""

    @property
    def drifted(self) -> int:
        """How many rows have drifted."""
        return self.found.drifted if isinstance(self.found, TableFindings) else 0


def compare_all(comparison: Comparison, estate: EstateInHand, chosen: Comparable) -> list[Compared]:
    """Compare every table, so many at once as was asked for, and remember which were alike."""
    stores, order = estate.outside.journal, comparison.order
    settings = estate.file.settings.reconciliation
    whole_every, most = settings.whole_every, settings.most_rows
    known, waiting, ended = CleanPasses.of(stores, estate.name), deque(chosen.rows), list[Compared]()
    begun: deque[tuple[TableName, PrefectFuture[Compared]]] = deque()
    with Pace(chosen.rows) as pace:
        while waiting or begun:
            while waiting and len(begun) < order.at_once:
                table = waiting.popleft()
                some = chosen.conflicting.rows[table] if chosen.conflicting else None
                part = Part(len(ended) + len(begun), known.tables.get(table.path), whole_every, some)
                begun.append((table, compare_table.submit(comparison, table, part)))
                pace.began(table)
            table, future = begun.popleft()
            ended = kept([*ended, future.result()], most=most)
            pace.passed(table)
    clean = {one.found.table: one.clean for one in ended if one.clean}
    CleanPasses(tables=known.tables | clean).keep(stores, estate.name)
    return ended


def kept(ended: Sequence[Compared], *, most: int) -> list[Compared]:
    """Return them, without their rows where these are more than a plan may have: nobody needs their images then."""
    if sum(one.drifted for one in ended) <= most:
        return list(ended)
    return [replace(one, rows=()) for one in ended]


@task(task_run_name="Compare {table}", cache_policy=NO_CACHE, persist_result=False)
def compare_table(comparison: Comparison, table: TableName, part: Part) -> Compared:
    """Compare one table, or a part of it; one that can not be read to its end is told, with the reason."""
    estate = comparison.load(comparison.order.estate)
    found = _compared(comparison, estate, table, part)
    get_run_logger().info("%s", found.found, extra={"action": "compare"})
    return found


def _compared(comparison: Comparison, estate: EstateInHand, table: TableName, part: Part) -> Compared:
    order, began = comparison.order, monotonic()
    samples, values = list[Sample](), order.samples > 0 and not _is_without_values(estate, table)
    path = estate.outside.reports / comparison.name / f"drift-{part.number:04}.jsonl"
    left, right = (estate.region(name).tables for name in estate.file.regions)
    settings = estate.file.settings.reconciliation
    wait = partial(fence, estate, deadline_s=order.fence_seconds)
    pair = Pair(left, right, wait, thin_link=order.thin_link or settings.thin_link)
    with kept_in(path, most=settings.most_rows) as drifting:

        def take(row: Drift) -> None:
            drifting.keep(row, shown := _shown_key(row))
            if len(samples) < max(order.samples, FEWEST_KEYS):
                samples.append(_sample(estate, row, key=shown, values=values))

        try:
            passed = _passed(comparison, pair, part, table, tell=take)
        except DeadlinePassed:
            raise  # a mark did not cross: no table can be compared
        except (Refused, Unavailable) as error:
            return Compared(NotCompared(table=table.path, why=str(error)), (), part.known)
    found = _findings(table, passed.seen, monotonic() - began, samples)
    found = found.model_copy(update={"since": passed.since, "compared_by": f"{gethostname()}:{getpid()}"})
    return Compared(found, drifting.rows, passed.clean)


@dataclass(frozen=True)
class _Passed:
    """One pass over a table."""

    seen: Seen
    since: datetime | None
    clean: CleanPass | None


def _passed(
    comparison: Comparison, pair: Pair, part: Part, table: TableName, *, tell: Callable[[Drift], object]
) -> _Passed:
    """Look at the rows that are asked for, at what changed, or at all."""
    shape = pair.left.shape(table)
    if part.rows is not None:
        return _Passed(drifted_among(pair, shape, part.rows, tell=tell), None, part.known)
    now = CleanPass(
        left=pair.left.watermark(table),
        right=pair.right.watermark(table),
        shape=shape_digest(shape),
        began_at=datetime.now(UTC),
        exact=comparison.hashing is not Hashing.VALUES,
        since_whole=0,
    )
    known = part.known if comparison.order.look_at is LookAt.CHANGED else None
    last = known if known and known.serves(now, whole_every=part.whole_every) else None
    seen = drifted(pair, table, tell=tell, hashing=comparison.hashing, since=last.since if last else None)
    passes = last.since_whole + 1 if last else 0
    # After one that found something, the moment before stays: what differs since then is seen again.
    clean = part.known if seen.kinds or seen.restless else now
    counted = clean.model_copy(update={"since_whole": passes}) if clean else None
    return _Passed(seen, last.began_at if last else None, counted)


def _findings(table: TableName, seen: Seen, length_s: float, samples: list[Sample]) -> TableFindings:
    return TableFindings(
        table=table.path,
        rows_left=seen.rows[0],
        rows_right=seen.rows[1],
        blocks=seen.blocks,
        differing_blocks=seen.differing_blocks,
        by_cells=seen.by_cells,
        different=seen.kinds[Kind.DIFFERENT],
        left_only=seen.kinds[Kind.LEFT],
        right_only=seen.kinds[Kind.RIGHT],
        in_flight=seen.in_flight,
        restless=seen.restless,
        length_s=length_s,
        samples=samples,
    )


def _shown_key(row: Drift) -> Key:
    """Return the row's key as it is told. Without one it would be the whole row: a digest stands for it."""
    has = row.left or row.right
    if len(row.key) == 1 and has and has.image.endswith(f" x {row.key[0]}"):
        return (f"SHA-256 {sha256(row.key[0].encode()).hexdigest()[:16]}",)
    return row.key


def _is_without_values(estate: EstateInHand, table: TableName) -> bool:
    return any(names(pattern, table) for pattern in estate.file.settings.reconciliation.without_values)


def _sample(estate: EstateInHand, row: Drift, *, key: Key, values: bool) -> Sample:
    first, second = estate.file.regions

    def copy(seen: Sighting | None, here: str, there: str) -> Copy | None:
        if seen is None:
            return None
        image = seen.image if values else None
        return Copy(image=image, written_by=there if seen.foreign else here, written_at=seen.at)

    return Sample(key=key, left=copy(row.left, first, second), right=copy(row.right, second, first))
