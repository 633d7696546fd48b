"""The pages in a real browser, on a desktop, on a phone and on paper: nothing cut, no error, text that can be read.

The screenshots stay in .cache/tests/screenshots.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from recovery.dr_test.compose import compose_dr_test
from recovery.dr_test.document import DrTest
from recovery.dr_test.kept import KeptTest
from recovery.journal import Event
from recovery.report.dr_test_html import render_dr_test
from recovery.reports_index.entries import entry_of
from recovery.reports_index.page import render_index

CHROMIUM, LOOK = "/usr/bin/chromium", (Path(__file__).parent / "look.js").read_text()
KEPT = Path(__file__).parents[3] / ".cache" / "tests" / "screenshots"
DESKTOP, PHONE, PAPER = (1280, 900), (390, 844), (718, 1000)
"""CSS pixels; paper is A4 less its margins."""
LONG = "a-very-long-name-without-any-place-to-break-it-" * 4
NAMES = ["quarter", "bare", "missed", "index"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def missed(told_otherwise: Callable[..., list[Event]]) -> DrTest:
    """Objectives missed by far, operations without journals, names that are too long for any column."""
    changed = {
        "rto": {"seconds": 90_000.0},
        "rpo": {"seconds": 290.0},
        "happened": LONG,
        "integrity": [{"check": LONG, "ok": False, "value": LONG, "limit": "none"}],
        "alarms": [{"name": LONG, "source": LONG, "reason": LONG}],
    }
    return compose_dr_test(told_otherwise("region_loss", **changed), {})


@pytest.fixture(scope="module")
def pages(
    quarter: KeptTest,
    bare: KeptTest,
    missed: DrTest,
    before: list[DrTest],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A folder with the pages, to be opened from a file as people do."""
    folder = tmp_path_factory.mktemp("pages")
    tests = [*before, quarter.test, bare.test, missed]
    made = {
        "quarter": render_dr_test(quarter.test, quarter.journals),
        "bare": render_dr_test(bare.test, bare.journals),
        "missed": render_dr_test(missed, {}),
        "index": render_index([entry_of(f"{i}-{test.id}", test.to_json()) for i, test in enumerate(tests)]),
    }
    for name, page in made.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture
def opened(chromium: Browser, pages: Path) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page in a window of some size; what the browser complains of fails the test."""
    said: list[str] = []
    context = chromium.new_context()

    def show(name: str, size: tuple[int, int], *, media: str = "screen") -> Page:
        page = context.new_page()
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(media="print" if media == "print" else "screen")
        page.goto((pages / f"{name}.html").as_uri())
        return page

    yield show
    context.close()
    assert not said


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "390"])
def test_nothing_is_cut_and_all_text_can_be_read(
    name: str, size: tuple[int, int], opened: Callable[..., Page]
) -> None:
    page = opened(name, size)
    KEPT.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=KEPT / f"{name}-{size[0]}.png", full_page=True)

    seen = page.evaluate(LOOK)

    assert seen["looked"] > 20
    assert seen["found"] == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_on_paper(name: str, opened: Callable[..., Page]) -> None:
    page = opened(name, PAPER, media="print")
    KEPT.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=KEPT / f"{name}-print.png", full_page=True)

    seen = page.evaluate(LOOK)
    page.pdf(path=KEPT / f"{name}.pdf", format="A4", print_background=True, prefer_css_page_size=True)

    assert seen["found"] == []
    assert len(pypdfium2.PdfDocument(KEPT / f"{name}.pdf")) >= 1


def test_the_look_finds_what_is_wrong(opened: Callable[..., Page]) -> None:
    """A look that finds nothing proves nothing until it has found something."""
    page = opened("bare", PHONE)
    page.evaluate(
        "() => { document.querySelector('h1').style.cssText = 'white-space: nowrap; color: #aaa; width: 900px';"
        "document.querySelector('p').style.cssText = 'width: 3px; overflow: hidden; white-space: nowrap'; }"
    )

    found = " ".join(page.evaluate(LOOK)["found"])

    assert "the page is" in found
    assert "beyond the edge" in found
    assert "cut or scrolled" in found
    assert "contrast" in found


def test_the_first_page_on_paper_is_the_managers(opened: Callable[..., Page]) -> None:
    """Verdict, figures, scenarios and what people do next: one page, and nothing else on it."""
    page = opened("quarter", PAPER, media="print")
    KEPT.mkdir(parents=True, exist_ok=True)
    page.pdf(path=KEPT / "quarter.pdf", format="A4", print_background=True, prefer_css_page_size=True)

    with pypdfium2.PdfDocument(KEPT / "quarter.pdf") as printed:
        first, second = (printed[i].get_textpage().get_text_bounded() for i in (0, 1))

    assert "Not proved: 2½ of 3 scenarios" in first
    assert "The next test is due by 2026-06-14." in first
    assert "1. The plan" not in first
    assert "1. The plan" in second
