"""What only shows something never holds up an operation, and never ends one."""

from collections.abc import Callable
from threading import Event
from time import monotonic
from typing import Any

import pytest
from prefect import flow

from recovery.fakes.estate import FakeEstate
from tasks import beside

pytestmark = pytest.mark.usefixtures("prefect_api")
LONG_S, SHORT_S = 60.0, 0.05


def shown(show: Callable[[], object]) -> str:
    @flow(name="shows-something", persist_result=False)
    def showing() -> str:
        beside.best_effort(show, deadline_s=SHORT_S)
        return "went on"

    return showing()


def test_what_takes_long_to_show_is_left_behind() -> None:
    hangs, began = Event(), monotonic()

    told = shown(lambda: hangs.wait(LONG_S))
    took_s = monotonic() - began
    hangs.set()

    assert told == "went on"
    assert took_s < LONG_S / 10


def test_what_can_not_be_shown_changes_nothing() -> None:
    def fails() -> None:
        raise ConnectionError("the server is gone")

    assert shown(fails) == "went on"


def test_a_prefect_api_that_takes_no_artifact_does_not_hold_up_the_end(
    estate: FakeEstate, leave: Callable[..., str], prefect_api: Any
) -> None:
    """The operation is closed and its report is written before anything waits for Prefect."""
    estate.loses("us-east-1")
    prefect_api.deaf = True

    leave(estate)

    assert (estate.outside.reports / "failover-1" / "report.html").exists()
    assert prefect_api.deaf, "it ended while its artifacts were still waiting"
    assert prefect_api.artifacts == []
