"""A failover whose Prefect server is gone, before it or at any of its steps: it ends as if the server were there."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from differing import LATER, differing, rows
from mortal import PLACES
from prefect_api import Gone, PrefectApi
from tested import MANUAL, is_as_it_was
from vanishing import WatchedStore, gone_at

from recovery import operation_journal
from recovery.drill.order import DrTestOrder
from recovery.errors import Refused, Unavailable
from recovery.fakes.estate import FakeEstate
from recovery.journal import Event, Kind, find
from recovery.operation import Failover, Incident, Mode
from recovery.reconciliation_order import Reconciliation, Then

SOURCE = "us-east-1"
TEST_STEPS = ("can_be_tested", "region_loss", "confirm_source", "measure", "keep_fenced", "open_region")
"""Of a test itself, and of the procedures that it calls: each is a run of its own, which a server would know."""
STEPS = (
    "confirm_source",
    "can_take_over",
    "fence",
    "measure_exposure",
    "take_over",
    "shift",
    "verify",
    "measure",
)
Opens = Callable[[FakeEstate], None]
Make = Callable[..., FakeEstate]


def lost(make: Make, opens: Opens, told: Callable[[Event], object]) -> FakeEstate:
    estate = make([WatchedStore(place, told) for place in PLACES])
    estate.loses(SOURCE)
    opens(estate)
    return estate


def outcome(estate: FakeEstate) -> Any:
    closed = find(operation_journal.read(estate.outside.journal, "failover-1"), Kind.CLOSED)
    return closed and closed.data["outcome"]


def a_failover(**fields: Any) -> Failover:
    return Failover(**{"source": SOURCE, "mode": Mode.UNPLANNED, "id": "failover-1"} | fields)


def a_test() -> DrTestOrder:
    return DrTestOrder(scenarios=("region-loss",), scope="full", id="dr-test-1")  # type: ignore[arg-type]


@pytest.mark.parametrize("step", STEPS)
def test_a_server_that_dies_at_any_step_changes_nothing(
    api: PrefectApi, make_estate: Make, opens: Opens, step: str
) -> None:
    """The command says what was achieved, though Prefect can not be told of the end."""
    from deployments import running  # noqa: PLC0415 - takes seconds

    estate = lost(make_estate, opens, gone_at(step, api, Gone.REFUSES))

    told = running.run(a_failover())

    assert api.gone is Gone.REFUSES
    assert told.startswith("failover-1: ")
    assert outcome(estate) == "restored"


def test_a_server_that_is_busy_is_asked_again(api: PrefectApi, make_estate: Make, opens: Opens) -> None:
    """It answers with 503 while its database is locked: that is no server that is gone (seen in a lab under load)."""
    from deployments import running  # noqa: PLC0415 - takes seconds

    estate = lost(make_estate, opens, lambda _event: None)
    api.busy = 3

    running.run(a_failover())

    assert api.busy == 0
    assert outcome(estate) == "restored"
    assert [run["state"]["type"] for run in api.runs.values()] == ["COMPLETED"]


def test_a_test_is_played_whole_with_no_server_at_all(
    api: PrefectApi, make_estate: Make, opens: Opens
) -> None:
    """Each procedure that it calls is a run that no server knows either."""
    from deployments import running  # noqa: PLC0415 - takes seconds

    estate = make_estate(**MANUAL)
    opens(estate)
    api.vanish(Gone.REFUSES)

    told = running.without_server(a_test())

    assert told == "dr-test-1: 1 of 1 scenarios passed, there and back"
    assert is_as_it_was(estate)


def test_a_comparison_repairs_with_no_server_at_all(api: PrefectApi, make_estate: Make, opens: Opens) -> None:
    from deployments import running  # noqa: PLC0415 - takes seconds

    estate = differing(make_estate)
    opens(estate)
    api.vanish(Gone.REFUSES)

    found = running.compare(Reconciliation(then=Then.REPAIR), through_server=False)

    assert found.repair
    assert rows(estate)[0][LATER] == "(7,later)"


@pytest.mark.parametrize("step", TEST_STEPS)
def test_a_test_whose_server_dies_goes_on_with_what_it_calls(
    api: PrefectApi, make_estate: Make, opens: Opens, step: str
) -> None:
    """Seen in a lab: a server that was late for one answer ended the whole test at the next procedure."""
    from deployments import running  # noqa: PLC0415 - takes seconds

    estate = make_estate(
        [WatchedStore(place, gone_at(step, api, Gone.REFUSES)) for place in PLACES], **MANUAL
    )
    opens(estate)

    told = running.run(a_test())

    assert api.gone is Gone.REFUSES
    assert told == "dr-test-1: 1 of 1 scenarios passed, there and back"
    assert is_as_it_was(estate)


@pytest.mark.parametrize("how", [Gone.SILENT, Gone.ERRS])
@pytest.mark.parametrize("step", ["confirm_source", "verify"])
def test_a_server_that_does_not_answer_is_waited_for_once(
    api: PrefectApi, make_estate: Make, opens: Opens, how: Gone, step: str
) -> None:
    """A run that found its server gone does not ask it again: each question would hold it up anew."""
    from deployments import running  # noqa: PLC0415 - takes seconds

    estate = lost(make_estate, opens, gone_at(step, api, how))

    running.run(a_failover())

    assert outcome(estate) == "restored"
    assert len([path for path in api.unanswered if "flow_runs" in path]) <= 1


@pytest.mark.parametrize("how", Gone)
def test_a_server_that_is_gone_once_it_took_the_run_leaves_it_to_itself(
    api: PrefectApi, make_estate: Make, opens: Opens, how: Gone
) -> None:
    """Prefect itself would wait for it before the flow's first line, for ever."""
    from deployments import running  # noqa: PLC0415 - takes seconds

    estate = lost(make_estate, opens, lambda _event: None)
    made = running.created(a_failover())
    api.vanish(how)

    running.go(made, a_failover())

    assert outcome(estate) == "restored"
    assert len([path for path in api.unanswered if "flow_runs" in path]) <= 1


@pytest.mark.parametrize("how", Gone)
def test_the_intake_fails_over_without_a_server(
    api: PrefectApi, make_estate: Make, opens: Opens, how: Gone
) -> None:
    """It hands its incident over to a run that no server knows, after one question."""
    from deployments.intake.starting import start  # noqa: PLC0415 - takes seconds

    estate = lost(make_estate, opens, lambda _event: None)
    at = "2026-11-27T10:00:00Z"
    incident = Incident(id="incident-1", active_at=at, decided_at=at, verdict="region lost")  # type: ignore[arg-type]
    api.vanish(how)

    told = start(a_failover(incident=incident))

    assert told.startswith("failover-1: ")
    assert outcome(estate) == "restored"


def test_a_refusal_is_told_as_it_is_without_a_server(
    api: PrefectApi, make_estate: Make, opens: Opens
) -> None:
    """What stops the flow is raised, and not that Prefect could not be told of it."""
    from deployments import running  # noqa: PLC0415 - takes seconds

    estate = make_estate(
        [WatchedStore(place, gone_at("confirm_source", api, Gone.REFUSES)) for place in PLACES]
    )
    opens(estate)

    with pytest.raises(Refused, match="us-east-1"):
        running.run(a_failover())

    assert api.gone is Gone.REFUSES


@pytest.mark.usefixtures("in_real_time")
@pytest.mark.parametrize("how", Gone)
def test_a_server_that_is_not_back_yet_is_told_nothing(
    api: PrefectApi, make_estate: Make, opens: Opens, monkeypatch: pytest.MonkeyPatch, how: Gone
) -> None:
    """Whoever tells it tries again later, whatever Prefect's client raises of it."""
    from deployments import running, telling  # noqa: PLC0415 - takes seconds

    estate = lost(make_estate, opens, lambda _event: None)
    monkeypatch.setattr(telling, "PATIENCE_S", 0.2)
    running.without_server(a_failover())
    api.vanish(how)

    with pytest.raises(Unavailable, match="Prefect server"):
        telling.tell(estate.outside.journal, now=datetime.now(UTC) + telling.SETTLED, but=set())


def test_a_run_that_may_still_tell_of_itself_is_left_to_it(
    api: PrefectApi, make_estate: Make, opens: Opens
) -> None:
    """Its process would find its run ended, and take that for a fault."""
    from deployments import running, telling  # noqa: PLC0415 - takes seconds

    estate, known = lost(make_estate, opens, lambda _event: None), set[str]()
    running.without_server(a_failover())

    (line,) = telling.tell(estate.outside.journal, now=datetime.now(UTC), but=known)

    assert line.startswith("failover-1: not yet")
    assert (api.runs, known) == ({}, set())


@pytest.mark.usefixtures("api")
def test_an_event_of_a_run_that_no_server_knows_is_not_told_as_a_fault() -> None:
    """Each step of such a run sends three, each told with all that is in it (seen in a lab: 155 long lines)."""
    from prefect.events.clients import EventsClient  # noqa: PLC0415 - takes seconds
    from prefect.events.schemas.events import Event as PrefectEvent  # noqa: PLC0415
    from prefect.events.worker import EventsWorker  # noqa: PLC0415

    import deployments.engine  # noqa: F401, PLC0415 - what is tested

    tried, told = [], list[str]()

    class Unknown(EventsClient):
        async def _emit(self, event: PrefectEvent) -> None:
            tried.append(event)
            raise Unavailable("No server knows its run.")

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record.getMessage())

    logger, worker = logging.getLogger("prefect._internal.concurrency"), EventsWorker.instance(Unknown)
    logger.addHandler(heard := Heard(logging.ERROR))
    try:
        worker.send(PrefectEvent(event="dr.tried", resource={"prefect.resource.id": "dr.step"}))
        worker.drain()
        logger.error("Service %r failed to process item %r", "RunLogs", "a line")
    finally:
        logger.removeHandler(heard)

    assert tried
    assert told == ["Service 'RunLogs' failed to process item 'a line'"]
