"""index.html of a folder of reports, from the report.json of each."""

import os
from functools import lru_cache
from pathlib import Path

from recovery.reports_index.entries import Entry, entry_of
from recovery.reports_index.page import render_index

MOST = 400
"""So many of the newest reports are listed: a page that is made after each operation must not take long."""
INDEX = "index.html"


def write_index(folder: Path) -> Path:
    """Write the index of *folder* in one step, and return where. Raises `OSError` where it can not be written."""
    reports = _reports(folder)
    page = render_index([_entry(path) for path in reports[:MOST]], left_out=max(0, len(reports) - MOST))
    made = folder / f".{INDEX}-{os.getpid()}"
    made.write_text(page, encoding="utf-8")
    made.replace(folder / INDEX)
    return folder / INDEX


def _reports(folder: Path) -> list[Path]:
    """Return every report.json, the newest first; `latest` is a link, and no report of its own."""
    found = [path for path in folder.glob("*/report.json") if path.is_file() and not path.parent.is_symlink()]
    return sorted(found, key=lambda path: (path.stat().st_mtime, path.parent.name), reverse=True)


def _entry(path: Path) -> Entry:
    """Return what is listed of a report, read once for as long as its file is the same: the page is made often."""
    try:
        written = path.stat()
        return _read(path, written.st_mtime_ns, written.st_size)
    except OSError:
        return entry_of(path.parent.name, b"")


@lru_cache(maxsize=2 * MOST)
def _read(path: Path, _written_ns: int, _size: int) -> Entry:
    return entry_of(path.parent.name, path.read_bytes())
