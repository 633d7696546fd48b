"""A failback's page and short form: self-contained, safe to open, and never better than the report."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from recovery.journal import Event, Kind, following
from recovery.report import failback_sheets
from recovery.report.failback_compose import compose_failback
from recovery.report.failback_document import FailbackReport
from recovery.report.failback_html import render_failback
from recovery.report.failback_markdown import render_failback_markdown

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = sorted(path.stem.removeprefix("failback-") for path in SAMPLES.glob("failback-*.jsonl"))
HOSTILE = "<script>alert('x')</script> | [a](javascript:b) $x^2$ \u0416\u202e\x1b[2J\nsecond line"
STRICT = {"redundant_at", "oldest", "newest", "outcome", "left_at"}
VOID = {"meta", "br", "hr", "img", "link", "input", "col"}
ORDER = ("does next", "1. The return", "2. What had never left", "3. Sequences", "4. Checks", "5. Steps")


def journal(name: str) -> list[Event]:
    lines = (SAMPLES / f"failback-{name}.jsonl").read_bytes().splitlines()
    return [Event.model_validate_json(line) for line in lines]


def report_of(name: str) -> FailbackReport:
    return compose_failback(journal(name))


def hostile() -> FailbackReport:
    """A sample, every one of its texts replaced that may be anything."""

    def poisoned(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: poisoned(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [poisoned(item, key) for item in value]
        return HOSTILE if isinstance(value, str) and key not in STRICT else value

    told: list[Event] = []
    for event in journal("asked"):
        fields = event.model_dump(exclude={"seq", "previous", "hash", "data", "actor", "operation"})
        more = {"text": HOSTILE} if event.kind is Kind.NOTED else {}
        told.append(
            following(told, **fields, operation=HOSTILE, actor=HOSTILE, data=poisoned(event.data) | more)
        )
    return compose_failback(told)


class Outline(HTMLParser):
    """Which elements there are, that each is closed, and where links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.links += [value or "" for key, value in attrs if key in {"href", "src", "xlink:href"}]
        self.open += [] if tag in VOID else [tag]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open = self.open if tag in VOID else self.open[:-1]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_one_small_whole_file(name: str) -> None:
    page = render_failback(report_of(name))
    found = Outline(page)

    assert not found.open
    assert all(link.startswith("#") for link in found.links)
    assert not {"script", "link", "img", "iframe"} & found.seen
    assert not re.search(r"@import|url\((?!#)", page)
    assert len(page.encode()) < 60_000


@pytest.mark.parametrize("name", NAMES)
def test_a_page_can_be_made_of_a_journal_that_stops_anywhere(name: str) -> None:
    events = journal(name)

    for length in range(1, len(events)):
        report = compose_failback(events[:length])

        assert not Outline(render_failback(report)).open
        assert report.headline in render_failback_markdown(report)


def test_the_page_tells_things_in_the_order_in_which_they_matter() -> None:
    page = render_failback(report_of("asked"))

    at = [page.index(words) for words in ORDER]

    assert at == sorted(at)
    assert page.index("us-east-1 was not brought back", page.index("<body>")) < at[0]


def test_only_a_met_verdict_is_dressed_as_one() -> None:
    pages = {name: render_failback(report_of(name)) for name in NAMES}

    assert {name for name, page in pages.items() if 'class="verdict met"' in page} == {"returned"}
    assert {n for n, page in pages.items() if 'class="verdict missed"' in page} == {"lossy", "asked", "held"}


def test_hostile_texts_stay_texts() -> None:
    """Names of tables, reasons, errors: a journal may hold anything."""
    report = hostile()
    page = render_failback(report)

    assert report.operation.reason == HOSTILE
    assert "script" not in Outline(page).seen
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page
    assert not {"\x1b", "\u202e"} & set(page)


def test_hostile_texts_stay_texts_in_markdown() -> None:
    text = render_failback_markdown(hostile())

    assert "<script" not in text
    assert "[a](" not in text
    assert "\nsecond line" not in text
    assert not {"\x1b", "\u202e"} & set(text)


def test_the_figures_that_count_come_first_and_what_was_not_seen_says_so() -> None:
    seen = {name: value for name, value, _ in failback_sheets.figures(report_of("returned"))}
    unseen = {name: value for name, value, _ in failback_sheets.figures(report_of("interrupted"))}

    assert seen["T7"] == "2026-03-14 03:15:43.9 UTC"
    assert (seen["Never left"], seen["Final loss"], seen["Differ"]) == ("71", "0", "0")
    assert unseen["Never left"] == "71"
    assert {unseen[name] for name in ("T7", "Unprotected", "Final loss", "Differ")} == {"not seen"}


def test_what_never_left_is_told_by_table_and_by_fate() -> None:
    report = report_of("gapped")

    assert failback_sheets.lost(report).rows == [
        ("customers.public.accounts", "9"),
        ("orders.public.orders", "62"),
        ("orders.public.events, without a key", "12"),
    ]
    assert failback_sheets.fates(report).rows[0] == ("replayed", "66")


def test_where_what_takes_it_back_is_kept_is_told() -> None:
    kept = list(failback_sheets.kept(report_of("returned")))

    assert [what for what, _ in kept] == ["List of all rows", "Plan", "Takes it back"]
    assert kept[2][1].endswith("undo-salvage-us-west-2-comparison-20260314-031520-0a11.jsonl")


def test_the_same_report_gives_the_same_page() -> None:
    assert render_failback(report_of("returned")) == render_failback(report_of("returned"))
