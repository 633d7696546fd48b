"""A tabletop: every precondition is looked at, what does not hold is told, and nothing is touched."""

from collections.abc import Callable

import pytest
from tested import EAST, WEST, Drill, Make, closing, outcome_of

from recovery.backups import BackupKind
from recovery.dr_test.kept import composed
from recovery.fakes.estate import FakeEstate
from recovery.findings import Finding

Change = Callable[[FakeEstate], None]


@pytest.fixture
def estate(make_estate: Make) -> FakeEstate:
    """Two sound regions, each backed up into both repositories."""
    return backed_up(make_estate())


def backed_up(estate: FakeEstate) -> FakeEstate:
    for copies in estate.copies.values():
        for repository in (1, 2):
            copies.backups.back_up(BackupKind.FULL, repository=repository)
    return estate


def failed(estate: FakeEstate, scenario: str) -> list[Finding]:
    """Return what does not hold of what a scenario needs."""
    return [one for one in outcome_of(estate, scenario.replace("-", "_")).integrity if not one.ok]


def test_a_tabletop_touches_nothing_and_proves_nothing(estate: FakeEstate, drill: Drill) -> None:
    before = estate.state()

    told = drill(estate, scope="tabletop")

    outcome = outcome_of(estate, "region_loss")
    assert told == "dr-test-1: walked through: preconditions of 11 of 11 scenarios hold"
    assert (outcome.there, outcome.back) == (None, None)
    assert estate.faults.injected == []
    assert estate.state() == before


def test_its_evidence_and_its_end_say_what_it_is(estate: FakeEstate, drill: Drill) -> None:
    """Neither passed nor failed: it is no test of a recovery."""
    drill(estate, "region-loss", scope="tabletop")

    test = composed(estate.outside.journal, "dr-test-1").test
    assert closing(estate).data["outcome"] == "walked through"
    assert test.summary.headline == "Walked through: preconditions of 1 of 1 scenarios hold"
    assert test.scenarios[0].plan.injects == "nothing is broken"
    assert test.findings == []


def cut_the_link(estate: FakeEstate) -> None:
    estate.link_cut = True


def fill_the_target(estate: FakeEstate) -> None:
    estate.world.places[WEST].sessions = 10**6


def silence_the_witness(estate: FakeEstate) -> None:
    estate.watching["witness"].away = True


def forget_every_alertmanager(estate: FakeEstate) -> None:
    estate.watching.clear()


@pytest.mark.parametrize(
    ("scenario", "change", "check"),
    [
        ("link-partition", cut_the_link, f"{WEST}: it applies what {EAST} commits"),
        ("link-partition", silence_the_witness, "the monitoring of witness is alive"),
        ("region-loss", fill_the_target, f"{WEST}'s gateway has room"),
        ("region-loss", silence_the_witness, "the monitoring of witness is alive"),
        ("alert-path-lost", silence_the_witness, "the monitoring of witness is alive"),
        ("alert-path-lost", forget_every_alertmanager, "the monitoring of each place is alive"),
    ],
)
def test_a_precondition_that_does_not_hold_is_named(
    estate: FakeEstate, drill: Drill, scenario: str, change: Change, check: str
) -> None:
    change(estate)

    told = drill(estate, scenario, scope="tabletop")

    assert told == "dr-test-1: walked through: preconditions of 0 of 1 scenarios hold"
    assert closing(estate).data["outcome"] == "preconditions missing"
    assert check in {one.check for one in failed(estate, scenario)}
    assert check in outcome_of(estate, scenario.replace("-", "_")).happened


@pytest.mark.parametrize("scenario", ["restore-beside", "data-corruption", "both-regions-lost"])
def test_nothing_can_be_restored_without_a_backup(make_estate: Make, drill: Drill, scenario: str) -> None:
    """What the live cluster has not archived yet brings no backup."""
    estate = make_estate()

    drill(estate, scenario, scope="tabletop")

    assert "no sound backup" in failed(estate, scenario)[0].value


def test_both_regions_are_to_come_back_from_the_other_ones_repository(
    make_estate: Make, drill: Drill
) -> None:
    """The region's own is lost with it: what lies there alone helps nobody."""
    estate = make_estate()
    for copies in estate.copies.values():
        copies.backups.back_up(BackupKind.FULL, repository=1)

    drill(estate, "both-regions-lost", scope="tabletop")

    assert {one.check for one in failed(estate, "both-regions-lost")} == {
        f"{EAST}: the moment can be reached"
    }


def test_a_plan_that_would_be_refused_as_a_whole_does_not_hold(make_estate: Make, drill: Drill) -> None:
    """A failover that must reach what is lost with the region is no failover."""
    estate = make_estate(recovery={"route53": {"stop_objects": None}})

    drill(estate, "region-loss", scope="tabletop")

    (whole,) = failed(estate, "region-loss")
    assert "must not need what may be lost" in whole.value


def test_a_procedure_that_the_estate_forbids_does_not_hold(make_estate: Make, drill: Drill) -> None:
    estate = backed_up(make_estate(disaster_recovery={"procedures": {"data_corruption": False}}))

    drill(estate, "restore-beside", scope="tabletop")

    (refused,) = failed(estate, "restore-beside")
    assert (refused.check, "data_corruption is not true" in refused.value) == ("it can be begun", True)
