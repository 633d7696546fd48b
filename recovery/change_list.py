"""The transactions that changed a table, as a person reads them: which they were, what was not seen, how to go on."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from recovery.change_search import Search
from recovery.changes import Transaction
from recovery.plain_text import one_line

HEADINGS = ("committed (UTC)", "transaction", "from", "inserted", "updated", "deleted", "")


@dataclass
class Found:
    """The transactions that are shown: the biggest of those that are big enough."""

    at_least: int
    most: int
    shown: list[Transaction] = field(default_factory=list)
    left_out: int = 0
    """How many were big enough, and are not shown."""
    small: int = 0
    rewrote: Transaction | None = None
    """The last one that gave the table new files."""
    worst: Transaction | None = None
    """The one that took the most rows away: a TRUNCATE, or else the biggest deleter."""

    def take(self, transactions: Iterable[Transaction]) -> None:
        """Read all of *transactions*, and keep no more of them than are shown."""
        biggest = heapq.nlargest(self.most, self._counted(transactions), key=_size)
        self.left_out -= len(biggest)
        self.shown = sorted(biggest, key=lambda one: one.committed_at)

    def _counted(self, transactions: Iterable[Transaction]) -> Iterator[Transaction]:
        for one in transactions:
            if one.rewrote:
                self.rewrote = one
            if (one.deleted or one.truncated) and (self.worst is None or _loss(one) > _loss(self.worst)):
                self.worst = one
            if one.rows >= self.at_least or one.truncated or one.removed_files:
                self.left_out += 1
                yield one
            else:
                self.small += one.rows > 0


def listed(found: Found, *, here: str, origins: Mapping[int, str]) -> list[str]:
    """Return the transactions as a table, in the order of their commits."""
    if not found.shown:
        return ["No transaction changed that many rows."]
    rows = [HEADINGS, *(_row(one, here, origins) for one in found.shown)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    lines = [_aligned(row, widths) for row in rows]
    if found.left_out:
        lines.append(
            f"{found.left_out} more are left out, of fewer rows each; --most or --at-least show others."
        )
    if found.small:
        lines.append(f"{found.small} more touched fewer than {found.at_least} rows each.")
    return lines


def seen(search: Search, found: Found) -> list[str]:
    """Return what was looked through, and what can not have been seen in it."""
    changes, table = search.changes, search.table
    if changes.first_commit_at and changes.last_commit_at:
        told = [
            f"Read: commits from {_time(changes.first_commit_at)} to {_time(changes.last_commit_at)} UTC."
        ]
    else:
        told = ["Read: no commit at all."]
    told += [f"Missing: WAL of {hole}; what was done in it is not seen." for hole in search.missing]
    told += [one_line(note) for note in search.notes]
    if any(not one.whole for one in found.shown):
        told.append("+  it began before what was read, or across a hole: it did this at least.")
    if changes.still_open:
        told.append(f"Still open at the end: {changes.still_open}, savepoints counted by themselves.")
    if found.rewrote:
        told.append(
            f"Transaction {found.rewrote.xid} gave {table.name} new files at {_time(found.rewrote.committed_at)} "
            "(it was made, truncated, or rewritten): changes from before that are not seen."
        )
    elif table.altered_at and changes.last_commit_at and table.altered_at > changes.last_commit_at:
        told.append(
            f"{table.name} was altered later, at {_time(table.altered_at)}: where that gave it new files "
            "(TRUNCATE, VACUUM FULL, ALTER), changes from before are not seen."
        )
    return told


def how_to_go_on(found: Found, region: str) -> str:
    """Return the sentence that names the next command."""
    if found.worst is None:
        return "Nothing was deleted. To go back to before a transaction: dr restore run REGION --before-transaction N"
    worst = found.worst
    did = "truncated it" if worst.truncated else f"deleted {worst.deleted} rows"
    return (
        f"Transaction {worst.xid} {did}. To go back to just before its commit: "
        f"dr restore run {region} --before-transaction {worst.xid} ..."
    )


def _size(one: Transaction) -> tuple[bool, int]:
    return one.truncated or one.removed_files, one.rows


def _loss(one: Transaction) -> tuple[bool, int]:
    return one.truncated, one.deleted


def _row(one: Transaction, here: str, origins: Mapping[int, str]) -> tuple[str, ...]:
    origin = here if one.origin is None else origins.get(one.origin, f"origin {one.origin}")
    marks = {
        "truncated": one.truncated,
        "new files": one.rewrote and not one.truncated,
        "removed files": one.removed_files and not one.truncated and not one.rewrote,
    }
    counts = [f"{count}{'' if one.whole else '+'}" for count in (one.inserted, one.updated, one.deleted)]
    told = ", ".join(mark for mark, holds in marks.items() if holds)
    return _time(one.committed_at), str(one.xid), one_line(origin), *counts, told


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """Text to the left, numbers to the right."""
    cells = [
        cell.ljust(width) if name in {"from", ""} else cell.rjust(width)
        for cell, width, name in zip(row, widths, HEADINGS, strict=True)
    ]
    return "  ".join(cells).rstrip()


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"
