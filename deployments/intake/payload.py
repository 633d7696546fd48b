"""Alertmanager's webhook body, version 4: parsed at the door, tolerantly, within limits.

Unknown fields are let through; of the group's own fields only the count of truncated alerts is read, since a
"firing" group may hold resolved alerts. An alert that breaks a limit is left out and counted, and the others
are kept: Alertmanager sends a refused body again and again, and one odd alert would hide a disaster beside
it. A body is refused that is no v4 payload, or in which no alert is usable.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    WrapValidator,
    field_validator,
)

from recovery.errors import BadInput

BODY_LIMIT_BYTES = 4 * 1024 * 1024
"""About 8,000 alerts of 512 bytes; Alertmanager's `max_alerts: 1000` keeps far below it."""
MOST_LABELS = 64
LABEL_LIMIT_BYTES = 4 * 1024
"""Of a label's name, and of its value: an alert with a longer one is left out."""
ANNOTATION_LIMIT = 4 * 1024
"""Characters: annotations are prose for people, identify nothing, and are cut."""
DEEPEST_JSON = 201
"""Levels that pydantic's parser takes before it refuses; a v4 payload has four."""
MOST_TRUNCATED = 1_000_000_000
QUOTE_LIMIT = 200
YEARS = range(2000, 9000)


class Status(StrEnum):
    """Whether one alert's condition holds."""

    FIRING = "firing"
    RESOLVED = "resolved"


def quoted(text: str) -> str:
    """Return *text* as one short line of ASCII: how a log line says what a payload said."""
    return ascii(text[:QUOTE_LIMIT])


def _utc(at: datetime) -> datetime:
    if at.year not in YEARS:
        raise ValueError(f"the year {at.year} is not between {YEARS.start} and {YEARS.stop}")
    return at.astimezone(UTC)


def _no_number(told: object) -> object:
    if isinstance(told, int | float):
        raise ValueError("a number is no RFC 3339 timestamp")  # noqa: TRY004 (pydantic takes no TypeError)
    return told


Instant = Annotated[AwareDatetime, BeforeValidator(_no_number)]


def _few_and_short(labels: dict[str, str]) -> dict[str, str]:
    if len(labels) > MOST_LABELS:
        raise ValueError(f"{len(labels)} labels, at most {MOST_LABELS} are taken")
    longest = max((len(text.encode()) for pair in labels.items() for text in pair), default=0)
    if longest > LABEL_LIMIT_BYTES:
        raise ValueError(f"a label of {longest} bytes, at most {LABEL_LIMIT_BYTES} are taken")
    return labels


def _cut(annotations: dict[str, str]) -> dict[str, str]:
    pairs = list(annotations.items())[:MOST_LABELS]
    return {name[:ANNOTATION_LIMIT]: text[:ANNOTATION_LIMIT] for name, text in pairs}


class Alert(BaseModel):
    """One alert as it was told; two with the same fingerprint and start are one episode. Times to the µs."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    fingerprint: str = Field(pattern=r"^[0-9a-f]{16}$", description="Hash of the full label set")
    status: Status
    starts_at: Annotated[Instant, AfterValidator(_utc)] = Field(
        alias="startsAt", description="When it began to fire: after the rule's `for`"
    )
    ends_at: Instant | None = Field(
        default=None, alias="endsAt", validate_default=True, description="None: it fires, or nobody said when"
    )
    labels: Annotated[dict[str, str], AfterValidator(_few_and_short)]
    annotations: Annotated[dict[str, str], AfterValidator(_cut)] = Field(default_factory=dict)

    @field_validator("ends_at")
    @classmethod
    def _ended(cls, at: datetime | None, info: ValidationInfo) -> datetime | None:
        """A firing alert has no end, and the year 1 is Alertmanager's way to say so."""
        if at is None or at.year == 1 or info.data.get("status") is not Status.RESOLVED:
            return None
        return _utc(at)


class Delivery(BaseModel):
    """The usable alerts of one body, and how many it should have had besides."""

    model_config = ConfigDict(frozen=True)

    alerts: tuple[Alert, ...]
    malformed: int = 0
    why: str = Field(default="", description="What is wrong with the first malformed alert, in one safe line")
    truncated: int = Field(default=0, description="Alerts that Alertmanager cut: its API has them")


def _usable(
    value: Any, parse: ModelWrapValidatorHandler[Alert], info: ValidationInfo[list[str]]
) -> Alert | None:
    try:
        return parse(value)
    except ValidationError as error:
        info.context.append(_reason(error))
        return None


class _Body(BaseModel):
    version: Literal["4"]
    alerts: list[Annotated[Alert | None, WrapValidator(_usable)]]
    truncated: int = Field(default=0, ge=0, le=MOST_TRUNCATED, alias="truncatedAlerts")


def parse(body: bytes) -> Delivery:
    """Return what *body* delivers; `BadInput` where it is no v4 payload, or no alert in it is usable."""
    why: list[str] = []
    try:
        told = _Body.model_validate_json(body, context=why)
    except ValidationError as error:
        raise BadInput(f"The body is no Alertmanager payload of version 4: {_reason(error)}.") from error
    alerts = tuple(alert for alert in told.alerts if alert is not None)
    if told.alerts and not alerts:
        raise BadInput(f"No alert of the body is usable; the first: {why[0] if why else 'it is null'}.")
    return Delivery(
        alerts=alerts,
        malformed=len(told.alerts) - len(alerts),
        why=why[0] if why else "",
        truncated=told.truncated,
    )


def _reason(error: ValidationError) -> str:
    """Return the first thing that is wrong; names in a payload are data, so they are quoted."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = quoted(".".join(str(part) for part in first["loc"]))
    return f"{where}: {quoted(first['msg'])}"
