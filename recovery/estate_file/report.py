"""What a check of an estate file found: values, to be printed by whoever asked."""

from dataclasses import dataclass
from datetime import timedelta

from recovery.forecast import Forecast


@dataclass(frozen=True)
class Concern:
    """Something to change, or to know, before the night it matters."""

    path: str
    fact: str
    remedy: str

    @property
    def sentence(self) -> str:
        """The whole concern: path, fact and remedy."""
        return f"{self.path} {self.fact}; {self.remedy}."


@dataclass(frozen=True)
class Acted:
    """A key that changes what an operation, a check or the forecast does."""

    path: str
    value: str
    what: str
    given: bool


@dataclass(frozen=True)
class NotActedUpon:
    """A key that is read and checked, and changes nothing, with the reason."""

    path: str
    value: str
    why: str


@dataclass(frozen=True)
class EstateReport:
    """Every key of one estate by what comes of it, and what its timings promise."""

    name: str
    digest: str
    regions: tuple[str, str]
    node_groups: tuple[str, ...]
    services: tuple[str, ...]
    rto: timedelta
    rpo: timedelta
    acted: tuple[Acted, ...]
    idle: tuple[NotActedUpon, ...]
    refusals: tuple[Concern, ...]
    warnings: tuple[Concern, ...]
    forecasts: tuple[Forecast, ...]

    @property
    def acceptable(self) -> bool:
        """Whether an operation may use this estate; warnings do not stand in its way."""
        return not self.refusals


def told(value: object) -> str:
    """Return a value as the file would say it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, tuple):
        return ", ".join(told(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {told(item)}" for key, item in value.items())
    return str(value)
