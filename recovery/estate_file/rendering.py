"""The report of a check as plain text, for a terminal of 100 columns."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from textwrap import wrap
from typing import TypedDict

from recovery.estate_file.report import Acted, Concern, EstateReport, NotActedUpon
from recovery.forecast import Forecast

WIDTH = 100
MARGIN = 4
LEFT = 52
GAP = 2


class _Wrapping(TypedDict):
    break_on_hyphens: bool
    break_long_words: bool


_WHOLE_WORDS = _Wrapping(break_on_hyphens=False, break_long_words=False)
_INDEX = re.compile(r"\[\d+\]")


def render(report: EstateReport) -> str:
    """Return the report as text: what it is, what acts, what does not and why, then the verdict."""
    lines = [
        *_heading(report),
        *_acted(report.acted),
        *_idle(report.idle),
        *_forecasts(report),
        *_concerns("REFUSED", report.refusals),
        *_concerns("WARNINGS", report.warnings),
        "",
        _verdict(report),
    ]
    return "\n".join(lines) + "\n"


def _heading(report: EstateReport) -> Iterator[str]:
    yield report.name
    facts = {
        "regions": ", ".join(report.regions),
        "node groups": ", ".join(report.node_groups),
        "services": ", ".join(report.services),
        "objectives": f"RTO {_span(report.rto)}, RPO {_span(report.rpo)}",
        "digest": report.digest[:16],
    }
    for name, fact in facts.items():
        yield from _hanging(f"  {name:<12} ", fact)


def _acted(keys: Sequence[Acted]) -> Iterator[str]:
    """Each key once, the values of both regions together; beside it what it does."""
    yield from ("", f"ACTED UPON: {_count(len(keys), 'key')}")
    block = ""
    for path, same in _grouped(keys):
        head, _, rest = path.partition(".")
        if head != block:
            block = head
            yield from ("", f"  {block}")
        values = list(dict.fromkeys(key.value for key in same))
        silent = "" if any(key.given for key in same) else " (default)"
        yield from _beside([f"{rest or path} = {', '.join(values)}{silent}"], same[0].what)


def _grouped(keys: Iterable[Acted]) -> Iterator[tuple[str, list[Acted]]]:
    """Keys that differ in a list's index, or in the name of a map's entry, together."""
    groups: dict[tuple[str, str], list[Acted]] = {}
    for key in keys:
        groups.setdefault((_INDEX.sub("[]", key.path), key.what), []).append(key)
    for (path, _), same in groups.items():
        yield path, same


def _idle(keys: Sequence[NotActedUpon]) -> Iterator[str]:
    """Each reason once, beside all the keys of a block that it holds for."""
    yield from ("", f"NOT ACTED UPON: {_count(len(keys), 'key')}, read and checked, and they change nothing")
    reasons: dict[tuple[str, str], dict[str, list[str]]] = {}
    for key in keys:
        block, _, rest = _INDEX.sub("[]", key.path).partition(".")
        reasons.setdefault((block, key.why), {}).setdefault(rest, []).append(key.value)
    shown = ""
    for (block, why), held in reasons.items():
        if block != shown:
            shown = block
            yield from ("", f"  {block}")
        yield from _beside([f"{path} = {', '.join(values)}" for path, values in held.items()], why)


def _forecasts(report: EstateReport) -> Iterator[str]:
    yield from ("", f"FORECAST: the worst case, against an RTO of {_span(report.rto)}")
    for one in report.forecasts:
        yield ""
        yield from _forecast(one, report.rto)
    yield from ("", "  The time a person takes to decide is in none of them.")


def _forecast(forecast: Forecast, rto: timedelta) -> Iterator[str]:
    yield f"  {forecast.mode}"
    for phase in forecast.phases:
        within = phase.keys[0].rpartition(".")[0]
        keys = [phase.keys[0], *(key.removeprefix(f"{within}.") for key in phase.keys[1:])]
        source = ", ".join(keys) + (" (default)" if phase.defaulted else "")
        yield from _hanging(f"    {phase.name:<21}{phase.seconds:>5g} s  ", source)
    total = forecast.total.total_seconds()
    spare = (rto - forecast.total).total_seconds()
    verdict = f"meets it, {spare:g} s to spare" if spare >= 0 else f"MISSES IT by {-spare:g} s"
    yield f"    {'-' * 28}"
    yield f"    {'total':<21}{total:>5g} s  {verdict}"


def _concerns(title: str, concerns: Sequence[Concern]) -> Iterator[str]:
    if concerns:
        yield from ("", f"{title}: {len(concerns)}", "")
    for concern in concerns:
        yield from _hanging("  - ", concern.sentence)


def _verdict(report: EstateReport) -> str:
    warned = _count(len(report.warnings), "warning")
    if report.acceptable:
        return f"{report.name}: in order, {warned}."
    return f"{report.name}: refused, {warned}."


def _hanging(label: str, text: str) -> list[str]:
    """Return *text* after its label, further lines under its first word."""
    return wrap(text, WIDTH, initial_indent=label, subsequent_indent=" " * len(label), **_WHOLE_WORDS)


def _beside(left: Iterable[str], right: str) -> Iterator[str]:
    """Two columns: *left*, an item after the other, and *right* from the same line on."""
    keys = [line for item in left for line in wrap(item, LEFT, subsequent_indent="    ", **_WHOLE_WORDS)]
    words = iter(wrap(right, WIDTH - LEFT - MARGIN - GAP, **_WHOLE_WORDS))
    for key in keys:
        text = next(words, "") if len(key) <= LEFT else ""
        yield f"{' ' * MARGIN}{key:<{LEFT}}{' ' * GAP}{text}".rstrip()
    yield from (f"{' ' * (MARGIN + LEFT + GAP)}{text}" for text in words)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"{seconds / 60:g} min" if seconds >= 60 and seconds % 30 == 0 else f"{seconds:g} s"  # noqa: PLR2004
