"""Whatever a label says is text wherever it arrives: log, evaluations, journal, report, artifacts, terminal."""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from typer.testing import CliRunner

from deployments import verdicts
from deployments.intake.api import Door, app
from deployments.intake.attribution import Listed
from deployments.intake.deciding import Deciding
from deployments.intake.known import Known
from deployments.progress import Lines
from recovery import operation_journal
from recovery.evaluation import parsed
from recovery.fakes.estate import FakeEstate
from recovery.journal import Event, following
from recovery.operation import Incident
from recovery.report.compose import compose
from recovery.report.html import render_html
from recovery.report.markdown import render_markdown, timeline_table

EAST = "us-east-1"
RESTORED = Path(__file__).parents[2] / "samples" / "journal-restored.jsonl"
HOSTILE = (
    "{{ 7*7 }} {operation} <script>alert(1)</script> <!channel> ![x](http://evil.example/x.png) [a](javascript:b) "
    "`code` | **bold** _it_ # www.evil.example me@evil.example $x^2$ ${jndi:ldap://x} '; DROP TABLE orders;--\n"
    "- 2026-11-22 08:32:00 INFO forged line\r\n\x1b[2J\x1b]0;title\x07\x9b31m \u202egnitset\u2066 \u2028end"
)
LONG = HOSTILE + "x" * (4096 - len(HOSTILE.encode()))
SHOWN = r"\x1b[2J\x1b]0;title\x07\x9b31m \u202egnitset\u2066"
BEARER = {"Authorization": "Bearer " + "t" * 32}
PLAIN = {"text", "text_special"}


def asked(door: Door, *requests: tuple[str, str, bytes]) -> list[httpx.Response]:
    """Return the door's answers."""

    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app(door))
        async with httpx.AsyncClient(transport=transport, base_url="http://intake", headers=BEARER) as client:
            return [await client.request(how, path, content=content) for how, path, content in requests]

    return asyncio.run(run())


def poisoned(value: Any, key: str = "") -> Any:
    """Return a journal's data with every text in it that may be anything replaced."""
    strict = {"at", "name", "start", "compared_since", "compared_at", "newest_of_prefix", "outcome"}
    strict |= {"acknowledged_at", "committed_at", "first", "median", "last"}
    if isinstance(value, dict):
        return {name: item if name == "by_region" else poisoned(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, key) for item in value]
    return HOSTILE if isinstance(value, str) and key not in strict else value


def a_hostile_journal() -> list[Event]:
    """A restored operation whose journal quotes the hostile text wherever it quotes anything."""
    told: list[Event] = []
    for line in RESTORED.read_bytes().splitlines():
        event = Event.model_validate_json(line)
        fields = event.model_dump(exclude={"seq", "previous", "hash", "data", "actor"})
        told.append(following(told, **fields, actor=HOSTILE, data=poisoned(event.data)))
    return told


class Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements, self.text = set[str](), ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def inline(markdown: str) -> list[Token]:
    """Return what Markdown makes of a document's lines, tables and autolinks included."""
    blocks = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    return [token for block in blocks for token in block.children or []]


def test_a_hostile_delivery_is_kept_as_it_is_and_told_as_text(
    door: Door,
    body: Callable[..., bytes],
    make_estate: Callable[..., FakeEstate],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One line for each log record and each evaluation; no metric knows a label; `dr verdict replay` takes it."""
    caplog.set_level(logging.INFO)
    observers = {"witness": {"prometheus": "http://witness.example.com:9090"}}
    estate, kept = (
        make_estate(recovery={"automation": {"observers": observers}}),
        tmp_path / "evaluations.jsonl",
    )
    known = Known(door.store, Listed(estate.file.regions, observers), remembered=timedelta(seconds=30))
    deciding = Deciding(estate, known, {}, kept=kept, registry=door.metrics.registry)
    sound = {"dr_signal": "errors", "region": EAST, "prometheus": "monitoring-witness"}
    labels = sound | {"alertname": HOSTILE, "service": LONG, HOSTILE: LONG}
    strange = [labels | {name: LONG} for name in ("region", "dr_signal", "observer", "prometheus")]
    told = body(*({"labels": one, "annotations": {HOSTILE: LONG}} for one in (labels, *strange)))

    taken, metrics = asked(door, ("POST", "/alertmanager", told), ("GET", "/metrics", b""))
    [refused] = asked(door, ("POST", "/alertmanager", body({"labels": {HOSTILE: 1}, "status": HOSTILE})))
    evaluation = deciding.evaluate(door.now())
    replayed = CliRunner().invoke(verdicts.app, ["replay", str(kept)])

    assert (taken.status_code, refused.status_code) == (202, 400)
    assert [vote.services for vote in evaluation.verdict.votes] == [(LONG,)]
    assert list(parsed("kept", kept.read_text().split("\n"))) == [evaluation]
    assert evaluation.sentence.isprintable()
    assert all(record.getMessage().isprintable() for record in caplog.records), caplog.text
    assert refused.text.isprintable()
    assert not any(sign in metrics.text for sign in ("evil", "7*7", "script"))
    assert replayed.exit_code == 0, replayed.output
    assert all(line.isprintable() for line in replayed.output.split("\n"))


def test_an_incident_with_a_hostile_verdict_is_text_in_everything_its_failover_leaves(
    make_estate: Callable[..., FakeEstate], leave: Callable[..., str], prefect_api: Any, door: Door
) -> None:
    """The flow run, its journal, its report and its artifacts."""
    estate = make_estate()
    estate.loses(EAST)
    at = door.now()
    incident = Incident(id="incident-1", active_at=at, decided_at=at, verdict=HOSTILE)

    said = leave(estate, reason=HOSTILE[:500], incident=incident)

    folder = estate.outside.reports / "failover-1"
    report = json.loads((folder / "report.json").read_text())
    [opened, *_] = operation_journal.read(estate.outside.journal, "failover-1")
    assert opened.data["parameters"] == report["operation"]["parameters"]
    assert report["operation"]["parameters"]["incident"]["verdict"] == HOSTILE
    page = Page((folder / "report.html").read_text())
    assert "script" not in page.elements
    assert "<script>alert(1)</script> <!channel>" in page.text
    assert said.isprintable()
    assert {artifact["key"] for artifact in prefect_api.artifacts} == {"report", "timeline"}
    assert not any(HOSTILE in json.dumps(artifact) for artifact in prefect_api.artifacts)


def test_a_report_page_shows_everything_it_quotes_as_text() -> None:
    """No element of it, no escape, and nothing that turns the rest of a line round."""
    text = render_html(compose(a_hostile_journal()))

    page = Page(text)
    assert not {"script", "img", "code"} & page.elements
    assert SHOWN in page.text
    assert "{{ 7*7 }}" in page.text
    assert all(c.isprintable() or c == "\n" for c in text)


def test_the_report_for_machines_gives_back_what_it_was_given() -> None:
    report = json.loads(compose(a_hostile_journal()).to_json())

    assert report["operation"]["reason"] == HOSTILE


def test_the_artifacts_give_markdown_nothing_to_act_upon() -> None:
    """Prefect's UI takes a table's cells for Markdown too, and links bare addresses."""
    report = compose(a_hostile_journal())

    cells = [cell for row in timeline_table(report) for cell in row.values()]

    assert any(SHOWN in "".join(token.content for token in inline(cell)) for cell in cells)
    assert {token.type for cell in cells for token in inline(cell)} <= PLAIN
    whole = render_markdown(report)
    quoted = [token for token in inline(whole) if token.type not in PLAIN]
    assert {token.type for token in quoted} == {"strong_open", "strong_close"}, "the outcome is ours"
    assert SHOWN in "".join(token.content for token in inline(whole))
    for text in (whole, *cells):
        assert not any(sign in text for sign in ("http://", "ldap://", "www.", "me@evil", "\n- 2026", "<!"))


@pytest.mark.parametrize("text", ["- one", "1. one", "+ one", "12.", "---", "# one", "    one", "> one"])
def test_no_cell_begins_a_list_a_heading_or_a_quotation(text: str) -> None:
    journal = a_hostile_journal()
    report = compose(journal)
    point = report.timeline.points[0].model_copy(update={"at": None, "reason": text})
    told = report.model_copy(update={"timeline": report.timeline.model_copy(update={"points": [point]})})

    [row] = timeline_table(told)

    blocks = MarkdownIt("commonmark").parse(row["Measured by, or why not"])
    assert [token.type for token in blocks] == ["paragraph_open", "inline", "paragraph_close"]


def test_the_terminal_shows_each_event_on_one_line_and_acts_upon_none() -> None:
    lines = Lines()

    told = [lines.format(logging.makeLogRecord({"event": event})) for event in a_hostile_journal()]

    assert all(line.isprintable() for line in told)
    assert any(SHOWN in line for line in told)
