"""Silences of Alertmanager as maintenance: who works on a region, until when. No clock, no network.

A silence that might cover one alert about one of the regions is maintenance. A silence that is about
neither region, or about alerts without a `dr_signal`, is not.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from recovery.plain_text import one_line
from recovery.signals import SignalClass

COMMENT_LIMIT, AUTHOR_LIMIT = 120, 40
"""Characters that are told of them."""
PATTERN_LIMIT = 1000
_PLAIN = re.compile(r"(\.[*+])?([\w -]|\\[.-])*(\.[*+])?", re.ASCII)
"""An alternative of a pattern that is text, with anything before or after it."""


@dataclass(frozen=True)
class Matcher:
    """One condition of a silence: all of them must hold for an alert to be silenced."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True

    def may_match(self, value: str) -> bool:
        """Whether it matches a label of this value, the empty one for a label that is not there.

        A pattern that is long, or more than texts with `.*` or `.+` around them, is taken to match:
        Alertmanager's syntax is not Python's, and a hostile pattern would keep Python busy for ever.
        """
        if not self.is_regex:
            return (self.value == value) is self.is_equal
        alternatives = self.value.split("|")
        if len(self.value) > PATTERN_LIMIT or not all(
            _PLAIN.fullmatch(alternative) for alternative in alternatives
        ):
            return True
        return any(re.fullmatch(a, value) for a in alternatives) is self.is_equal


@dataclass(frozen=True)
class Silence:
    """A silence that has not ended: made by whom, why, and of which alerts."""

    author: str
    comment: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    active: bool
    """Whether its Alertmanager applied it when it was asked."""

    def holds_at(self, now: datetime) -> bool:
        """Whether it holds: as far as is known, where its Alertmanager is not there to be asked any more."""
        return (self.active or self.starts_at <= now) and now < self.ends_at

    def may_cover(self, regions: Collection[str]) -> bool:
        """Whether there may be an alert of ours about one of *regions* that it silences."""
        ours: dict[str, Collection[str]] = {"region": regions, "dr_signal": [*SignalClass]}
        return all(
            any(all(m.may_match(value) for m in self.matchers if m.name == name) for value in values)
            for name, values in ours.items()
        )

    @property
    def sentence(self) -> str:
        """Who made it, until when it holds, and why, on one line."""
        author, comment = one_line(self.author[:AUTHOR_LIMIT]), one_line(self.comment[:COMMENT_LIMIT])
        return f"by {author!r} until {self.ends_at.astimezone(UTC):%F %T} UTC: {comment!r}"


@dataclass(frozen=True)
class Told:
    """What is known of one place's silences."""

    silences: Sequence[Silence] = ()
    """The last ones that were told, by whoever is asked there."""
    missing: str | None = None
    """Why they were not told now; None where they were."""


def maintenance(told: Mapping[str, Told], *, source: str, target: str, now: datetime) -> str | None:
    """Return the maintenance of *source* or *target* at *now*, or why it is not known; None where there is none.

    Nothing is needed of *source*: its own Alertmanager may be lost with it. One answer from elsewhere is.
    What a place told last holds until its end, though it does not answer any more: a region that is taken
    down for maintenance takes its Alertmanager down.
    """
    found = [
        f"silence at {place} {silence.sentence}"
        for place, known in told.items()
        for silence in known.silences
        if silence.holds_at(now) and silence.may_cover({source, target})
    ]
    if found:
        return found[0] + (f" (and {len(found) - 1} more)" if len(found) > 1 else "")
    if any(known.missing is None for place, known in told.items() if place != source):
        return None
    why = "; ".join(f"{place}: {known.missing}" for place, known in told.items() if place != source)
    return f"not known, for no Alertmanager outside {source} answers: {why or 'the estate names none'}"
