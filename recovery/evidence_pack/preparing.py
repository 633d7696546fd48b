"""Everything that is published of a test: its pages, and its pack; what can not be made is named, with the reason."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from recovery.dr_test.kept import KeptTest
from recovery.errors import Refused
from recovery.evidence_pack.making import NO_KEY, REPORT_HTML, REPORT_PDF, Pack, make_pack, pages
from recovery.report.pdf import render_pdf

ZIP = "evidence.zip"


@dataclass(frozen=True)
class Prepared:
    """The pages by name, the pack, and what is missing."""

    pages: dict[str, bytes]
    pack: Pack
    warnings: list[str]

    @property
    def files(self) -> dict[str, bytes]:
        """What is put where reports are."""
        return {**self.pages, ZIP: self.pack.as_zip}


def prepared(
    kept: KeptTest, key: Callable[[], SecretStr | None], *, pdf: Callable[[str], bytes] = render_pdf
) -> Prepared:
    """Return pages and pack. Evidence is not held back for want of a PDF or a key: the pack says what it lacks."""
    shown, left_out, warnings = pages(kept.test, kept.journals), {}, []
    try:
        shown[REPORT_PDF] = pdf(shown[REPORT_HTML].decode())
    except Refused as error:
        left_out[REPORT_PDF] = str(error)
        warnings.append(f"{REPORT_PDF} is left out: {error}")
    try:
        secret, why = key(), NO_KEY
        pack = make_pack(kept.test, kept.journals, shown, key=secret, left_out=left_out)
    except Refused as error:
        secret, why = None, str(error)
        left_out["the signature"] = why
        pack = make_pack(kept.test, kept.journals, shown, key=None, left_out=left_out)
    if secret is None:
        warnings.append(f"The evidence is not signed: {why}")
    return Prepared(shown, pack, warnings)
