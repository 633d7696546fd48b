"""Comparing the two regions' Redis, key by key, as a Prefect task: beside the tables, at a pace that hurts nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from recovery.errors import RecoveryError
from recovery.estate_in_hand import EstateInHand
from recovery.kept_plans import keep_keys
from recovery.ports import Cache
from recovery.reconcile.cache_drift import EXPIRY_TOLERANCE_MS, CachePair, CacheSeen, KeyDrift, cache_drift
from recovery.reconcile.cache_findings import CacheFindings, KeySample
from recovery.reconcile.cache_plan import CachePlan, DriftedKey
from recovery.reconcile.pace import Pace
from recovery.reconciliation_order import Reconciliation, Then
from recovery.waiting import rest, wait_until

TOO_MANY = (
    "more keys of Redis have drifted than recovery.reconciliation.most_rows, which is {most:,}: raise it, or make one "
    "Redis anew from the other."
)


@dataclass(frozen=True)
class ComparedKeys:
    """What became of the keys."""

    found: CacheFindings | None
    plan: CachePlan | None
    why: str | None = None
    """Why they were not compared to their end."""


@task(name="Compare the keys of Redis", cache_policy=NO_CACHE, persist_result=False)
def compare_keys(order: Reconciliation, estate: EstateInHand, *, name: str) -> ComparedKeys | None:
    """Compare, and plan where the order says whose copies are right; None where it does not ask for Redis.

    A Redis that can not be read to its end is told, with the reason: what was found in tables is not lost for it.
    """
    if not order.redis:
        return None
    try:
        return _compared(order, estate, name=name)
    except RecoveryError as error:
        get_run_logger().warning("Redis was not compared: %s", error, extra={"action": "compare"})
        return ComparedKeys(None, None, why=str(error))


def _compared(order: Reconciliation, estate: EstateInHand, *, name: str) -> ComparedKeys:
    left, right = (estate.region(region).keys for region in estate.file.regions)
    most, told = estate.file.settings.reconciliation.most_rows, list[KeyDrift]()

    def take(drift: KeyDrift) -> None:
        if len(told) <= most:
            told.append(drift)

    pair = CachePair(left, right, lambda: settle(estate, deadline_s=order.fence_seconds))
    seen = cache_drift(pair, tell=take, pace=Pace(order.redis_keys_per_second))
    found = _findings(seen, told[: order.samples])
    get_run_logger().info("%s, %.0f keys/s", found, seen.keys_per_second, extra={"action": "compare"})
    plan = _plan(order, estate, told, name=name)
    if plan and seen.drifted > most:
        return ComparedKeys(found.model_copy(update={"why": TOO_MANY.format(most=most)}), None)
    if plan:
        keep_keys(estate.outside.journal, plan)
        found = found.model_copy(update={"planned": plan.changes, "winner": plan.winner})
    return ComparedKeys(found, plan)


def settle(estate: EstateInHand, *, deadline_s: float) -> None:
    """Have all that a master had written be in its replica, and what expired a moment earlier be gone on both."""
    began = monotonic()
    caches = [estate.region(region).cache for region in estate.file.regions]
    states = [cache.look() for cache in caches]
    written = max((state.offset for state in states if state.role == "master"), default=None)
    for cache, state in zip(caches, states, strict=True):
        if state.role != "master" and written is not None:
            _await(cache, written, deadline_s=deadline_s)
    rest(max(0.0, EXPIRY_TOLERANCE_MS / 1000 - (monotonic() - began)))


def _await(replica: Cache, offset: int, *, deadline_s: float) -> None:
    def arrived() -> tuple[bool | None, str]:
        has = replica.look().offset
        return (True if has >= offset else None), f"offset {has}, awaited {offset}"

    wait_until(arrived, what=f"what was written before, in {replica.endpoint}", deadline_s=deadline_s)


def _plan(
    order: Reconciliation, estate: EstateInHand, told: Sequence[KeyDrift], *, name: str
) -> CachePlan | None:
    if order.then is Then.COMPARE or order.redis_winner is None or not told:
        return None
    return CachePlan(
        name=name,
        regions=estate.file.regions,
        winner=order.redis_winner,
        delete_absent=order.redis_delete,
        drifted=tuple(map(DriftedKey.of, told)),
    )


def _findings(seen: CacheSeen, told: Sequence[KeyDrift]) -> CacheFindings:
    return CacheFindings(
        keys_left=seen.keys_left,
        keys_right=seen.keys_right,
        kinds={str(kind): count for kind, count in sorted(seen.kinds.items())},
        in_flight=seen.in_flight,
        restless=seen.restless,
        not_comparable=dict(sorted(seen.not_comparable.items())),
        elsewhere=max(seen.elsewhere),
        length_s=seen.length_s,
        samples=[KeySample(key=repr(drift.key)[2:-1], kind=str(drift.kind)) for drift in told],
    )
