"""The intake's door: Alertmanager's deliveries are answered with 202 once they are on the disk, and not before.

What a retry may mend is answered with 503, never 429: Alertmanager retries 5xx within seconds, and anything
else only with the next `group_interval`. 400, 401, 413 and 415 are for what no retry can mend. Nothing
redirects: Alertmanager follows a 302 as a GET, and takes its 200 for the delivery.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import ClientDisconnect

from deployments.intake.auth import Tokens
from deployments.intake.body import Bodies, Encoded, TooLarge
from deployments.intake.labels import Reading, reading_of
from deployments.intake.metrics import Metrics, Outcome
from deployments.intake.payload import Delivery, parse, quoted
from deployments.intake.store import ANSWER_DEADLINE_S, Counts, Store
from recovery.errors import BadInput, RecoveryError, Unavailable

_log = logging.getLogger(__name__)


PARSED_IN_THE_LOOP_BYTES = 64 * 1024
"""Some 100 alerts, which take 1 to 2 ms; 5,000 take more than 60 ms, in which nobody else would be answered."""


class Unauthorized(BadInput):
    """The token is missing, or is not one that is valid now."""


_ANSWERS: dict[type[RecoveryError], tuple[HTTPStatus, Outcome]] = {
    Unauthorized: (HTTPStatus.UNAUTHORIZED, Outcome.UNAUTHORIZED),
    TooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Outcome.TOO_LARGE),
    Encoded: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, Outcome.ENCODED),
    BadInput: (HTTPStatus.BAD_REQUEST, Outcome.MALFORMED),
    Unavailable: (HTTPStatus.SERVICE_UNAVAILABLE, Outcome.UNAVAILABLE),
}


def _nothing() -> None:
    pass


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Door:
    """What the door needs: where alerts go, who may bring them, the estate's regions, whom to wake."""

    store: Store
    tokens: Tokens
    regions: tuple[str, str]
    metrics: Metrics
    stored: Callable[[], None] = _nothing
    """Called in the event loop after each commit that brought something new, before the answer."""
    now: Callable[[], datetime] = _utc_now
    bodies: Bodies = field(default_factory=Bodies)
    parsing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One large body at a time: several threads would only take turns."""

    async def take(self, request: Request) -> Counts:
        """Return what the delivery brought, which is on the disk then."""
        if not self.tokens.accepts(request.headers.get("authorization", "").encode("latin-1")):
            raise Unauthorized("A valid bearer token is needed.")
        with self.bodies.share() as share:
            delivery, readings = await self._understood(await share.read(request))
            try:
                async with asyncio.timeout(ANSWER_DEADLINE_S):
                    counts = await asyncio.wrap_future(self.store.submit(delivery.alerts, self.now()))
            except TimeoutError as error:
                raise Unavailable(f"The spool did not answer within {ANSWER_DEADLINE_S} s.") from error
        if counts.new:
            self.stored()
        self._tell(delivery, readings, counts)
        return counts

    async def _understood(self, body: bytes) -> tuple[Delivery, list[Reading]]:
        """Return what *body* delivers, and what each of its alerts is to us."""
        if len(body) > PARSED_IN_THE_LOOP_BYTES:
            async with self.parsing:
                return await asyncio.to_thread(_parsed, body, self.regions)
        return _parsed(body, self.regions)

    def _tell(self, delivery: Delivery, readings: list[Reading], counts: Counts) -> None:
        self.metrics.count(Outcome.ACCEPTED, counts.new)
        self.metrics.count(Outcome.DUPLICATE, counts.duplicate)
        self.metrics.count(Outcome.HEARTBEAT, counts.heartbeats)
        self.metrics.count(Outcome.MALFORMED, delivery.malformed)
        self.metrics.count(Outcome.TRUNCATED, delivery.truncated)
        self.metrics.count_readings(readings)
        where = {"action": "store", **counts.model_dump()}
        if delivery.malformed:
            _log.warning("%d alerts were left out; %s", delivery.malformed, delivery.why, extra=where)
        if delivery.truncated:
            _log.warning("%d alerts were cut by Alertmanager", delivery.truncated, extra=where)
        if counts.new and Reading.UNATTRIBUTED in readings:
            stranger = delivery.alerts[readings.index(Reading.UNATTRIBUTED)].labels.get("region", "")
            _log.warning("No region of the estate is called %s", quoted(stranger), extra=where)
        _log.info("%d alerts are stored", len(delivery.alerts), extra=where)


def app(door: Door) -> FastAPI:
    """Return the intake's API."""
    api = FastAPI(title="Alert intake", openapi_url=None, redirect_slashes=False)

    @api.post("/alertmanager")
    async def alertmanager(request: Request) -> Response:
        with door.metrics.answer_seconds.time():
            try:
                counts = await door.take(request)
            except RecoveryError as error:
                return _refusal(door, error)
            except ClientDisconnect:
                door.metrics.count(Outcome.ABORTED)
                return Response(status_code=HTTPStatus.BAD_REQUEST)
        return JSONResponse(counts.model_dump(), HTTPStatus.ACCEPTED)

    @api.get("/health")
    async def health() -> JSONResponse:
        fault = door.store.fault
        return JSONResponse({"healthy": fault is None, "spool": fault or "kept"}, 503 if fault else 200)

    @api.get("/metrics")
    def metrics() -> Response:
        try:
            heard, oldest = door.store.watchdogs(), door.store.oldest_unprocessed()
        except Unavailable as error:
            _log.warning("%s", error, extra={"action": "read"})
            heard, oldest = None, None
        return Response(door.metrics.exposition(heard, oldest, door.now()), media_type=CONTENT_TYPE_LATEST)

    return api


def _parsed(body: bytes, regions: tuple[str, str]) -> tuple[Delivery, list[Reading]]:
    delivery = parse(body)
    return delivery, [reading_of(alert.labels, regions) for alert in delivery.alerts]


def _refusal(door: Door, error: RecoveryError) -> Response:
    status, outcome = next(answer for kind, answer in _ANSWERS.items() if isinstance(error, kind))
    door.metrics.count(outcome)
    _log.warning("%s", error, extra={"action": "refuse", "outcome": outcome.value})
    headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else None
    return JSONResponse({"detail": str(error)}, status, headers)
