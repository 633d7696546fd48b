"""Which rows were written after a watermark, by the 32 bits of its transaction's number that each row keeps.

PostgreSQL does not order these numbers, because they go round. Those of the half circle before the watermark are older;
they are compared as the four bytes that would be sent, which a scan can do in parallel, unlike `age()`.
"""

from psycopg import sql

from recovery.reconcile.blocks import TOLD_APART, Watermark

CIRCLE = 2 * TOLD_APART
FIRST_NORMAL = 3
"""Smaller ones are of rows that were always there."""


def written_since(mark: Watermark) -> sql.Composed:
    """Return whether the row `t` was written by the watermark's transaction or a later one."""
    first = mark.transaction % CIRCLE
    oldest = (mark.transaction - TOLD_APART) % CIRCLE
    joined = "AND" if oldest > first else "OR"
    return sql.SQL(
        "(xidsend(t.xmin) >= {first} {joined} xidsend(t.xmin) < {oldest}) AND xidsend(t.xmin) >= {normal}"
    ).format(first=_sent(first), oldest=_sent(oldest), normal=_sent(FIRST_NORMAL), joined=sql.SQL(joined))


def _sent(number: int) -> sql.Composed:
    return sql.SQL("{}::bytea").format(sql.Literal(f"\\x{number:08x}"))
