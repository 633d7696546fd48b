"""Approvers in memory: a code is right where it is the approver's name and the moment, or one of those beside it."""

from datetime import datetime

MOMENT_S = 30


class FakeApprovers:
    """Ada and Grace."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return who they are."""
        return ("ada", "grace")

    def code_of(self, name: str, at: datetime) -> str:
        """Return the code that is right at this moment."""
        return f"{name}-{self._moment(at)}"

    def moment_of(self, name: str, code: str, at: datetime) -> int | None:
        """Return the number of the moment to which a right *code* belongs, None for a wrong one."""
        now = self._moment(at)
        return next((moment for moment in (now, now - 1, now + 1) if code == f"{name}-{moment}"), None)

    def _moment(self, at: datetime) -> int:
        return int(at.timestamp()) // MOMENT_S
