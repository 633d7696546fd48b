"""A restore's page and short form: self-contained, safe to open, and never better than the report."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from recovery.journal import Event, Kind, following
from recovery.report import restore_sheets
from recovery.report.restore_compose import compose_restore
from recovery.report.restore_document import RestoreReport
from recovery.report.restore_html import render_restore
from recovery.report.restore_markdown import render_restore_markdown

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = sorted(path.stem.removeprefix("restore-") for path in SAMPLES.glob("restore-*.jsonl"))
HOSTILE = "<script>alert('x')</script> | [a](javascript:b) $x^2$ \u0416\u202e\x1b[2J\nsecond line"
STRICT = {
    "started_at",
    "stopped_at",
    "first",
    "last",
    "fault_at",
    "last_commit_at",
    "kind",
    "outcome",
    "scope",
}
VOID = {"meta", "br", "hr", "img", "link", "input", "col"}
ORDER = (
    "Achieved RTO",
    "does next",
    "1. The moment",
    "2. Time",
    "3. Proofs",
    "4. Damage",
    "5. Checks",
    "6. Steps",
)


def journal(name: str) -> list[Event]:
    lines = (SAMPLES / f"restore-{name}.jsonl").read_bytes().splitlines()
    return [Event.model_validate_json(line) for line in lines]


def report_of(name: str) -> RestoreReport:
    return compose_restore(journal(name))


def hostile() -> RestoreReport:
    """The repaired sample, every one of its texts replaced that may be anything."""

    def poisoned(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            unknown = {HOSTILE: 9.5} if key == "phases" else {}
            return {k: poisoned(v, k) for k, v in value.items()} | unknown
        if isinstance(value, list):
            return [poisoned(item, key) for item in value]
        return HOSTILE if isinstance(value, str) and key not in STRICT else value

    told: list[Event] = []
    for event in journal("repaired"):
        fields = event.model_dump(exclude={"seq", "previous", "hash", "data", "actor", "operation"})
        more = {"text": HOSTILE} if event.kind is Kind.NOTED else {}
        data = poisoned(event.data) | more
        told.append(following(told, **fields, operation=HOSTILE, actor=HOSTILE, data=data))
    return compose_restore(told)


class Outline(HTMLParser):
    """Which elements there are, that each is closed, and where links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.ids += [value or "" for key, value in attrs if key == "id"]
        self.links += [value or "" for key, value in attrs if key in {"href", "src", "xlink:href"}]
        self.open += [] if tag in VOID else [tag]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open = self.open if tag in VOID else self.open[:-1]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_one_small_whole_file(name: str) -> None:
    page = render_restore(report_of(name))
    found = Outline(page)

    assert not found.open
    assert len(found.ids) == len(set(found.ids))
    assert all(link.startswith("#") for link in found.links)
    assert not {"script", "link", "img", "iframe"} & found.seen
    assert not re.search(r"@import|url\((?!#)", page)
    assert len(page.encode()) < 100_000


def test_a_page_can_be_made_of_a_journal_that_stops_anywhere() -> None:
    events = journal("repaired")

    for length in range(1, len(events)):
        report = compose_restore(events[:length])

        assert not Outline(render_restore(report)).open
        assert report.verdict.headline in render_restore_markdown(report)


def test_the_page_tells_things_in_the_order_in_which_they_matter() -> None:
    page = render_restore(report_of("repaired"))

    at = [page.index(words) for words in ORDER]

    assert at == sorted(at)
    assert page.index("Objectives met", page.index("<body>")) < at[0]


def test_only_a_surgical_restore_speaks_of_damage() -> None:
    assert "Damage</h2>" not in render_restore(report_of("beside"))
    assert "4. Checks" in render_restore(report_of("beside"))
    assert "5. Checks" in render_restore(report_of("repaired"))


def test_only_a_met_verdict_is_dressed_as_one() -> None:
    """One whose proofs failed is dressed as missed."""
    pages = {name: render_restore(report_of(name)) for name in NAMES}

    assert {name for name, page in pages.items() if 'class="verdict met"' in page} == {"beside", "repaired"}
    assert {n for n, page in pages.items() if 'class="verdict missed"' in page} == {"resumed", "unproved"}


def test_hostile_texts_stay_texts() -> None:
    """Names of tables, reasons, errors, phases: a journal may hold anything."""
    report = hostile()
    page = render_restore(report)

    assert report.damage is not None
    assert report.damage.tables[0].table == HOSTILE
    assert "script" not in Outline(page).seen
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page
    assert not {"\x1b", "\u202e"} & set(page)


def test_hostile_names_stay_texts_in_the_picture() -> None:
    page = render_restore(hostile())

    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)

    assert len(pictures) == 2
    assert all("<script" not in picture for picture in pictures)
    for picture in pictures:
        ET.fromstring(picture)  # noqa: S314 - it is our own, and must be well-formed


def test_hostile_texts_stay_texts_in_markdown() -> None:
    text = render_restore_markdown(hostile())

    assert "<script" not in text
    assert "[a](" not in text
    assert "\nsecond line" not in text
    assert not {"\x1b", "\u202e"} & set(text)


def test_the_picture_comes_wide_and_narrow_with_words_beside_it() -> None:
    page = render_restore(report_of("repaired"))

    assert page.count("<title>Time by phase, to scale</title>") == 2
    assert "approval: 28.3 s, 67 %" in page
    assert "the tool itself: 2.0 s, 5 %" in page


def test_the_ladder_is_shown_rung_by_rung_and_failures_stand_out() -> None:
    sheet = restore_sheets.rungs(report_of("unproved"))

    assert [row[1] for row in sheet.rows] == ["held", "held", "does not apply", "FAILED", "held", "held"]
    assert sheet.strong == {3}


def test_damage_is_counted_by_table_with_what_is_left_to_a_person() -> None:
    report = report_of("repaired")

    sheet = restore_sheets.damage(report)

    assert sheet.caption == "Rows brought back, by table"
    assert sheet.rows[1] == ("orders.public.orders", "180", "26", "3", "2")
    assert sheet.rows[2] == ("All tables", "184", "26", "3", "2")
    assert ("Undo file", "operations/restore-2/undo.jsonl") in restore_sheets.damage_facts(report)
    assert restore_sheets.damage(report_of("planned")).caption == "Rows to be brought back, by table"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("beside", "9.8 s; it took 12.4 s, 27 % more"),
        ("repaired", "9.8 s; it took 14.2 s, 45 % more, beside 28.3 s of waiting"),
        ("refused", "9.8 s; what it took was not measured"),
    ],
)
def test_the_prediction_stands_beside_what_it_took(name: str, told: str) -> None:
    assert dict(restore_sheets.moment_facts(report_of(name)))["Predicted"] == told


def test_the_short_form_has_verdict_next_time_and_proofs() -> None:
    text = render_restore_markdown(report_of("repaired"))

    assert text.startswith("# Objectives met: us-east-1, surgical\n")
    assert "| 42.5 s | 15 min | ✓ MET |" in text
    assert "1. decide about the 2 rows" in text
    assert "| Heaps and indexes are sound | held |" in text


def test_the_same_report_gives_the_same_page() -> None:
    assert render_restore(report_of("repaired")) == render_restore(report_of("repaired"))


def test_composing_does_not_wait_for_matplotlib() -> None:
    code = (
        "import sys, recovery.report.restore_compose, recovery.report.restore_html, "
        "recovery.report.restore_markdown; sys.exit('matplotlib' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
