"""The index of a folder of reports: newest first, every kind of report, and the trend of tests."""

import os
from pathlib import Path

import pytest

from recovery.dr_test.document import DrTest
from recovery.dr_test.kept import KeptTest
from recovery.journal import Event
from recovery.report.compose import compose
from recovery.report.restore_compose import compose_restore
from recovery.reports_index import folder as folder_of_reports
from recovery.reports_index.folder import INDEX, write_index

SAMPLES = Path(__file__).parents[1] / "samples"


def journal(name: str) -> list[Event]:
    return [Event.model_validate_json(line) for line in (SAMPLES / name).read_bytes().splitlines()]


@pytest.fixture
def reports(tmp_path: Path, quarter: KeptTest, before: list[DrTest]) -> Path:
    """A folder with two failovers, a restore and four tests."""
    made = {
        "failover-a": compose(journal("journal-restored.jsonl")).to_json(),
        "failover-b": compose(journal("journal-refused.jsonl")).to_json(),
        "restore-a": compose_restore(journal("restore-repaired.jsonl")).to_json(),
        quarter.test.id: quarter.test.to_json(),
        **{test.id: test.to_json() for test in before},
    }
    for name, body in made.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_bytes(body)
    (tmp_path / "latest").symlink_to("failover-a")
    return tmp_path


def test_every_report_has_a_line_and_the_newest_is_first(reports: Path) -> None:
    page = write_index(reports).read_text()

    assert page.count("/report.html") == 7
    assert "latest/" not in page
    body = page[page.index("<tbody>") :]
    assert body.index("restore-a/") < body.index("failover-a/") < body.index("dr-test-20251212")
    assert "2½ of 3" in body


def test_tests_are_drawn_over_time_with_their_score(reports: Path) -> None:
    page = write_index(reports).read_text()

    assert "<title>Tests over time</title>" in page
    assert "2026-03-14: 2½ of 3, RTO 42.5 s, RPO 1.4 s" in page


def test_a_report_that_can_not_be_read_says_so_and_stands_last(reports: Path) -> None:
    (reports / "broken").mkdir()
    (reports / "broken" / "report.json").write_text("{")

    page = write_index(reports).read_text()

    assert page.index("A report of another form") > page.rindex("RTO 42.5 s")
    assert page.count("/report.html") == 8


def test_a_folder_without_reports_has_an_index_too(tmp_path: Path) -> None:
    assert "There is no report yet." in write_index(tmp_path).read_text()


def test_more_reports_than_there_is_room_for_are_counted(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_of_reports, "MOST", 3)
    for age, path in enumerate(sorted(reports.glob("*/report.json"))):
        os.utime(path, (age, age))

    page = write_index(reports).read_text()

    assert page.count("/report.html") == 3
    assert "4 older reports in this folder not listed." in page


def test_it_is_replaced_in_one_step_and_leaves_nothing_else(reports: Path) -> None:
    write_index(reports)
    write_index(reports)

    assert [path.name for path in reports.glob("*ndex*")] == [INDEX]
    assert not list(reports.glob(".*"))
