"""The manifest of a pack: every file with its size and SHA-256, as canonical JSON, which is what gets signed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from recovery.measurement import Frozen

MANIFEST, SIGNATURE, PUBLIC_KEY = "manifest.json", "manifest.sig", "signing-key.pem"
JOURNALS = "journals/"
ED25519 = "Ed25519"


class FileEntry(Frozen):
    """One file of the pack."""

    name: str
    size: int
    sha256: str


class JournalEntry(Frozen):
    """One journal of the pack, and the hash that seals it."""

    name: str
    events: int
    head: str = Field(description="Hash of its newest event: it seals all before it")


class Manifest(Frozen):
    """What the pack holds. It names neither itself nor its signature."""

    form: Literal["1"] = "1"
    test: str
    made_by: str = Field(description="The tool and its version")
    files: list[FileEntry] = Field(description="By name")
    journals: list[JournalEntry] = Field(description="By name")
    left_out: dict[str, str] = Field(description="What a pack has and this one has not, with the reason")
    signature: str = Field(description="Ed25519; or `none`, and why")
    signing_key: str | None = Field(description="SHA-256 of the public key's 32 bytes, in hex")

    def to_json(self) -> bytes:
        """Return it as canonical JSON: keys sorted, no blanks, one line."""
        said = self.model_dump(mode="json")
        return json.dumps(said, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    @property
    def is_signed(self) -> bool:
        """Whether it says that it is signed."""
        return self.signature == ED25519


def entries(files: Mapping[str, bytes]) -> list[FileEntry]:
    """Return the entries of all files that a manifest names, by name."""
    return [
        FileEntry(name=name, size=len(body), sha256=hashlib.sha256(body).hexdigest())
        for name, body in sorted(files.items())
        if name not in {MANIFEST, SIGNATURE}
    ]
