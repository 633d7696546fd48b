"""The `Faults` port on commands: a lab's own, or those that a staging estate is broken by."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from recovery.drill.faults import Damage, Fault, Injected
from recovery.errors import Refused, Unavailable

_DAMAGED = TypeAdapter(list[Damage])


@dataclass(frozen=True)
class FaultCommand:
    """Runs `COMMAND FAULT REGION`, which prints `{"at": ..., "details": {...}}`; and another one that mends it all.

    The other one may print `{"damaged": [{"at", "region", "transaction", "table"}, ...]}`, and has to where the first
    one damages rows.
    """

    break_by: Sequence[str]
    heal_by: Sequence[str]
    deadline_s: float

    @property
    def endpoint(self) -> str:
        """The command."""
        return f"faults by {' '.join(self.break_by)}"

    def inject(self, fault: Fault, region: str) -> Injected:
        """Run it, and read its last line."""
        said = self._run([*self.break_by, fault.value, region])
        try:
            told: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
            details = {str(key): str(value) for key, value in told.get("details", {}).items()}
            return Injected(datetime.fromisoformat(told["at"]), details)
        except (ValueError, KeyError, IndexError) as error:
            raise Refused(
                f"{self.break_by[0]} did not say when it injected {fault}: its last line is to be JSON with `at`."
            ) from error

    def heal(self) -> Sequence[Damage]:
        """Run it, and read its last line, where that is JSON."""
        last = self._run(self.heal_by).strip().splitlines()[-1:]
        try:
            told = json.loads(last[0]) if last else {}
        except ValueError:
            return ()
        try:
            return _DAMAGED.validate_python(told.get("damaged", ()) if isinstance(told, dict) else ())
        except ValidationError as error:
            raise Refused(
                f"{self.heal_by[0]} does not say which rows were damaged as docs/testing.md has it: "
                f"{error.errors()[0]['msg']}."
            ) from error

    def _run(self, command: Sequence[str]) -> str:
        """Return what the command said; its environment is ours."""
        try:
            done = subprocess.run(
                list(command),
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=self.deadline_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"{command[0]} did not end within {self.deadline_s:g} s.") from error
        except OSError as error:
            raise Refused(f"{command[0]} can not be run ({error.strerror}); see recovery.faults.") from error
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it said nothing"]
            raise Unavailable(f"{' '.join(command)} ended with {done.returncode}: {last[0]}")
        return done.stdout
