"""What pglogical 2.4 writes into the server's log about a conflict, read back.

The message and its detail are those of `pglogical_report_conflict`, the context that of its apply worker. The
detail's own `commit_lsn` has a high half of 0 whatever the position is; the context has the whole of it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from itertools import zip_longest

from recovery.reconcile.conflicts import OWN, Conflict, ConflictKind, LogPlace, Resolution, Version
from recovery.reconcile.server_log import Record
from recovery.reconcile.shapes import Key, TableName, TableShape

WORKER = "pglogical apply "
"""How the type of the workers that apply begins: no client can call itself so."""
CUT_FROM_BYTES = 35
"""A value of more than 40 bytes is cut behind so many, and ends in three dots."""
FORGOTTEN = "-1"

_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_MESSAGE = re.compile(
    rf"CONFLICT: remote (?P<verb>[A-Z]+) on relation (?P<schema>{_NAME})\.(?P<name>{_NAME}) .*?"
    r"(?P<missing> \(tuple not found\))?\. Resolution: (?P<resolution>\w+)\.",
    re.DOTALL,
)
_REMOTE = re.compile(r"\}\*? in xact origin=\d+,timestamp=[^,]*,commit_lsn=[0-9A-F]+/[0-9A-F]+\Z")
_BETWEEN = re.compile(
    r"\} xid=\d+,origin=(?P<origin>-?\d+),timestamp=(?P<at>[^;{}]*); remote tuple \{", re.DOTALL
)
_CONTEXT = re.compile(
    r"in commit before (?P<lsn>[0-9A-F]+/[0-9A-F]+), xid \d+ committed at (?P<at>[^()]+) "
    r"\(action #\d+\) from node replorigin (?P<origin>\d+)$",
    re.MULTILINE,
)
_WITHOUT_SPACES = frozenset({"int2", "int4", "int8", "numeric", "uuid", "bool", "date", "oid"})
_KINDS = {
    ("INSERT", False): ConflictKind.INSERT_INSERT,
    ("UPDATE", False): ConflictKind.UPDATE_UPDATE,
    ("UPDATE", True): ConflictKind.UPDATE_MISSING,
    ("DELETE", True): ConflictKind.DELETE_MISSING,
}


@dataclass(frozen=True)
class Surroundings:
    """What a line does not say by itself."""

    shape: Callable[[TableName], TableShape | None]
    """A table's columns and key; None where there is no such table any more."""
    origins: Mapping[int, str] = field(default_factory=dict)
    """The names of the server's replication origins: numbers are each server's own."""
    zone: tzinfo = UTC
    """The server's `log_timezone`: the log has its abbreviation only."""


def conflict_of(record: Record, place: LogPlace, around: Surroundings) -> Conflict | None:
    """Return the conflict that a record of the log tells of, None if it tells of none, or of none that 2.4 knows."""
    message = _MESSAGE.fullmatch(record.get("message", ""))
    context = [*_CONTEXT.finditer(record.get("context", ""))]
    if not (record.get("backend_type", "").startswith(WORKER) and message and context):
        return None
    kind = _KINDS.get((message["verb"], message["missing"] is not None))
    if kind is None or message["resolution"] not in [*Resolution]:
        return None
    table = TableName(record["dbname"], _unquoted(message["schema"]), _unquoted(message["name"]))
    local, here, there = _detail(record.get("detail", ""), around)
    shape, commit = around.shape(table), context[-1]
    return Conflict(
        logged_at=_logged(record["timestamp"], around.zone),
        table=table,
        kind=kind,
        resolution=Resolution(message["resolution"]),
        key=_key(there, shape),
        local_key=_key(here, shape),
        remote=Version(datetime.fromisoformat(commit["at"]), _origin(commit["origin"], around)),
        remote_lsn=commit["lsn"],
        local=local,
        place=place,
    )


def _detail(text: str, around: Surroundings) -> tuple[Version | None, str | None, str | None]:
    """Return who wrote the version that was there, that version, and the one that came; None: not told for certain."""
    end, between = _REMOTE.search(text), [*_BETWEEN.finditer(text)]
    if end is None or len(between) > 1:
        return None, None, None
    if not between:
        told = text[: end.start()]
        return None, None, told.removeprefix("remote tuple {") if told.startswith("remote tuple {") else None
    middle = between[0]
    at = datetime.fromisoformat(middle["at"]) if middle["origin"] != FORGOTTEN else None
    here = text[: middle.start()].removeprefix("existing local tuple {")
    return Version(at, _origin(middle["origin"], around)), here, text[middle.end() : end.start()]


def _origin(number: str, around: Surroundings) -> str | None:
    match number:
        case "0":
            return OWN
        case "-1":
            return None
        case _:
            return around.origins.get(int(number), number)


def _key(row: str | None, shape: TableShape | None) -> Key | None:
    if row is None or shape is None or not shape.key:
        return None
    values = _values(row, [column.name for column in shape.columns])
    key = [values[name] for name in shape.key if name in values]
    return tuple(key) if len(key) == len(shape.key) and not any(map(_is_cut, key)) else None


def _values(row: str, names: Sequence[str]) -> dict[str, str]:
    """Return the leading columns whose values are told for certain: nothing in the line is quoted.

    Where a value ends is uncertain if what looks like the next column begins more than once, unless it has no spaces.
    """
    values: dict[str, str] = {}
    start = 0
    for name, following in zip_longest(names, names[1:]):
        mark = _mark(name).match(row, start)
        if mark is None:
            break
        ends = [found.start() for found in _mark(f" {following}").finditer(row, mark.end())]
        if following is None:
            ends = [len(row)]
        if not ends or (len(ends) > 1 and mark["type"] not in _WITHOUT_SPACES):
            break
        values[name] = row[mark.end() : ends[0]]
        start = ends[0] + 1
    return values


def _mark(name: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(name)}\[(?P<type>[^\]]+)\]:")


def _is_cut(value: str) -> bool:
    return value.endswith("...") and len(value.encode()) >= CUT_FROM_BYTES


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _logged(text: str, zone: tzinfo) -> datetime:
    """The record's time; the abbreviation tells the two hours apart that a clock set back has."""
    moment, _, abbreviation = text.rpartition(" ")
    local = datetime.fromisoformat(moment).replace(tzinfo=zone)
    again = local.replace(fold=1)
    told = again if local.tzname() != abbreviation == again.tzname() else local
    return told.astimezone(UTC)
