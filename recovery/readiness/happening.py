"""What is told of a run to whoever listens: one event a run, so that its silence can be noticed, too."""

from dataclasses import dataclass

from pydantic import JsonValue

from recovery.event_names import estate_id, readiness_event
from recovery.plain_text import one_line
from recovery.readiness.check import State
from recovery.readiness.result import Readiness

LONGEST, MOST = 300, 20


@dataclass(frozen=True)
class Happening:
    """An event, in Prefect's terms."""

    event: str
    resource: dict[str, str]
    payload: dict[str, JsonValue]


def happening(readiness: Readiness, before: Readiness | None) -> Happening:
    """Return the event of a run: its verdict, what of it is news, and the checks that do not hold."""
    found = dict[str, list[JsonValue]]()
    for check in readiness.checks:
        if check.state is not State.OK:
            found.setdefault(check.state, []).append(one_line(str(check))[:LONGEST])
    return Happening(
        event=readiness_event(readiness.verdict),
        resource={
            "prefect.resource.id": estate_id(readiness.estate),
            "prefect.resource.name": readiness.estate,
            "dr.changed": readiness.change_from(before),
        },
        payload={"headline": readiness.headline, **{state: told[:MOST] for state, told in found.items()}},
    )
