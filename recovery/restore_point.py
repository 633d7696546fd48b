"""The moment a restore goes back to, and whether it can be reached."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, StringConstraints

from recovery.errors import BadInput
from recovery.measurement import Frozen

Lsn = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}$")]
POINT_NAME = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,62}$"
PointName = Annotated[str, StringConstraints(pattern=POINT_NAME)]
Transaction = Annotated[int, Field(ge=3, le=2**32 - 1)]
"""A transaction's number as PostgreSQL writes it into WAL: 32 bits, the first three are its own."""


class TargetKind(StrEnum):
    """How a moment is named."""

    TIME = "time"
    LSN = "lsn"
    NAME = "name"
    BEFORE_TRANSACTION = "before transaction"
    AFTER_TRANSACTION = "after transaction"
    LATEST = "latest"
    """As far as the archive goes."""


class Target(Frozen):
    """A moment in one cluster's WAL. By time or position, commits up to it and at it are kept."""

    kind: TargetKind
    value: str = Field(
        description="As PostgreSQL reads it: a time with its zone, a position, a name, a number"
    )

    @classmethod
    def time(cls, moment: datetime) -> Self:
        """Return the moment *moment*."""
        return cls(kind=TargetKind.TIME, value=moment.isoformat(sep=" "))

    @classmethod
    def latest(cls) -> Self:
        """Return the end of what is archived."""
        return cls(kind=TargetKind.LATEST, value="the newest archived commit")

    @property
    def moment(self) -> datetime | None:
        """The moment, where it is named by time."""
        return datetime.fromisoformat(self.value) if self.kind is TargetKind.TIME else None

    def __str__(self) -> str:
        """The moment, as a sentence goes on with it."""
        match self.kind:
            case TargetKind.TIME | TargetKind.LATEST:
                return self.value
            case TargetKind.LSN:
                return f"position {self.value}"
            case TargetKind.NAME:
                return f"restore point {self.value}"
            case TargetKind.BEFORE_TRANSACTION | TargetKind.AFTER_TRANSACTION:
                return f"just {self.kind} {self.value}"


class Named(Frozen):
    """A target as a form asks for it: exactly one of its fields is given."""

    time: AwareDatetime | None = None
    lsn: Lsn | None = None
    name: PointName | None = None
    before_transaction: Transaction | None = None
    latest: bool = False

    def target(self) -> Target:
        """Return the one that is given; `BadInput` says which were."""
        given = {field: value for field, value in self if value is not None and value is not False}
        if len(given) != 1:
            told = ", ".join(given) or "nothing"
            raise BadInput(
                f"A restore goes back to one moment, and {told} was given; give exactly one of a time, an LSN, "
                "a restore point's name, the transaction to stop before, or the newest commit."
            )
        field, value = next(iter(given.items()))
        if isinstance(value, datetime):
            return Target.time(value)
        if value is True:
            return Target.latest()
        kinds = {
            "lsn": TargetKind.LSN,
            "name": TargetKind.NAME,
            "before_transaction": TargetKind.BEFORE_TRANSACTION,
        }
        return Target(kind=kinds[field], value=str(value))
