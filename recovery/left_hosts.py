"""Hosts that were left for good: once an estate's stand-ins let customers in, nothing is done to what it was before.

Kept where the journal is, at a majority of its stores, one object for each time that an estate has moved.
"""

from collections.abc import Mapping

from pydantic import AwareDatetime

from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.measurement import Frozen
from recovery.quorum import Quorum


class Moved(Frozen):
    """One move of an estate: by which operation, when, and where its clusters are since."""

    operation: str
    at: AwareDatetime
    clusters: Mapping[str, str]
    """The address of each region's PostgreSQL, as `host:port`."""


def clusters(file: EstateFile) -> dict[str, str]:
    """Return where the file says that each region's PostgreSQL is."""
    return {name: f"{file.postgres_in(name).host}:{file.postgres_in(name).port}" for name in file.regions}


def leave(quorum: Quorum, estate: str, moved: Moved) -> None:
    """Have a move at a majority of the stores. Safe to repeat with the same instant: a try may have reached one."""
    quorum.put_new(f"{_folder(estate)}{moved.operation}", moved.model_dump_json().encode())


def is_written(quorum: Quorum, estate: str, operation: str) -> bool:
    """Whether any store that answers has an operation's move: then customers may have been let in since."""
    return f"{_folder(estate)}{operation}" in quorum.keys(_folder(estate))


def refuse_left_hosts(file: EstateFile, quorum: Quorum, *, but: str | None) -> None:
    """Raise `BadInput` if the file names other clusters than the estate's last move, *but* that operation's own."""
    estate = file.settings.estate
    kept = {key: body for store in quorum.read(_folder(estate)) for key, body in store.items()}
    moves = sorted((Moved.model_validate_json(body) for body in kept.values()), key=lambda move: move.at)
    if not moves or moves[-1].operation == but or moves[-1].clusters == clusters(file):
        return
    where = ", ".join(f"{region} at {address}" for region, address in sorted(moves[-1].clusters.items()))
    raise BadInput(
        f"{file.name} names hosts that were left: {moves[-1].operation} has moved the estate at "
        f"{moves[-1].at:%Y-%m-%d %H:%M:%S} UTC, and its clusters are {where}. "
        "Use the file that `dr estate moved` prints."
    )


def _folder(estate: str) -> str:
    return f"estates/{estate}/moved/"
