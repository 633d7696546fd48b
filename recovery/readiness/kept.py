"""The newest result, and what one run leaves to the next, in the journal's stores.

Of two runs at once the later one's is kept. An older one than the newest costs no more than a journal that is
read once more, or a change that is told again.
"""

from pydantic import Field, ValidationError

from recovery.measurement import Frozen
from recovery.quorum import Quorum
from recovery.readiness.pace import Pace, Reading
from recovery.readiness.proofs import History
from recovery.readiness.proving import KnownSchema
from recovery.readiness.result import Readiness


class Memory(Frozen):
    """What a run has to know of those before."""

    code_version: str = Field(default="", description="By which the journals were read")
    history: History = Field(default_factory=History)
    schemas: dict[str, KnownSchema] = Field(default_factory=dict)
    readings: dict[str, Reading] = Field(default_factory=dict)
    paces: dict[str, Pace] = Field(default_factory=dict, description="The busiest of the last day")


class Kept(Frozen):
    """What is kept of one estate."""

    readiness: Readiness
    memory: Memory

    @classmethod
    def newest(cls, stores: Quorum, estate: str) -> "Kept | None":
        """Return what was kept last; None where nothing was, or nothing that this version understands.

        `Unavailable` where too few stores answer.
        """
        found = [kept for store in stores.read(_key(estate)) for kept in cls._in(store.get(_key(estate)))]
        return max(found, key=lambda kept: kept.readiness.at, default=None)

    def keep(self, stores: Quorum) -> None:
        """Keep it at a majority of the stores, in place of what was there."""
        stores.put(_key(self.readiness.estate), self.model_dump_json().encode())

    @classmethod
    def _in(cls, body: bytes | None) -> "list[Kept]":
        if body is None:
            return []
        try:
            return [cls.model_validate_json(body)]
        except ValidationError:
            return []


def _key(estate: str) -> str:
    return f"estates/{estate}/readiness.json"
