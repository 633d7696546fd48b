"""The Prefect server is told what it missed: the intake lives as long as it does, and has the journal at hand."""

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime

from deployments import telling
from recovery.errors import RecoveryError
from recovery.estate_in_hand import EstateInHand

TELL_S = 30.0

_log = logging.getLogger(__name__)


async def keep_told(estate: EstateInHand, stop: asyncio.Event) -> None:
    """Tell it again and again, until *stop* is set; a server that is gone is told when it is back."""
    known, silent = set[str](), False
    while not stop.is_set():
        try:
            now = datetime.now(UTC)
            for line in await asyncio.to_thread(telling.tell, estate.outside.journal, now=now, but=known):
                _log.info("told Prefect of %s", line, extra={"action": "tell"})
            silent = False
        except RecoveryError as error:
            if not silent:
                _log.warning("%s", error, extra={"action": "tell"})
            silent = True
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), TELL_S)
