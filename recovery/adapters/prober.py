"""The prober, as the flow asks it: what it sees now, and what its clients were promised."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import ValidationError

from recovery.adapters.https import trust
from recovery.errors import Unavailable
from recovery.evidence import Evidence
from recovery.measurement import Request

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = ("started_at", "ended_at", "committed_at")


class Prober:
    """A prober at *url*; every answer comes within *timeout_s*, or `Unavailable` is raised."""

    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        self._url = url.rstrip("/")
        self._client = httpx.Client(timeout=timeout_s, verify=trust(), trust_env=False)

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"prober {self._url}"

    def evidence(self, window: timedelta) -> Evidence:
        """Return what the prober saw in the *window* that ends now."""
        answer = self._get("/evidence", {"window_s": window.total_seconds()})
        try:
            return Evidence.model_validate(answer)
        except ValidationError as error:
            raise self._odd("/evidence", str(error)) from error

    def requests(
        self, since: datetime, until: datetime | None = None, kind: str | None = None
    ) -> list[Request]:
        """Return the ledger's requests that ended in [since, until), oldest first; all kinds unless told."""
        bounds = {"since": since, "until": until}
        asked = {name: at.isoformat() for name, at in bounds.items() if at is not None}
        answer = self._get("/requests", asked | ({"kind": kind} if kind else {}))
        try:
            columns = answer["columns"]
            return [request_of(columns, row) for row in answer["rows"]]
        except (KeyError, TypeError, ValueError) as error:
            raise self._odd("/requests", str(error)) from error

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()

    def _get(self, path: str, asked: dict[str, Any]) -> Any:
        """Return the answer's JSON; `path` and `asked` appear in the message when there is none."""
        try:
            response = self._client.get(f"{self._url}{path}", params=asked)
            response.raise_for_status()
            return response.json()
        except httpx.HTTPStatusError as error:
            said = error.response.text[:200]
            raise self._odd(path, f"status {error.response.status_code}: {said}") from error
        except httpx.HTTPError as error:
            raise Unavailable(
                f"The prober at {self._url}{path} did not answer ({type(error).__name__}): see that it runs "
                "and that its address is the estate's; without it nothing is measured."
            ) from error
        except ValueError as error:
            raise self._odd(path, str(error)) from error

    def _odd(self, path: str, seen: str) -> Unavailable:
        return Unavailable(
            f"The prober at {self._url}{path} answered with something else ({seen}): see that the address is "
            "a prober's, and that it has this version."
        )


def request_of(columns: list[str], row: list[Any]) -> Request:
    """Return one row of the ledger; its times are microseconds since 1970."""
    fields = dict(zip(columns, row, strict=True))
    for name in TIMES:
        if fields[name] is not None:
            fields[name] = EPOCH + timedelta(microseconds=fields[name])
    return Request.model_validate(fields)
