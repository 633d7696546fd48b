"""Bearer tokens from secret files: two may be valid at once, so that a rotation loses no alert.

A rotation writes the new token to the other file, moves the senders, then overwrites or removes the old one.
"""

import hmac
import logging
from collections.abc import Sequence
from pathlib import Path

from recovery.errors import BadInput

SHORTEST = 32
SCHEME = b"bearer"

Stamp = tuple[int, int, int, int]

_log = logging.getLogger(__name__)


class Tokens:
    """The tokens in *files*, each read again when its file changes.

    A file that is gone takes its token with it. One that can not be read, or holds too short a token, changes
    nothing: a token half written, or a bad disk, must not shut out the alerts.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = tuple(files)
        self._stamps: dict[Path, Stamp | None] = dict.fromkeys(self._files)
        self._tokens: dict[Path, bytes] = {}
        for file in self._files:
            if (stamp := _stamp(file)) is not None:
                self._tokens[file], self._stamps[file] = _read(file), stamp
        if not self._tokens:
            raise BadInput(
                f"token_files: none of {', '.join(map(str, self._files))} is there; write a token of at least "
                f"{SHORTEST} characters to one, readable by this account only."
            )

    def accepts(self, authorization: bytes) -> bool:
        """Whether the header holds a token that is valid now; in the same time whichever it is."""
        self._refresh()
        scheme, _, given = authorization.partition(b" ")
        matches = [hmac.compare_digest(given.strip(), token) for token in self._tokens.values()]
        return scheme.lower() == SCHEME and any(matches)

    def _refresh(self) -> None:
        for file in self._files:
            try:
                stamp = _stamp(file)
                if stamp == self._stamps[file]:
                    continue
                self._stamps[file] = stamp
                if stamp is None:
                    self._tokens.pop(file, None)
                else:
                    self._tokens[file] = _read(file)
            except BadInput as error:
                _log.error("%s The token before it stays valid.", error, extra={"action": "read_token"})
            else:
                _log.warning("%s changed, and was read", file, extra={"action": "read_token"})


def _stamp(file: Path) -> Stamp | None:
    """Return what changes with the file, None where there is none."""
    try:
        seen = file.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(file, error) from error
    return seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino


def _read(file: Path) -> bytes:
    try:
        token = file.read_bytes().strip()
    except OSError as error:
        raise _unreadable(file, error) from error
    if len(token) < SHORTEST:
        raise BadInput(f"{file} holds a token of {len(token)} characters; give one of at least {SHORTEST}.")
    return token


def _unreadable(file: Path, error: OSError) -> BadInput:
    return BadInput(f"{file} can not be read ({error.strerror}); make it readable by this account only.")
