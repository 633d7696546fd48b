"""What the services tell Prometheus of their requests."""

from time import perf_counter

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lab.place import SERVICES

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5)


class Metrics:
    """A histogram of the requests' durations, by service and status: the name is OpenTelemetry's."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "http_server_request_duration_seconds",
            "How long requests took.",
            ["service", "code"],
            buckets=BUCKETS_S,
            registry=self._registry,
        )
        for service in SERVICES:
            self._requests.labels(service, "200")

    async def exposition(self, _request: Request) -> Response:
        """Answer with everything, as Prometheus text."""
        return Response(generate_latest(self._registry), media_type="text/plain")

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return *app* with its services' requests timed."""

        async def timed(scope: Scope, receive: Receive, send: Send) -> None:
            service = scope["path"].split("/", 2)[1] if scope["type"] == "http" else ""
            if service not in SERVICES:
                await app(scope, receive, send)
                return
            began = perf_counter()

            async def sent(message: Message) -> None:
                if message["type"] == "http.response.start":
                    seconds = perf_counter() - began
                    self._requests.labels(service, str(message["status"])).observe(seconds)
                await send(message)

            await app(scope, receive, sent)

        return timed
