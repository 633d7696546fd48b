"""The scenarios of a test that restore from backups, on an estate in memory: what was promised is looked for after."""

from dataclasses import replace
from datetime import datetime

import pytest
from replaced import TABLE, a_release
from tested import Drill, Make, outcome_of

from recovery.backups import BackupKind
from recovery.drill.faults import Fault, Injected
from recovery.fakes.estate import FakeEstate
from recovery.fakes.faults import FakeFaults
from recovery.fakes.prober import FakeProber
from recovery.ports import RowKey


class Releasing(FakeFaults):
    """Faults of a region's clusters: a bad release, or their loss. Each history goes on as it was."""

    def __init__(self, estate: FakeEstate) -> None:
        super().__init__(
            estate.world,
            estate.watching,
            {name: copies.history for name, copies in estate.copies.items()},
        )
        self._estate = estate

    def inject(self, fault: Fault, _region: str) -> Injected:
        bad = a_release(self._estate)
        for copies in self._estate.copies.values():
            copies.backups.back_up(BackupKind.FULL, repository=2)
        told = {"transaction": str(bad), "table": TABLE.path}
        return Injected(self._world.clock(), told if fault is Fault.CORRUPTION else {})


def damaged(make_estate: Make) -> FakeEstate:
    """Return an estate of which a fault damages the clusters."""
    estate = make_estate()
    estate.outside = replace(estate.outside, faults=Releasing(estate))
    return estate


OLD = 3
"""The number of a row that was promised before the estate began."""
RESTORING = [("data-corruption", "data_corruption"), ("both-regions-lost", "both_regions_lost")]


@pytest.mark.parametrize(("scenario", "step"), RESTORING)
def test_promised_rows_are_looked_for_after_a_restore(
    make_estate: Make, drill: Drill, scenario: str, step: str
) -> None:
    estate = damaged(make_estate)

    drill(estate, scenario)

    outcome = outcome_of(estate, step)
    assert "it stopped" not in outcome.happened
    assert outcome.losses.acknowledged
    assert (outcome.losses.lost, outcome.losses.final, outcome.losses.reason) == (0, 0, None)


@pytest.mark.parametrize(("scenario", "step"), RESTORING)
def test_a_row_that_was_promised_before_the_scenario_and_is_gone_after_it_is_listed(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch, scenario: str, step: str
) -> None:
    """A transaction damages rows of any age, and backups lack what was promised since."""
    all_of = FakeProber.rows

    def rows(prober: FakeProber, region: str) -> dict[RowKey, datetime]:
        return {key: at for key, at in all_of(prober, region).items() if key[2] != OLD}

    monkeypatch.setattr(FakeProber, "rows", rows)
    estate = damaged(make_estate)

    drill(estate, scenario)

    losses = outcome_of(estate, step).losses
    assert (losses.lost, losses.salvaged, losses.final) == (1, 0, 1)
    assert [row.seq for row in losses.gone] == [OLD]
