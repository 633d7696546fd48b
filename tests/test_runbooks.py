"""Each flow has its runbook, and the two tell the same steps in the same words."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOWS = sorted(path for path in (ROOT / "flows").glob("*.py") if path.stem != "__init__")
RUNBOOKS = sorted((ROOT / "runbooks").glob("*.md"))


def comments(flow: Path) -> list[str]:
    """The numbered comments: title up to a colon."""
    return [
        title.split(":")[0].strip()
        for title in re.findall(r"^ *# (\d+\. .+)$", flow.read_text(), re.MULTILINE)
    ]


def headings(runbook: Path) -> list[str]:
    """The numbered headings: title up to a colon."""
    return [
        title.split(":")[0].strip()
        for title in re.findall(r"^## (\d+\. .+)$", runbook.read_text(), re.MULTILINE)
    ]


@pytest.mark.parametrize("flow", FLOWS, ids=lambda path: path.stem)
def test_a_flow_reads_like_its_runbook(flow: Path) -> None:
    runbook = ROOT / "runbooks" / f"{flow.stem}.md"

    assert comments(flow)
    assert comments(flow) == headings(runbook)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda path: path.stem)
def test_the_steps_of_a_flow_are_numbered_without_a_gap(flow: Path) -> None:
    numbers = [int(title.split(".")[0]) for title in comments(flow)]

    assert numbers == list(range(1, len(numbers) + 1))


def test_there_is_no_runbook_without_a_flow() -> None:
    assert [runbook.stem for runbook in RUNBOOKS] == [flow.stem for flow in FLOWS]
