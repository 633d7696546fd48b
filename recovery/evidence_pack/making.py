"""From the document of a test and its journals to the pack: the same bytes for the same journals and the same key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

from pydantic import SecretStr

from recovery.dr_test.document import DrTest
from recovery.dr_test.schema import schema_json
from recovery.evidence_pack import signing
from recovery.evidence_pack.manifest import (
    ED25519,
    JOURNALS,
    MANIFEST,
    PUBLIC_KEY,
    SIGNATURE,
    JournalEntry,
    Manifest,
    entries,
)
from recovery.evidence_pack.zipped import zipped
from recovery.journal import Event, as_lines
from recovery.report.dr_test_html import render_dr_test

NO_KEY = "no signing key is configured (recovery.testing.signing_key_secret)"
REPORT_JSON, REPORT_HTML, REPORT_PDF = "report.json", "report.html", "report.pdf"
_README = """\
Evidence of the disaster recovery test {test}

report.html   open it in any browser: it needs nothing else. Its first page is read in a minute.
report.pdf    the same page, on paper
report.json   the same, for machines; report.schema.json describes it
journals/     what every operation of the test recorded, event by event, each chained to the one before by its hash
manifest.json size and SHA-256 of every file here; manifest.sig signs it (Ed25519)

Verify it, offline:

    dr evidence verify . --key KEY.pem

or by hand, with what every system has:

    openssl pkeyutl -verify -pubin -inkey KEY.pem -rawin -in manifest.json -sigfile manifest.sig
    sha256sum report.html        # and each other file, against manifest.json

KEY.pem is the public key that you got from the company by another way than with this pack. signing-key.pem came
with the pack: with it you prove that nothing was changed since it was signed, not who signed it.
"""


@dataclass(frozen=True)
class Pack:
    """The files of a pack by name, its manifest among them."""

    test: str
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def as_zip(self) -> bytes:
        """The pack as one file to hand over."""
        return zipped(self.files)


def pages(test: DrTest, journals: Mapping[str, Sequence[Event]]) -> dict[str, bytes]:
    """Return report.json and report.html; *journals* has the operations' events, and the test's own."""
    page = render_dr_test(test, journals)
    return {REPORT_JSON: test.to_json(), REPORT_HTML: page.encode()}


def make_pack(
    test: DrTest,
    journals: Mapping[str, Sequence[Event]],
    shown: Mapping[str, bytes],
    *,
    key: SecretStr | None,
    left_out: Mapping[str, str],
) -> Pack:
    """Return the pack of what is *shown* (`pages`, and the PDF), signed with *key*; without one it says unsigned.

    *journals* has the events of the test and of its operations, by id; *left_out* says what is missing, and why.
    Raises `BadInput` for a key that is none.
    """
    private = signing.private_key(key) if key else None
    files = {
        **shown,
        **{f"{JOURNALS}{name}.jsonl": as_lines(events) for name, events in journals.items()},
        "report.schema.json": schema_json(),
        "README.txt": _README.format(test=test.id).encode(),
    }
    if private:
        files[PUBLIC_KEY] = signing.public_pem(private)
    manifest = Manifest(
        test=test.id,
        made_by=f"eden-dr {version('eden-dr')}",
        files=entries(files),
        journals=[
            JournalEntry(name=f"{JOURNALS}{name}.jsonl", events=len(events), head=events[-1].hash)
            for name, events in sorted(journals.items())
            if events
        ],
        left_out=dict(sorted(left_out.items())),
        signature=ED25519 if private else f"none: {left_out.get('the signature', NO_KEY)}",
        signing_key=signing.fingerprint(private.public_key()) if private else None,
    ).to_json()
    signed = {SIGNATURE: private.sign(manifest)} if private else {}
    return Pack(test=test.id, files=dict(sorted({**files, MANIFEST: manifest, **signed}.items())))
