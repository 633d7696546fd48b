"""A disaster recovery test that is killed at any point: whoever goes on puts the estate back, and plays it anew."""

import pytest
from mortal import PARTS, Procedure, killed_everywhere
from tested import MANUAL, Drill, Make, closing, is_as_it_was, journal_of

from recovery.fakes.estate import FakeEstate

pytestmark = pytest.mark.usefixtures("unorchestrated")
EVERY = 6
"""Its points are those of the failover and the failback that it starts, which have tests of their own."""


def ended(estate: FakeEstate) -> list[object]:
    """What a test leaves behind."""
    return [
        is_as_it_was(estate),
        closing(estate).data["outcome"],
        (estate.outside.reports / "dr-test-1" / "report.json").exists(),
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_test_killed_anywhere_is_resumed_to_the_same_end(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    """Whatever it was in the middle of: its own fault, a failover, a failback."""
    monkeypatch.setattr("tasks.undoing.UNDER_WAY_S", 0.05)
    test = Procedure(
        prepare=lambda process: make_estate(process.stores, **MANUAL),
        run=lambda estate: drill(estate, "region-loss"),
        journal=journal_of,
        ended=ended,
    )

    for _, estate in killed_everywhere(test, part=part, least=80, every=EVERY):
        assert is_as_it_was(estate)
