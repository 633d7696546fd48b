"""Whether a pack is as it was signed: every file that was changed, is missing or is too many, by its name. Offline."""

import hashlib
import json
from collections.abc import Iterator, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field, ValidationError

from recovery.errors import BadInput
from recovery.evidence_pack import signing
from recovery.evidence_pack.manifest import JOURNALS, MANIFEST, PUBLIC_KEY, SIGNATURE, JournalEntry, Manifest
from recovery.journal import Event, broken_link
from recovery.measurement import Frozen

MAKE_ONE = (
    "make a key with `dr evidence key`, name it in recovery.testing.signing_key_secret, then pack it again"
)


class Checked(Frozen):
    """What came of the look at a pack."""

    test: str | None
    files: int = Field(description="How many files were compared with the manifest")
    events: int = Field(description="How many events of journals are whole")
    problems: list[str] = Field(description="Each names a file, and what is wrong with it")
    signed_by: str | None = Field(description="SHA-256 of the public key whose signature fits")
    key_given: bool = Field(description="Whether that key came by another way than with the pack")
    left_out: dict[str, str]

    @property
    def holds(self) -> bool:
        """Whether the pack is whole, signed, and as it was when it was signed."""
        return not self.problems and self.signed_by is not None


def verify(files: Mapping[str, bytes], *, key: bytes | None = None, key_name: str = "the key") -> Checked:
    """Return what is wrong with a pack's files; *key* is a public key (PEM) that did not come with them.

    Raises `BadInput` for a *key* that is none.
    """
    given = signing.public_key(key, name=key_name) if key else None
    manifest, problems = _manifest(files)
    if manifest is None:
        return Checked(
            test=None, files=0, events=0, problems=problems, signed_by=None, key_given=False, left_out={}
        )
    signer, unsigned = _signature(files, manifest, given)
    told = [journal for entry in manifest.journals for journal in _journal(files, entry)]
    return Checked(
        test=manifest.test,
        files=len(manifest.files),
        events=sum(entry.events for entry in manifest.journals) if not told else 0,
        problems=[*unsigned, *_files(files, manifest), *told, *_report(files, manifest)],
        signed_by=signer,
        key_given=given is not None,
        left_out=manifest.left_out,
    )


def _manifest(files: Mapping[str, bytes]) -> tuple[Manifest | None, list[str]]:
    if MANIFEST not in files:
        return None, [f"{MANIFEST}: it is missing; without it nothing here can be verified"]
    try:
        return Manifest.model_validate_json(files[MANIFEST]), []
    except ValidationError:
        return None, [
            f"{MANIFEST}: it was changed, or is no manifest; without it nothing here can be verified"
        ]


def _signature(
    files: Mapping[str, bytes], manifest: Manifest, given: Ed25519PublicKey | None
) -> tuple[str | None, list[str]]:
    """Return whose signature fits, and what is wrong with it."""
    if not manifest.is_signed:
        return None, [f"{MANIFEST}: it is not signed ({manifest.signature}); {MAKE_ONE}"]
    if SIGNATURE not in files:
        return None, [f"{SIGNATURE}: it is missing, and the manifest says that it is signed"]
    try:
        key = given or signing.public_key(files.get(PUBLIC_KEY, b""), name=PUBLIC_KEY)
    except BadInput as error:
        return None, [f"{PUBLIC_KEY}: it was changed, or is missing: {error}"]
    mark = signing.fingerprint(key)
    if signing.fits(key, files[SIGNATURE], files[MANIFEST]):
        return mark, []
    if mark != manifest.signing_key:
        theirs = manifest.signing_key or "none"
        return None, [
            f"{SIGNATURE}: it does not fit the key {mark}; {MANIFEST} says that it was made with the key {theirs}"
        ]
    return None, [f"{MANIFEST} or {SIGNATURE}: one of them was changed; the signature does not fit"]


def _files(files: Mapping[str, bytes], manifest: Manifest) -> Iterator[str]:
    named = {entry.name: entry for entry in manifest.files}
    for name, entry in named.items():
        if name not in files:
            yield f"{name}: it is missing"
        elif len(files[name]) != entry.size:
            yield f"{name}: it was changed; it has {len(files[name]):,} bytes, and had {entry.size:,}"
        elif hashlib.sha256(files[name]).hexdigest() != entry.sha256:
            yield f"{name}: it was changed"
    for name in sorted(set(files) - set(named) - {MANIFEST, SIGNATURE}):
        yield f"{name}: it is too many; the manifest does not name it"
    if SIGNATURE in files and not manifest.is_signed:
        yield f"{SIGNATURE}: it is too many; the manifest says that it is not signed"


def _journal(files: Mapping[str, bytes], entry: JournalEntry) -> Iterator[str]:
    """Yield where the journal's chain of hashes does not hold."""
    if (body := files.get(entry.name)) is None:
        return  # told already
    events = []
    for number, line in enumerate(body.splitlines(), start=1):
        try:
            events.append(Event.model_validate_json(line))
        except ValidationError:
            yield f"{entry.name}: line {number} is no event"
            return
    if (seq := broken_link(events)) is not None:
        yield f"{entry.name}: its chain of hashes is broken at event {seq}"
    elif len(events) != entry.events or events[-1].hash != entry.head:
        yield f"{entry.name}: it has {len(events)} events, and the manifest's seal is of {entry.events}"


def _report(files: Mapping[str, bytes], manifest: Manifest) -> Iterator[str]:
    """Yield where the report tells of other journals than those that are here."""
    try:
        report = json.loads(files.get("report.json", b"{}"))
        told = {report["id"]: report["journal_sha256"]}
        told |= {one["id"]: one["journal_sha256"] for one in report["operations"]}
    except (ValueError, KeyError, TypeError):
        yield "report.json: it tells of no journals"
        return
    here = {entry.name: entry.sha256 for entry in manifest.files if entry.name.startswith(JOURNALS)}
    for name, sha256 in told.items():
        if here.get(f"{JOURNALS}{name}.jsonl") != sha256:
            yield f"{JOURNALS}{name}.jsonl: it is not the one that report.json was made of"
