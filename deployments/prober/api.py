"""The prober's answers over HTTP: the ledger, the evidence, the rate, the metrics."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Response
from fastapi.responses import JSONResponse, StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import AwareDatetime

from deployments.prober.ledger import COLUMNS
from deployments.prober.prober import Prober
from deployments.prober.tally import LONGEST_WINDOW_S
from recovery.errors import Unavailable
from recovery.evidence import Evidence

RATE_SPAN = timedelta(seconds=10)

Kind = Literal["write", "read", "canary", "health"]


def app(prober: Prober) -> FastAPI:
    """Return the API of *prober*; what it reports is in the ledger's file by then."""
    api = FastAPI(title="Prober", openapi_url=None)

    @api.exception_handler(Unavailable)
    def unavailable(_request: object, fault: Unavailable) -> JSONResponse:
        return JSONResponse({"detail": str(fault)}, status_code=503)

    @api.get("/health")
    def health() -> JSONResponse:
        fault = prober.ledger_fault
        return JSONResponse({"healthy": fault is None, "ledger": fault or "kept"}, 503 if fault else 200)

    @api.get("/requests")
    def requests(
        since: AwareDatetime, until: AwareDatetime | None = None, kind: Kind | None = None
    ) -> StreamingResponse:
        chunks = prober.ledger.rows(since, until or datetime.max.replace(tzinfo=UTC), kind)
        first = next(chunks, [])  # here, so that a ledger that fails is a 503 and not half an answer
        return StreamingResponse(_table(chain([first], chunks)), media_type="application/json")

    @api.get("/evidence")
    async def evidence(
        window_s: Annotated[float, Query(gt=0, le=LONGEST_WINDOW_S)] = RATE_SPAN.total_seconds(),
    ) -> Evidence:
        seen = prober.tally.evidence(prober.clock.now(), window_s)
        await prober.flush()
        return seen

    @api.get("/stats")
    async def stats() -> dict[str, float]:
        span_s = RATE_SPAN.total_seconds()
        return {"acknowledged_writes_per_s": prober.acknowledged_per_s(RATE_SPAN), "span_s": span_s}

    @api.get("/metrics")
    async def metrics() -> Response:
        seen = prober.tally.evidence(prober.clock.now(), RATE_SPAN.total_seconds())
        return Response(prober.metrics.exposition(seen), media_type=CONTENT_TYPE_LATEST)

    return api


def _table(chunks: Iterator[list[str]]) -> Iterator[str]:
    """Yield one JSON object, its rows in pieces: an hour of them is too much to hold at once."""
    yield f'{{"columns":{json.dumps(COLUMNS)},"rows":['
    comma = ""
    for chunk in chunks:
        if chunk:
            yield comma + ",".join(chunk)
            comma = ","
    yield "]}"
