"""A place's Alertmanager, asked for the alerts that it holds, and for its silences.

Format: the Alertmanager API v2, api/v2/openapi.yaml of prometheus/alertmanager. Its times are cut to the ms.
"""

from collections.abc import Mapping
from typing import Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, OnErrorOmit, TypeAdapter, ValidationError

from recovery.adapters.answers import Asked, answer
from recovery.alerts import HeldAlert
from recovery.errors import Unavailable
from recovery.silences import Matcher, Silence

T = TypeVar("T")


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Alert(_Told):
    fingerprint: str
    starts_at: AwareDatetime = Field(alias="startsAt")
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = Field(default_factory=dict)


class _Matcher(_Told):
    name: str
    value: str
    is_regex: bool = Field(alias="isRegex")
    is_equal: bool = Field(default=True, alias="isEqual")


class _Status(_Told):
    state: Literal["active", "pending", "expired"]


class _Silence(_Told):
    status: _Status
    author: str = Field(alias="createdBy")
    comment: str = ""
    matchers: tuple[_Matcher, ...]
    starts_at: AwareDatetime = Field(alias="startsAt")
    ends_at: AwareDatetime = Field(alias="endsAt")


_ALERTS = TypeAdapter(list[OnErrorOmit[_Alert]])
_SILENCES = TypeAdapter(list[_Silence])


class Alertmanager:
    """An Alertmanager at *url*; every answer comes in time, or `Unavailable` is raised."""

    def __init__(
        self, url: str, *, receiver: str, timeout_s: float = 1.0, alerts_timeout_s: float = 3.0
    ) -> None:
        """Connect to nothing yet; *receiver* is the one whose alerts are ours, a plain name.

        10,000 alerts are 6 MB: to tell them takes Alertmanager longer than anything else.
        """
        self._url, self._receiver = url.rstrip("/"), receiver
        self._timeout_s, self._alerts_timeout_s = timeout_s, alerts_timeout_s

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"Alertmanager {self._url}"

    def held(self) -> list[HeldAlert]:
        """Return the alerts that fire for the receiver, but for silenced, inhibited and unreadable ones.

        Watchdogs are left out: they prove that deliveries arrive, which asking for them would not.
        """
        asked = [
            ("active", "true"),
            ("silenced", "false"),
            ("inhibited", "false"),
            ("receiver", self._receiver),
            ("filter", 'alertname!="Watchdog"'),
        ]
        return [
            HeldAlert(a.fingerprint, a.starts_at, a.labels, a.annotations)
            for a in self._told("alerts", _ALERTS, self._alerts_timeout_s, asked)
        ]

    def heard(self) -> frozenset[str]:
        """Return the observers whose watchdog it holds: each a Prometheus that evaluates its rules, and reaches it."""
        asked = [("active", "true"), ("filter", 'alertname="Watchdog"')]
        told = self._told("alerts", _ALERTS, self._alerts_timeout_s, asked)
        return frozenset(alert.labels.get("observer", "") for alert in told)

    def silences(self) -> list[Silence]:
        """Return the silences that hold, and those that will; one that can not be read spoils the answer."""
        return [
            Silence(
                author=told.author,
                comment=told.comment,
                matchers=tuple(Matcher(m.name, m.value, m.is_regex, m.is_equal) for m in told.matchers),
                starts_at=told.starts_at,
                ends_at=told.ends_at,
                active=told.status.state == "active",
            )
            for told in self._told("silences", _SILENCES, self._timeout_s)
            if told.status.state != "expired"
        ]

    def _told(self, what: str, shape: TypeAdapter[list[T]], deadline_s: float, asked: Asked = ()) -> list[T]:
        body = answer(f"{self._url}/api/v2/{what}", asked, what=self.endpoint, deadline_s=deadline_s)
        try:
            return shape.validate_json(body)
        except ValidationError as error:
            raise Unavailable(f"{self.endpoint} told its {what} in a form that is not its API's.") from error
