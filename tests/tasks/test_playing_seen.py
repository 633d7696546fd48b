"""What a scenario was left in is what the next one begins with, where that was only just seen."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from recovery.dr_test.outcome import Proof, ProofState
from tasks.playing import AFTERWARDS, BEFORE, JUST_NOW, _seen_already

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
WELL = Proof(state=ProofState.PROVED, sentence=f"{AFTERWARDS}: 8 of 8 checks hold", at=NOON)


def begun(seen: Proof | None, later: timedelta = timedelta(seconds=1)) -> Any:
    return SimpleNamespace(run=SimpleNamespace(seen_steady=seen), began=NOON + later)


def test_the_end_of_one_scenario_is_the_beginning_of_the_next_once() -> None:
    scene = begun(WELL)

    seen = _seen_already(scene)

    assert seen is not None
    assert (seen.sentence, seen.at) == (f"{BEFORE}: 8 of 8 checks hold", NOON)
    assert _seen_already(scene) is None


@pytest.mark.parametrize(
    "scene",
    [
        begun(None),
        begun(WELL, JUST_NOW + timedelta(microseconds=1)),
        begun(WELL.model_copy(update={"state": ProofState.FAILED})),
    ],
    ids=["nothing was seen", "long ago", "it was not well"],
)
def test_otherwise_it_is_looked_at(scene: Any) -> None:
    assert _seen_already(scene) is None
