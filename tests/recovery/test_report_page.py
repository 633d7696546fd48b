"""The page: self-contained, safe to open, fast to make, and never better than the report."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from recovery.journal import Event, following
from recovery.report import schema, sheets, words
from recovery.report.compose import compose
from recovery.report.document import Report
from recovery.report.html import render_html
from recovery.report.markdown import render_markdown, timeline_table

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = sorted(path.stem.removeprefix("journal-") for path in SAMPLES.glob("journal-*.jsonl"))
HOSTILE = "<script>alert('x')</script> | [a](javascript:b) $x^2$ \u0416"
VOID = {"meta", "br", "hr", "img", "link", "input", "col"}


def journal(name: str) -> list[Event]:
    lines = (SAMPLES / f"journal-{name}.jsonl").read_bytes().splitlines()
    return [Event.model_validate_json(line) for line in lines]


def report_of(name: str) -> Report:
    return compose(journal(name))


def hostile() -> list[Event]:
    """The restored sample, every one of its texts replaced that may be anything."""

    def poisoned(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            regions = key == "by_region"
            return {(HOSTILE if regions else k): poisoned(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [poisoned(item, key) for item in value]
        strict = {"at", "name", "start", "compared_since", "compared_at", "newest_of_prefix", "outcome"}
        dated = {"acknowledged_at", "committed_at"}
        return HOSTILE if isinstance(value, str) and key not in strict | dated else value

    told: list[Event] = []
    for event in journal("restored"):
        fields = event.model_dump(exclude={"seq", "previous", "hash", "data", "actor"})
        told.append(following(told, **fields, actor=HOSTILE, data=poisoned(event.data)))
    return told


class Outline(HTMLParser):
    """Which elements there are, that each is closed, and what ids and links they have."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [value or "" for key, value in attrs if key in {"href", "src", "xlink:href"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(page: str) -> Outline:
    found = Outline()
    found.feed(page)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_one_small_whole_file(name: str) -> None:
    page = render_html(report_of(name))
    found = outline(page)

    assert not found.open
    assert len(found.ids) == len(set(found.ids))
    assert all(link.startswith("#") for link in found.links)
    assert not {"script", "link", "img", "iframe"} & set(found.seen)
    assert not re.search(r"@import|url\((?!#)", page)
    assert len(page.encode()) < 400_000


@pytest.mark.parametrize("name", NAMES)
def test_the_page_says_the_verdict_in_words_before_anything_else(name: str) -> None:
    report = report_of(name)

    page = render_html(report)

    assert page.index(report.verdict.headline, page.index("<body>")) < page.index("1. Timeline")
    assert page.count('class="stamp"') == 2


def test_only_a_met_verdict_is_dressed_as_one() -> None:
    pages = {name: render_html(report_of(name)) for name in NAMES}

    met = {name for name, page in pages.items() if 'class="verdict met"' in page}

    assert met == {"restored", "moved"}


def test_hostile_texts_stay_texts() -> None:
    """Region names, errors, remedies, actors: a journal may hold anything."""
    page = render_html(compose(hostile()))
    found = outline(page)

    assert "script" not in found.seen
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_hostile_texts_stay_texts_in_markdown() -> None:
    text = render_markdown(compose(hostile()))

    assert "<script" not in text
    assert "[a](" not in text


def test_pictures_come_wide_and_narrow_with_words_beside_them() -> None:
    page = render_html(report_of("restored"))

    assert page.count("<svg ") == 4
    assert page.count('role="img"') == 4
    assert page.count("<title>Traffic by region</title>") == 2
    assert "T5 to T6, clients following: 1.0 s" in page


def test_the_page_lists_two_hundred_lost_rows_and_names_the_rest() -> None:
    report = report_of("resumed")

    assert len(sheets.lost(report).rows) == 200
    assert "the first 200 of 240" in render_html(report)
    assert len(json.loads(report.to_json())["rows"]["lost"]) == 240


def test_interruptions_are_shown_with_seconds_after_the_fault_and_the_time() -> None:
    rows = sheets.interruptions(report_of("restored")).rows

    assert rows[0][:2] == ("Clients interrupted", "8")
    assert rows[3][:3] == ("Last served again", "+5.9 s", "02:17:47.2")
    assert rows[5][:2] == ("Longest interruption", "6.0 s")


def test_a_move_without_an_interruption_says_none() -> None:
    [row] = sheets.interruptions(report_of("moved")).rows

    assert row[:2] == ("Longest interruption", "none")


def test_the_same_report_gives_the_same_page() -> None:
    assert render_html(report_of("restored")) == render_html(report_of("restored"))


def test_the_short_form_has_verdict_next_and_longest_phase() -> None:
    text = render_markdown(report_of("restored"))

    assert text.startswith("# Objectives met: us-east-1 to us-west-2\n")
    assert "| 6.0 s | 15 min | ✓ MET |" in text
    assert "1. Tell the owners of orders which 2 rows are missing" in text
    assert "Longest phase." in text


def test_the_timeline_table_has_a_row_for_each_point() -> None:
    rows = timeline_table(report_of("restored"))

    assert [row["Point"].split()[0] for row in rows] == ["T0", "T1", "T2", "T3", "T4", "T5", "T6", "T7"]
    assert [row["Longest"] for row in rows].count("longest") == 1
    assert rows[7]["Time (UTC)"] == "not measured"
    assert rows[7]["Measured by, or why not"].startswith("us-east-1 has not returned")


@pytest.mark.parametrize("name", NAMES)
def test_a_report_keeps_to_the_published_schema(name: str) -> None:
    published = json.loads(schema.PATH.read_text())

    jsonschema.validate(json.loads(report_of(name).to_json()), published)


def test_the_published_schema_is_in_step() -> None:
    """Else run `python -m recovery.report.schema`."""
    assert schema.PATH.read_bytes() == schema.schema_json()


def test_the_core_of_the_report_does_not_wait_for_matplotlib() -> None:
    """A flow that only composes, or is told to render later, starts without it."""
    code = (
        "import sys, recovery.report.compose, recovery.report.html, recovery.report.markdown; "
        "sys.exit('matplotlib' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "not measured"),
        (0, "0 s"),
        (0.562, "0.56 s"),
        (6, "6.0 s"),
        (14.24, "14.2 s"),
        (59.97, "1 min"),
        (900, "15 min"),
        (900.04, "15 min 01 s"),
        (2293, "38 min 13 s"),
        (3600, "1 h"),
        (7500, "2 h 05 min"),
        (90_000, "1 d 01 h"),
        (-3, "-3.0 s"),
    ],
)
def test_a_length_of_time_reads_well_and_never_flatters(seconds: float | None, said: str) -> None:
    assert words.span(seconds) == said
