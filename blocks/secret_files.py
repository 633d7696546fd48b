"""Secrets by name: a file of that name, or an environment variable; never in the estate file."""

import os
from pathlib import Path

from pydantic import SecretStr

from recovery.errors import BadInput


class SecretFiles:
    """A folder with one file a secret, as containers mount them."""

    def __init__(self, folder: Path) -> None:
        """Read nothing yet."""
        self._folder = folder

    def get(self, name: str) -> SecretStr:
        """Return the secret of that name; `BadInput` says where it was looked for, never what it is."""
        variable = f"DR_SECRET_{name.upper().replace('-', '_')}"
        if variable in os.environ:
            return SecretStr(os.environ[variable])
        try:
            return SecretStr((self._folder / name).read_text(encoding="utf-8").strip())
        except OSError as error:
            raise BadInput(
                f"Secret {name!r} is in neither {self._folder / name} ({error.strerror}) nor ${variable}; "
                "write the file, readable by this account only, or set the variable."
            ) from error

    def optional(self, name: str | None) -> SecretStr | None:
        """Return the secret of that name, None without a name."""
        return self.get(name) if name else None
