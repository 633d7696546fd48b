"""A machine that holds a cluster's files: commands run there, as the account that owns them."""

import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer

from recovery.errors import Unavailable

LOST_CONNECTION = 255
"""What ssh ends with where it could not reach the host, or lost it."""
QUICK_S = 30.0


@dataclass(frozen=True)
class Ran:
    """How a command ended: its status, and what it wrote."""

    status: int
    output: str
    error: str

    @property
    def why(self) -> str:
        """The line that says what is wrong, as far as there is one."""
        lines = [line.strip() for line in (self.error or self.output).splitlines() if line.strip()]
        told = [line for line in lines if "ERROR" in line or "FATAL" in line]
        return (told or lines or [f"status {self.status}"])[0]


@dataclass(frozen=True)
class Host:
    """Runs commands on one machine: through ssh, or here, as another account.

    Commands are lists of words and never pass a shell here; ssh hands the other side's shell quoted words.
    """

    name: str
    ssh: str | None = None
    as_account: Sequence[str] = ()

    def run(self, command: Sequence[object], *, deadline_s: float = QUICK_S, text: str | None = None) -> Ran:
        """Run *command*, with *text* as its input, and return how it ended, whatever its status.

        Raises `Unavailable` where it does not end in time, or the host is not reached.
        """
        words = [str(word) for word in command]
        try:
            done = subprocess.run(
                self._whole(words),
                input=text,
                stdin=subprocess.DEVNULL if text is None else None,
                capture_output=True,
                text=True,
                timeout=deadline_s,
                check=False,
                cwd="/",
            )
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"{words[0]} on {self.name} did not end within {deadline_s:g} s.") from error
        except OSError as error:
            raise Unavailable(f"{words[0]} on {self.name} can not be run ({error.strerror}).") from error
        ran = Ran(done.returncode, done.stdout, done.stderr)
        if self.ssh and ran.status == LOST_CONNECTION:
            raise Unavailable(f"{self.name} is not reached by ssh: {ran.why}")
        return ran

    @contextmanager
    def lines(self, command: Sequence[object], *, deadline_s: float) -> Iterator[Iterator[str]]:
        """Run *command*, and yield its output line by line, however long; it is ended with the block."""
        words = [str(word) for word in command]
        process = subprocess.Popen(
            self._whole(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, cwd="/",
        )  # fmt: skip
        late = Timer(deadline_s, process.kill)
        late.start()
        try:
            yield iter(process.stdout or ())
        finally:
            late.cancel()
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()

    def _whole(self, words: Sequence[str]) -> list[str]:
        if self.ssh:
            return ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", self.ssh, "--", shlex.join(words)]
        return [*self.as_account, *words]
