"""A place's Prometheus and Alertmanager, asked what they hold true now.

Formats: prometheus.io/docs/prometheus/latest/querying/api (alerts) and the Alertmanager API v2.
"""

from collections.abc import Mapping
from typing import Literal

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from recovery.adapters.https import trust
from recovery.errors import Unavailable
from recovery.ports import ActiveAlert


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

    def __init__(self, url: str, timeout_s: float = 1.0) -> None:
        """Connect to nothing yet."""
        self._url = url.rstrip("/")
        self._client = httpx.Client(timeout=timeout_s, verify=trust(), trust_env=False)

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"Prometheus {self._url}"

    def firing(self) -> list[ActiveAlert]:
        """Return the alerts that it holds firing now."""
        try:
            answer = self._client.get(f"{self._url}/api/v1/alerts")
            answer.raise_for_status()
            known = _Answer.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise Unavailable(f"{self.endpoint} did not tell its alerts ({type(error).__name__}).") from error
        firing = [alert for alert in known.data.alerts if alert.state == "firing"]
        return [ActiveAlert(labels=alert.labels, active_at=alert.active_at) for alert in firing]
