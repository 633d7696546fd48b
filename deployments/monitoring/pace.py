"""How fast monitoring looks and tells: Prometheus' and Alertmanager's intervals."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from recovery.measurement import Frozen

SAMPLES = 4
"""A rate over fewer samples than this hangs on a single scrape."""

Span = Annotated[timedelta, Field(gt=timedelta(0))]


class Pace(Frozen):
    """The defaults are a real estate's; plain numbers are seconds."""

    scrape: Span = timedelta(seconds=15)
    evaluate: Span = timedelta(seconds=15)
    hold: Annotated[timedelta, Field(ge=timedelta(0), description="The rules' `for`")] = timedelta(seconds=15)
    group_wait: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(seconds=5))] = timedelta(0)
    group_interval: Span = timedelta(seconds=15)
    """An alert that joins a group waits so long; Alertmanager's own default is 5 min."""
    repeat: Span = timedelta(minutes=5)
    watchdog_repeat: Span = timedelta(minutes=1)

    @model_validator(mode="after")
    def _repeats_are_ticks(self) -> Self:
        """Alertmanager repeats at the group's ticks only: a shorter repeat would not be kept."""
        if self.repeat < self.group_interval:
            raise ValueError(f"repeat is {self.repeat}; give at least group_interval, {self.group_interval}.")
        return self

    def window(self, wanted_s: float) -> timedelta:
        """Return the range of a rate that is to look back *wanted_s*: at least `SAMPLES` scrapes."""
        return max(timedelta(seconds=wanted_s), SAMPLES * self.scrape)


def duration(span: timedelta) -> str:
    """Return *span* as Prometheus and Alertmanager write it."""
    milliseconds = round(span / timedelta(milliseconds=1))
    return f"{milliseconds}ms" if milliseconds % 1000 else f"{milliseconds // 1000}s"
