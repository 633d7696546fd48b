"""What an operation does, on the terminal as it happens: a line for each event of its journal."""

import logging
import sys

from recovery import operation_journal
from recovery.journal import Event, Kind
from recovery.plain_text import one_line

WORDS = {
    Kind.OPENED: "{operation} is open",
    Kind.STARTED: "{title} ...",
    Kind.DONE: "{title}: {summary}",
    Kind.SKIPPED: "{title} is skipped: {why}",
    Kind.FAILED: "{title} failed: {error}",
    Kind.NOTED: "{text}",
    Kind.POINT_OF_NO_RETURN: "From here on the only way is forward.",
    Kind.BACKING_OUT: "What was changed is put back.",
    Kind.BACKED_OUT: "{operation} is closed.",
    Kind.CLOSED: "{operation} is closed: {outcome}",
}


def show() -> None:
    """Have every event that this process records told on stderr from now on; stdout stays the result's."""
    log = logging.getLogger(operation_journal.__name__)
    log.setLevel(logging.INFO)
    log.propagate = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    log.addHandler(handler)


class Lines(logging.Formatter):
    """An event in a line, with its time (UTC); what it quotes begins no other one, and moves no cursor."""

    def __init__(self) -> None:
        """Know no step's title yet."""
        super().__init__()
        self._titles: dict[str, str] = {}

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of the event that *record* carries."""
        event: Event = record.__dict__["event"]
        told = {name: str(value) for name, value in event.data.items()}
        step = event.step or ""
        title = self._titles.setdefault(step, told.get("title", step))
        known = {"summary": "", "operation": event.operation, "title": title}
        line = WORDS[event.kind].format_map(known | told | {"title": title})
        return f"{event.time:%H:%M:%S}  {one_line(line.removesuffix(': '))}"
