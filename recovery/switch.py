"""The kill switch: whether anything may happen by itself. Kept where the journal is, at a majority of its stores."""

from pydantic import AwareDatetime

from recovery.measurement import Frozen
from recovery.quorum import Quorum, Taken


class Switched(Frozen):
    """One throw of the switch."""

    on: bool
    by: str
    why: str
    at: AwareDatetime

    @property
    def sentence(self) -> str:
        """Who threw it, when, and why."""
        return f"{'on' if self.on else 'off'} since {self.at:%Y-%m-%d %H:%M:%S} UTC by {self.by}: {self.why}"


def newest(quorum: Quorum, estate: str) -> Switched | None:
    """Return the last throw, None where nobody ever threw it: then automation is on."""
    kept = {key: body for store in quorum.read(_folder(estate)) for key, body in store.items()}
    return Switched.model_validate_json(kept[max(kept)]) if kept else None


def throw(quorum: Quorum, estate: str, switched: Switched) -> None:
    """Write a throw down at a majority of the stores; of two at once, both are kept and the later one counts."""
    number = max((int(key.rsplit("/", 1)[-1]) for key in quorum.keys(_folder(estate))), default=0)
    while True:
        number += 1
        try:
            quorum.put_new(f"{_folder(estate)}{number:08d}", switched.model_dump_json().encode())
        except Taken:
            continue
        return


def _folder(estate: str) -> str:
    return f"estates/{estate}/automation/"
