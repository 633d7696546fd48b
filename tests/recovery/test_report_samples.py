"""The sample journals are whole, and are what their script tells."""

import importlib
from pathlib import Path

import pytest

from recovery.journal import Event, broken_link

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = sorted(path.stem.removeprefix("journal-") for path in SAMPLES.glob("journal-*.jsonl"))


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_a_whole_journal(name: str) -> None:
    lines = (SAMPLES / f"journal-{name}.jsonl").read_bytes().splitlines()

    assert broken_link([Event.model_validate_json(line) for line in lines]) is None


def test_the_samples_are_what_their_script_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else run `python tests/samples/journals.py`."""
    monkeypatch.syspath_prepend(SAMPLES)
    journals = importlib.import_module("journals")

    for tell in journals.TALES:
        assert journals.path_of(tell.__name__).read_bytes() == journals.as_lines(tell()), tell.__name__
    assert len(journals.TALES) == len(NAMES)
