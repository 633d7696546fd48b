"""What steps recorded: findings of checks, fences, and everything else as tables."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import JsonValue

from recovery.journal import Event, Kind
from recovery.report.document import Fence, Finding, Note, Table
from recovery.report.reading import Fields, cell, mappings, text

MEASURE = "measure"
"""The step whose result is the measurement."""

_KNOWN = {"findings", "means"}


def findings(events: Sequence[Event]) -> list[Finding]:
    """Return every check's finding, of the newest attempt of each step."""
    return [
        Finding(
            step=event.step or "",
            check=text(item, "check", "unnamed check"),
            ok=item.get("ok") is True,
            value=cell(item.get("value")),
            limit=cell(item.get("limit")),
            witness=text(item, "witness") or None,
            remedy=text(item, "remedy") or None,
        )
        for event, result in _results(events)
        for item in mappings(result, "findings")
    ]


def fences(events: Sequence[Event]) -> list[Fence]:
    """Return every means of keeping a region from writing, of the newest attempt of each step."""
    return [
        Fence(
            step=event.step or "",
            region=event.region,
            means=text(item, "means", "unnamed means"),
            worked=item.get("worked") is True,
            detail=text(item, "detail"),
        )
        for event, result in _results(events)
        for item in mappings(result, "means")
    ]


def tables(events: Sequence[Event]) -> list[Table]:
    """Return what the other steps recorded: single values in one table, each list of records in its own."""
    found: list[Table] = []
    singles: list[list[str]] = []
    for event, result in _results(events):
        if event.step == MEASURE:
            continue
        rest = {key: value for key, value in result.items() if key not in _KNOWN}
        records = {key: items for key in rest if (items := mappings(rest, key))}
        where = [event.step or "", event.region or ""]
        singles += [[*where, _plain(key), cell(value)] for key, value in rest.items() if key not in records]
        found += [_table(event, _plain(key), *_grid(items)) for key, items in records.items()]
    if singles:
        columns = ["step", "region", "what", "value"]
        found.insert(
            0,
            Table(
                step=None,
                region=None,
                title="Single values that steps recorded",
                columns=columns,
                cells=singles,
            ),
        )
    return found


def notes(events: Iterable[Event]) -> list[Note]:
    """Return the remarks of steps, in order."""
    return [
        Note(time=e.time, step=e.step, actor=e.actor, text=text(e.data, "text"))
        for e in events
        if e.kind is Kind.NOTED and text(e.data, "text")
    ]


def _results(events: Sequence[Event]) -> Iterator[tuple[Event, Fields]]:
    """Yield each step's newest result, in the order of the steps."""
    newest: dict[tuple[str | None, str | None], tuple[Event, Fields]] = {}
    for event in events:
        if event.kind not in {Kind.DONE, Kind.FAILED}:
            continue
        value = event.data.get("result")
        result: Fields = value if isinstance(value, dict) else {} if value is None else {"result": value}
        if result:
            newest[(event.step, event.region)] = (event, result)
    yield from newest.values()


def _table(event: Event, title: str, columns: list[str], cells: list[list[str]]) -> Table:
    return Table(step=event.step or "", region=event.region, title=title, columns=columns, cells=cells)


def _grid(items: list[dict[str, JsonValue]]) -> tuple[list[str], list[list[str]]]:
    keys = list(dict.fromkeys(key for item in items for key in item))
    return [_plain(key) for key in keys], [[cell(item.get(key)) for key in keys] for item in items]


def _plain(key: str) -> str:
    """Return a key as words: `newest_row_age_s` reads `newest row age, s`."""
    words = key.removesuffix("_s").replace("_", " ")
    return f"{words}, s" if key.endswith("_s") else words
