"""A guard's answers over HTTP: to the gateway's health check, to people, to Prometheus."""

from math import nan

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from deployments.guard.asking import Asked
from recovery.region_guard import Answer

REASON = "X-Dr-Guard"
"""The header with the reason, for gateways that pass it on."""


class Metrics:
    """What Prometheus is told."""

    def __init__(self) -> None:
        """Have no value yet."""
        self._registry = CollectorRegistry()
        self._may_serve = Gauge(
            "dr_region_may_serve",
            "1 where the region guard lets the region serve, 0 where it keeps it closed.",
            ["region"],
            registry=self._registry,
        )
        self._age = Gauge(
            "dr_region_guard_heard_age_seconds",
            "How long ago a majority of the journal's stores answered the guard; NaN: not since it started.",
            ["region"],
            registry=self._registry,
        )

    def exposition(self, answer: Answer) -> bytes:
        """Return the answer as Prometheus text."""
        self._may_serve.labels(answer.region).set(answer.may_serve)
        self._age.labels(answer.region).set(nan if answer.age_s is None else answer.age_s)
        return generate_latest(self._registry)


def app(asked: Asked) -> FastAPI:
    """Return the guard's API; every answer is from memory."""
    api, told = FastAPI(title="Region guard", openapi_url=None), Metrics()

    @api.get("/")
    async def may_serve() -> JSONResponse:
        answer = asked.answer()
        reason = f"{'open' if answer.may_serve else 'closed'}: {answer.why}"
        headers = {REASON: reason.encode("ascii", "replace").decode(), "Cache-Control": "no-store"}
        return JSONResponse(answer.model_dump(mode="json"), 200 if answer.may_serve else 503, headers)

    @api.get("/metrics")
    async def metrics() -> Response:
        return Response(told.exposition(asked.answer()), media_type=CONTENT_TYPE_LATEST)

    return api
