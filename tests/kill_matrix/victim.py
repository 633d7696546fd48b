"""`dr` in a process that kills itself: `python -m kill_matrix.victim POINT`, and what `dr` is given."""

import os
import signal
import sys
from threading import Timer
from typing import Any

from kill_matrix.points import Point, When
from recovery.journal import Kind
from recovery.operation_journal import OperationJournal

record = OperationJournal.record


def die() -> None:
    """End at once: nothing is undone, told or closed."""
    os.kill(os.getpid(), signal.SIGKILL)


def dies_at(point: Point) -> None:
    """Have this process killed where its journal comes to the point."""

    def recorded(journal: OperationJournal, kind: Kind, *args: Any, **fields: Any) -> Any:
        here = (fields.get("step"), fields.get("region") or "") == (point.step, point.region)
        if here and kind is Kind.STARTED and point.when is When.BEFORE:
            die()
        if here and kind is Kind.DONE and point.when is When.DURING:
            die()  # its work was quicker than the lot: all is done, and nothing says so
        event = record(journal, kind, *args, **fields)
        if here and kind is Kind.DONE and point.when is When.AFTER:
            die()
        if here and kind is Kind.STARTED and point.when is When.DURING:
            timer = Timer(point.wait_s, die)
            timer.daemon = True
            timer.start()
        return event

    OperationJournal.record = recorded  # type: ignore[method-assign]


if __name__ == "__main__":
    dies_at(Point.parsed(sys.argv[1]))
    from deployments.cli import main

    sys.argv = ["dr", *sys.argv[2:]]
    main()
