"""The newest kept readiness result as metrics: the intake has the journal's stores at hand, and is scraped anyway."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from recovery.errors import RecoveryError
from recovery.estate_in_hand import EstateInHand
from recovery.readiness.check import State
from recovery.readiness.kept import Kept
from recovery.readiness.result import Readiness, Verdict

READ_S = 30.0
"""The result is written every five minutes; a scrape reads no store."""
VERDICTS = {Verdict.READY: 0, Verdict.DEGRADED: 1, Verdict.NOT_READY: 2}
STATES = {State.OK: 0, State.WARNING: 1, State.UNKNOWN: 2, State.FAILED: 3}

_log = logging.getLogger(__name__)


class ReadinessMetrics(Collector):
    """What the newest result says; without one, that readiness was last checked at 0, the epoch of Unix."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Know of no result yet; nothing is told before `show` was called."""
        self._newest: Readiness | None = None
        self._read = False
        registry.register(self)

    def show(self, newest: Readiness | None) -> None:
        """Have this result told from now on."""
        self._newest, self._read = newest, True

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metrics. Labels have only what checks and regions are called."""
        if not self._read:
            return
        checked = GaugeMetricFamily(
            "dr_readiness_checked_timestamp_seconds", "When readiness was last checked; 0: never."
        )
        checked.add_metric([], self._newest.at.timestamp() if self._newest else 0)
        yield checked
        if self._newest is None:
            return
        verdict = GaugeMetricFamily("dr_readiness_verdict", "0: ready, 1: degraded, 2: not ready.")
        verdict.add_metric([], VERDICTS[self._newest.verdict])
        yield verdict
        checks = GaugeMetricFamily(
            "dr_readiness_check",
            "0: it holds, 1: warning, 2: not known, 3: failed.",
            labels=["group", "check", "region"],
        )
        worth = GaugeMetricFamily(
            "dr_readiness_worth", "What a proof is worth now: 1 whole, 0 nothing.", labels=["check"]
        )
        for check in self._newest.checks:
            checks.add_metric([check.group.value, check.name, check.region or ""], STATES[check.state])
            if check.worth is not None:
                worth.add_metric([check.name], check.worth)
        yield checks
        yield worth


async def keep_shown(estate: EstateInHand, metrics: ReadinessMetrics, stop: asyncio.Event) -> None:
    """Read the newest result again and again, until *stop* is set; what can not be read leaves the one before."""
    while not stop.is_set():
        try:
            kept = await asyncio.to_thread(Kept.newest, estate.outside.journal, estate.name)
            metrics.show(kept.readiness if kept else None)
        except RecoveryError as error:
            _log.warning("%s", error, extra={"action": "read_readiness"})
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), READ_S)
