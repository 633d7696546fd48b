"""The PDF: the page on paper, the same bytes each time; without its libraries a refusal that says what would do."""

import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest

from recovery.dr_test.kept import KeptTest
from recovery.report.dr_test_html import render_dr_test
from recovery.report.pdf import render_pdf


def test_the_managers_page_comes_first_and_nothing_lies_beyond_the_paper(quarter: KeptTest) -> None:
    printed = render_pdf(render_dr_test(quarter.test, quarter.journals))

    with pypdfium2.PdfDocument(printed) as document:
        texts = [page.get_textpage().get_text_bounded() for page in document]
        beyond = [
            (number, text.strip())
            for number, page in enumerate(document, start=1)
            for text, left, right in _lines(page)
            if left < 0 or right > page.get_width()
        ]
    assert "Not proved: 2½ of 3 scenarios" in texts[0]
    assert "The next test is due by 2026-06-14." in texts[0]
    assert "1. The plan" in texts[1]
    assert "11. Sign-off" in " ".join(texts[-2:])
    assert beyond == []


def _lines(page: pypdfium2.PdfPage) -> list[tuple[str, float, float]]:
    """Return each rectangle of text with its left and right edge, in points."""
    text = page.get_textpage()
    boxes = [text.get_rect(i) for i in range(text.count_rects())]
    return [(text.get_text_bounded(*box), box[0], box[2]) for box in boxes]


def test_the_same_page_gives_the_same_bytes(bare: KeptTest) -> None:
    page = render_dr_test(bare.test, bare.journals)

    assert render_pdf(page) == render_pdf(page)


def test_nothing_is_fetched() -> None:
    """A page is evidence: what it would fetch is not in it."""
    page = '<img src="file:///etc/hostname"><link rel="stylesheet" href="http://127.0.0.1:9/x.css"><p>text'

    with pypdfium2.PdfDocument(render_pdf(page)) as document:
        assert document[0].get_textpage().get_text_bounded() == "text"


@pytest.mark.parametrize(
    "error", ["OSError(\"cannot load library 'libpango-1.0-0'\")", "ImportError('no weasyprint')"]
)
def test_without_its_libraries_it_is_refused_with_what_would_do(error: str, tmp_path: Path) -> None:
    """On a machine of a user's that has no Pango: here a WeasyPrint that can not be imported stands for it."""
    (tmp_path / "weasyprint.py").write_text(f"raise {error}")
    code = "from recovery.report.pdf import render_pdf; render_pdf('<p>text')"
    here = {"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[3]}"}

    told = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, env=here
    ).stderr

    assert "recovery.errors.Refused: No PDF can be made here" in told
    assert "libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0: install them with apt-get" in told
