"""What a guard knows, kept up to date in the background: nobody who asks it waits for the journal."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from recovery.errors import RecoveryError
from recovery.region_guard import Answer, Guard
from recovery.region_standing import Standing

ASK_EVERY_S = 1.0

_log = logging.getLogger(__name__)


class Asked:
    """The guard as it is now, and the only one to change it."""

    def __init__(self, guard: Guard, ask: Callable[[], Standing]) -> None:
        """Know nothing yet; *ask* is the journal, which answers or raises within its own deadline."""
        self._guard, self._ask = guard, ask

    @property
    def region(self) -> str:
        """Whose guard it is."""
        return self._guard.region

    def answer(self) -> Answer:
        """Return what it says now, from memory."""
        return self._guard.answer(datetime.now(UTC))

    async def keep_asking(self, stop: asyncio.Event, *, every_s: float = ASK_EVERY_S) -> None:
        """Ask at once and then again and again, until *stop*."""
        while not stop.is_set():
            await asyncio.to_thread(self.ask_once)
            try:
                await asyncio.wait_for(stop.wait(), every_s)
            except TimeoutError:
                continue

    def ask_once(self) -> None:
        """Ask the journal, and know its answer, or that there was none."""
        before = self.answer()
        try:
            self._guard = self._guard.answered(self._ask(), datetime.now(UTC))
        except RecoveryError as error:
            self._guard = self._guard.unanswered(str(error))
        except Exception as error:  # noqa: BLE001 - our own fault must not end it: it would start again, closed
            _log.exception("The journal could not be read", extra={"action": "ask"})
            self._guard = self._guard.unanswered(f"{type(error).__name__}: {error}")
        self._tell_change(before, self.answer())

    def _tell_change(self, before: Answer, after: Answer) -> None:
        if (after.may_serve, after.why) != (before.may_serve, before.why):
            word = "open" if after.may_serve else "closed"
            _log.warning("%s is %s: %s", after.region, word, after.why, extra={"action": word})
        if bool(after.trouble) is not bool(before.trouble):
            _log.warning("%s", after.trouble or "The journal answers", extra={"action": "ask"})
