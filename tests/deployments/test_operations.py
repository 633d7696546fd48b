"""`dr operations`, `dr close`: what became of each operation, by its journal alone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from blocks.journal_stores import journal_of
from deployments import operations
from recovery.epoch import Claim, holder_of, take
from recovery.errors import BadInput, OperationClosed
from recovery.journal import Event

NIGHT = datetime(2026, 3, 14, 2, 17, 43, tzinfo=UTC)
SAMPLES = Path(__file__).parents[1] / "samples"
ENDED = "region-failover-20260314-021743-9c1e"
UNFINISHED = "region-failover-20260314-021743-41aa"


@pytest.fixture
def estate_file(estate_values: dict[str, Any], tmp_path: Path) -> Path:
    """An estate file whose journal's stores are folders, with one operation that ended and one that did not."""
    path = tmp_path / "estate.yaml"
    path.write_text(yaml.safe_dump(estate_values))
    for sample in ("restored", "interrupted"):
        lines = (SAMPLES / f"journal-{sample}.jsonl").read_bytes().splitlines()
        events = [Event.model_validate_json(line) for line in lines]
        for place in ("us-east-1", "us-west-2", "witness"):
            folder = tmp_path / place / "operations" / events[0].operation / "journal"
            folder.mkdir(parents=True)
            for event in events:
                (folder / f"{event.seq:06d}.{event.epoch:08d}.json").write_bytes(event.to_json())
    return path


def state_of(operation: str, estate_file: Path) -> str:
    [line] = [line for line in operations.listed(estate_file) if line.startswith(operation)]
    return line.split()[1]


def hold(operation: str, estate_file: Path) -> None:
    file, quorum = journal_of(str(estate_file))
    take(quorum, file.settings.estate, Claim(operation=operation, holder="a process", since=NIGHT))


def test_what_has_not_ended_is_held_while_it_has_the_estate_and_unfinished_else(estate_file: Path) -> None:
    """Whether it waits for the estate, or nobody runs it any more, its journal does not tell."""
    before = state_of(ENDED, estate_file), state_of(UNFINISHED, estate_file)
    hold(UNFINISHED, estate_file)

    assert before == ("ended", "unfinished")
    assert state_of(UNFINISHED, estate_file) == "held"


def test_what_is_closed_by_a_person_has_ended_and_the_estate_is_free(estate_file: Path) -> None:
    hold(UNFINISHED, estate_file)

    operations.close(UNFINISHED, estate_file, "done by hand")

    file, quorum = journal_of(str(estate_file))
    assert state_of(UNFINISHED, estate_file) == "ended"
    assert holder_of(quorum, file.settings.estate) is None


def test_what_has_ended_or_never_was_can_not_be_closed(estate_file: Path) -> None:
    with pytest.raises(OperationClosed, match=f"{ENDED} has ended already"):
        operations.close(ENDED, estate_file, "done by hand")
    with pytest.raises(BadInput, match="no operation 'failover-1'; `dr operations` lists them"):
        operations.close("failover-1", estate_file, "done by hand")
