"""The health checkers: they look at every endpoint at its interval, and keep what they saw.

Eight checkers stand for Route 53's many: each looks at its own time, and an endpoint is healthy by the word of more
than 18 % of them. So after an outage it is called healthy sooner than by one checker, and unhealthy later.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace

from lab.dns import probing
from lab.dns.health import Check, Endpoint, Seen, agreed, statuses

CHECKERS = 8

log = logging.getLogger(__name__)


class Checkers:
    """Performs the checks it was last told of, and knows each one's status.

    *pace* multiplies the intervals: 1 is Route 53's own; tests that measure nothing take less.
    """

    def __init__(self, pace: float = 1.0) -> None:
        self._pace = pace
        self._checks: dict[str, Check] = {}
        self._seen: dict[str, list[Seen]] = {}
        """By each checker."""
        self._looking: dict[str, asyncio.Future[list[None]]] = {}
        self._health: dict[str, bool] = {}

    def health(self) -> Mapping[str, bool]:
        """Return each check's status now."""
        return self._health

    def set(self, checks: Iterable[Check]) -> None:
        """Perform *checks* from now on, and no other.

        What was seen of an endpoint stays while its check does; a disabled check is not performed.
        """
        wanted = {check.id: check for check in checks}
        if wanted == self._checks:
            return
        before, self._checks = self._checks, wanted
        for check_id in before.keys() | wanted.keys():
            asked = _asked(wanted.get(check_id))
            if _asked(before.get(check_id)) == asked:
                continue
            if looking := self._looking.pop(check_id, None):
                looking.cancel()
            if asked:
                looks = (self._look(check_id, asked, checker) for checker in range(CHECKERS))
                self._looking[check_id] = asyncio.gather(*looks)
        self._seen = {check_id: self._seen.get(check_id, [Seen()] * CHECKERS) for check_id in wanted}
        self._reckon()

    async def close(self) -> None:
        """End all looking."""
        for looking in self._looking.values():
            looking.cancel()
        await asyncio.gather(*self._looking.values(), return_exceptions=True)
        self._looking.clear()

    async def _look(self, check_id: str, endpoint: Endpoint, checker: int) -> None:
        """Look at *endpoint* at its interval, for as long as its check is the same."""
        loop, interval_s = asyncio.get_running_loop(), endpoint.interval_s * self._pace
        self._seen[check_id][checker] = replace(self._seen[check_id][checker], against=0)
        due = loop.time() + interval_s * checker / CHECKERS
        while True:
            await asyncio.sleep(due - loop.time())  # the checker's beat; close() and set() end it
            self._saw(check_id, checker, await probing.failure(endpoint))
            due = max(due + interval_s, loop.time())

    def _saw(self, check_id: str, checker: int, why: str | None) -> None:
        before, check = self._seen[check_id][checker], self._checks[check_id]
        after = before.then(passed=why is None, threshold=check.failure_threshold)
        if after == before:
            return
        self._seen[check_id][checker] = after
        if after.healthy is not before.healthy:
            log.info(
                "action=health_check id=%s checker=%d endpoint=%s reason=%s",
                check_id,
                checker,
                "healthy" if after.healthy else "unhealthy",
                why or "answered",
            )
            self._reckon()

    def _reckon(self) -> None:
        after = statuses(
            self._checks.values(), {check_id: agreed(seen) for check_id, seen in self._seen.items()}
        )
        for check_id in sorted(after):
            if after[check_id] is not self._health.get(check_id, after[check_id]):
                log.info(
                    "action=health_status id=%s status=%s",
                    check_id,
                    "healthy" if after[check_id] else "unhealthy",
                )
        self._health = after


def _asked(check: Check | None) -> Endpoint | None:
    return None if check is None or check.disabled else check.endpoint
