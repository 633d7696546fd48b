"""Errors are facts, in one short tree: `Refused` (a person decides) and `Unavailable` (retry).

A message names the thing, the value and what would do. It never holds a secret:
adapters translate driver errors before they leave.
"""

from pydantic import JsonValue


class RecoveryError(Exception):
    """Anything this project says no with."""


class Refused(RecoveryError):
    """It will not be done as things stand; repeating changes nothing, a person decides."""


class Unavailable(RecoveryError):
    """Something did not answer, or not in time; repeating may help."""


class RowsLocked(Unavailable):
    """Somebody holds rows, and does not let them go in time; repeating may help."""


class BadInput(Refused):
    """A file or a parameter is wrong: the message names it, its value and what would do."""


class NotReady(Refused):
    """The target cannot take over, or the source cannot be left, as it stands."""

    def __init__(self, message: str, *, evidence: JsonValue = None) -> None:
        """Say why; *evidence* is what was found, for the report."""
        super().__init__(message)
        self.evidence = evidence


class NotApproved(Refused):
    """Somebody refused it, or nobody approved it in time; the message says who, and why."""


class NeedsTheLost(Refused):
    """A step would reach out to what may be lost with the source, and has no other way."""


class LossBeyondRpo(Refused):
    """Going on now would lose more than the recovery point objective allows."""


class EpochHeld(Refused):
    """Another operation holds the estate; the message says which, and since when."""


class Superseded(Refused):
    """A newer epoch was taken: this process must not change anything any more."""


class OperationClosed(Refused):
    """The operation was finished or backed out; its id can not be used again."""


class BackingOut(Refused):
    """The operation is putting things back; it takes no step forward."""


class StillWritable(Unavailable):
    """The region accepted a write after it was fenced."""


class DeadlinePassed(Unavailable):
    """What was awaited did not come: the message says what, for how long, what was seen last."""
