"""A directory as a journal store."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from recovery.errors import Unavailable


class DirectoryStore:
    """Objects as files; a new one appears whole or not at all, by a hard link that must be the first."""

    def __init__(self, place: str, path: Path) -> None:
        """Take the directory; it is made at the first write."""
        self.place, self._path = place, path

    def put_new(self, key: str, body: bytes) -> bytes | None:
        """Write *body* under a key that has none; return None, or what was there before."""
        target = self._path / key
        try:
            written = self._written(target, body)
            try:
                os.link(written, target)
                _on_disk(target.parent)
            except FileExistsError:
                return target.read_bytes()
            finally:
                written.unlink()
        except OSError as error:
            raise self._unavailable(key, error) from error
        return None

    def put(self, key: str, body: bytes) -> None:
        """Write *body* under *key*, whatever was there."""
        target = self._path / key
        try:
            self._written(target, body).replace(target)
            _on_disk(target.parent)
        except OSError as error:
            raise self._unavailable(key, error) from error

    def read(self, prefix: str) -> dict[str, bytes]:
        """Return every object whose key begins with *prefix*."""
        try:
            return {key: (self._path / key).read_bytes() for key in self.keys(prefix)}
        except OSError as error:
            raise self._unavailable(prefix, error) from error

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with *prefix*, sorted."""
        folder = self._path / prefix.rpartition("/")[0]
        try:
            found = [
                (Path(where) / name).relative_to(self._path).as_posix()
                for where, _, names in os.walk(folder, onerror=_raise_unless_missing)
                for name in names
            ]
        except OSError as error:
            raise self._unavailable(prefix, error) from error
        return sorted(key for key in found if key.startswith(prefix) and not key.endswith(".new"))

    def _written(self, target: Path, body: bytes) -> Path:
        """Write *body* beside *target*, on the disk when this returns."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=target.parent, suffix=".new", delete=False) as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        return Path(file.name)

    def _unavailable(self, key: str, error: OSError) -> Unavailable:
        return Unavailable(f"{self._path}/{key}: {error.strerror}; make the directory writable.")


def _on_disk(folder: Path) -> None:
    """Have the folder's new entry survive a loss of power."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _raise_unless_missing(error: OSError) -> None:
    """A folder that may not be read is no empty one: who reads nothing might take what is held."""
    if not isinstance(error, FileNotFoundError):
        raise error
