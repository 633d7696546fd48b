"""Collecting what both regions' servers have logged of conflicts."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from pydantic import AwareDatetime, Field

from recovery.errors import BadInput
from recovery.estate_in_hand import EstateInHand, Region
from recovery.measurement import Frozen
from recovery.reconcile.conflicts import RECENT


class RegionConflicts(Frozen):
    """One region's conflicts, as its server logged them."""

    new: int = Field(description="Kept by this collection, and not before; of any age")
    real: int = Field(description="Of those logged within the window: both regions had changed the row")
    others: int = Field(description="Of the same: a row whose writes came to be made in the other region")
    unread: tuple[str, ...] = Field(
        description="Files of the log that were missed within the window, not read to their end"
    )


class Collected(Frozen):
    """What both regions have, after a collection."""

    at: AwareDatetime
    window: timedelta
    regions: Mapping[str, RegionConflicts]


@task(name="Collect conflicts", cache_policy=NO_CACHE, persist_result=False)
def collect(estate: EstateInHand, *, window: timedelta = RECENT) -> Collected:
    """Keep both regions' conflicts, at once, and return how many there are of those logged within the *window*.

    Safe to repeat: each is kept once. Where one region cannot be read, the other one's are kept all the same, and then
    its error is raised: `Unavailable` or `Refused`, with its place. `BadInput` where the file says not to collect.
    """
    if not estate.file.collects_conflicts:
        raise BadInput(
            f"{estate.file.name} has postgres_multi_region.replication.conflict_resolution.logging false: conflicts "
            "are not collected. Set it to true to have them."
        )
    at, regions = datetime.now(UTC), [estate.region(name) for name in estate.file.regions]
    with ThreadPoolExecutor(len(regions), thread_name_prefix="conflicts") as pool:
        found = [pool.submit(_collected, region, at - window) for region in regions]
    collected = Collected(
        at=at,
        window=window,
        regions={region.name: one.result() for region, one in zip(regions, found, strict=True)},
    )
    for name, one in collected.regions.items():
        get_run_logger().info(
            "%s: %d new conflicts; within %d s %d were real, and %d others%s",
            name,
            one.new,
            window.total_seconds(),
            one.real,
            one.others,
            f"; not read to its end: {', '.join(one.unread)}" if one.unread else "",
            extra={"action": "collect_conflicts"},
        )
    return collected


def _collected(region: Region, since: datetime) -> RegionConflicts:
    new = region.conflicts.collect()
    recent = region.conflicts.recent(since)
    real = sum(conflict.is_real for conflict in recent)
    unread = tuple(missed.file for missed in region.conflicts.unread(since))
    return RegionConflicts(new=new, real=real, others=len(recent) - real, unread=unread)
