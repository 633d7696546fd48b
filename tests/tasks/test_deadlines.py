"""The deadlines of steps during which customers are shut out: the estate's settings tell them, not the last resort."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from recovery.epoch import Epoch
from recovery.fakes.estate import FakeEstate
from recovery.journal import Kind
from recovery.operation_journal import OperationJournal
from recovery.restore_operation import Restore
from recovery.restoring import Fetched
from tasks import going_back, moving, replacing, scratch
from tasks.restore_run import RestoreRun
from tasks.step import LONGEST_S, Step

EAST, WEST = "us-east-1", "us-west-2"
DEADLINES = {
    "confirm_seconds": 7,
    "fence_seconds": 1,
    "take_over_seconds": 10,
    "shift_seconds": 100,
    "verify_seconds": 1000,
}
SHUT_OUT: dict[Step[Any, Any, Any], float] = {
    replacing.close_regions: 2 * 1,
    replacing.put_in: 2 * 10,
    replacing.put_back: 2 * 10,
    replacing.rejoin: 5 * 10,
    replacing.reopen: 2 * 1,
    replacing.open_regions: 2 * 1 + 2 * 1000,
    moving.open_stand_ins: 7 + 2 * 1 + 2 * 1000,
    moving.send_traffic: 3 * 100,
    going_back.return_cache: 2 * going_back.CACHE_S,
}
"""Both regions are closed: each by itself, and their clusters at once."""


@pytest.fixture
def run(make_estate: Callable[..., FakeEstate]) -> RestoreRun:
    estate = make_estate(recovery={"deadlines": DEADLINES})
    operation = Restore(region=EAST, scope="in place", latest=True, id="restore-1")
    quorum = estate.outside.journal
    journal = OperationJournal(quorum, "restore-1", actor="test")
    return RestoreRun(operation, estate, journal, Epoch(quorum, estate.name, 0))


@pytest.mark.parametrize("step", SHUT_OUT, ids=lambda step: step.name)
def test_a_step_that_keeps_customers_out_is_told_of_by_the_estates_settings(
    run: RestoreRun, step: Step[Any, Any, Any]
) -> None:
    """The last resort of steps that take as long as there is data would be six hours."""
    assert step.deadline_s(run) == SHUT_OUT[step] < LONGEST_S


def test_what_was_fetched_has_to_be_on_disk_before_it_is_put_in(run: RestoreRun) -> None:
    """That takes no longer than the fetch took, of the slower region."""
    for region, length_s in ((EAST, 300.0), (WEST, 500.0)):
        fetched = Fetched(folder="/scratch", backup="20260101F", cluster_bytes=1, length_s=length_s)
        run.journal.record(
            Kind.DONE,
            datetime.now(UTC),
            step=scratch.fetch.name,
            region=region,
            data={"result": fetched.model_dump(mode="json")},
        )

    assert replacing.put_in.deadline_s(run) == 2 * 10 + 500
