"""A place's Prometheus, asked what it holds true now.

Format: prometheus.io/docs/prometheus/latest/querying/api (alerts).
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from recovery.adapters.answers import answer
from recovery.alerts import ActiveAlert
from recovery.errors import Unavailable


class _Alert(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    labels: Mapping[str, str]
    state: Literal["pending", "firing", "inactive"]
    active_at: AwareDatetime = Field(alias="activeAt")


class _Alerts(BaseModel):
    model_config = ConfigDict(extra="ignore")

    alerts: tuple[_Alert, ...]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    data: _Alerts


class Prometheus:
    """A Prometheus at *url*; every answer comes within *timeout_s*, or `Unavailable` is raised."""

    def __init__(
        self, url: str, timeout_s: float = 1.0, *, turn: AbstractContextManager[object] | None = None
    ) -> None:
        """Connect to nothing yet. An answer is read in its *turn*, a lock that several clients share.

        Reading a storm's answer holds the interpreter for tens of milliseconds: three at once are three times that.
        """
        self._url, self._timeout_s, self._turn = url.rstrip("/"), timeout_s, turn or nullcontext()

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"Prometheus {self._url}"

    def firing(self) -> list[ActiveAlert]:
        """Return the alerts that it holds firing now."""
        body = answer(f"{self._url}/api/v1/alerts", what=self.endpoint, deadline_s=self._timeout_s)
        try:
            with self._turn:
                known = _Answer.model_validate_json(body)
        except ValidationError as error:
            raise Unavailable(f"{self.endpoint} told its alerts in a form that is not its API's.") from error
        firing = [alert for alert in known.data.alerts if alert.state == "firing"]
        return [ActiveAlert(labels=alert.labels, active_at=alert.active_at) for alert in firing]
