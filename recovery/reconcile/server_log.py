"""PostgreSQL's log as its collector writes it: where records end, and what they say."""

import csv
import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from io import StringIO

CSV_COLUMNS = {"timestamp": 0, "dbname": 2, "message": 13, "detail": 14, "context": 18, "backend_type": 23}
"""The columns of PostgreSQL 13 and later, under the names that they have in the other format."""

Record = Mapping[str, str]


class LogFormat(StrEnum):
    """The formats that say of every field what it is, under their names in `log_destination`."""

    JSON = "jsonlog"
    CSV = "csvlog"

    @property
    def suffix(self) -> str:
        """How the names of its files end."""
        return ".json" if self is LogFormat.JSON else ".csv"


def record_end(data: bytes, start: int, form: LogFormat, *, quoted: bool = False) -> tuple[int | None, bool]:
    """Return where the record that *start* is in ends, None if beyond *data*; and whether a quotation is open there.

    *quoted*: one was open at *start*. Only CSV has line ends within a record, and only in quotations.
    """
    while (line_end := data.find(b"\n", start)) >= 0:
        if form is LogFormat.JSON:
            return line_end + 1, False
        quoted ^= data.count(b'"', start, line_end) % 2 == 1
        start = line_end + 1
        if not quoted:
            return start, False
    return None, quoted ^ (data.count(b'"', start) % 2 == 1)


def records(data: bytes, form: LogFormat) -> Iterator[tuple[int, bytes]]:
    """Yield every record that ends within *data*, with the offset of its first byte."""
    start = 0
    while (end := record_end(data, start, form)[0]) is not None:
        yield start, data[start:end]
        start = end


def fields(raw: bytes, form: LogFormat) -> Record | None:
    """Return a record's fields, as far as they are texts; None for what is no record.

    Such is what a server that was killed has left of its last one. A byte that is no UTF-8 becomes a mark.
    """
    text = raw.decode(errors="replace")
    if form is LogFormat.CSV:
        row = next(csv.reader(StringIO(text, newline="")), [])
        whole = len(row) > max(CSV_COLUMNS.values())
        return {name: row[place] for name, place in CSV_COLUMNS.items()} if whole else None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return {name: value for name, value in found.items() if isinstance(value, str)}
