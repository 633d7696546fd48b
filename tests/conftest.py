"""What the tests of steps and flows stand on: an estate in memory, and a Prefect API that only nods."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import settings
from prefect_api import PrefectApi
from quick_estate import EAST, QUICK, TEN_BLOCKS, WEST, merged, recovery_block

from recovery.drill.order import DrTestOrder
from recovery.estate import EstateFile
from recovery.evidence_pack.preparing import prepared
from recovery.failback import Failback
from recovery.fakes.estate import FakeEstate
from recovery.fakes.stores import FakeStore
from recovery.fakes.world import wall_clock
from recovery.multi_region_recovery import MultiRegionRecovery
from recovery.operation import Failover, Mode
from recovery.ports import JournalStore
from recovery.reconcile.findings import Findings
from recovery.reconciliation_order import Reconciliation
from recovery.regions_repair import RegionsRepair
from recovery.restore_operation import Restore

os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
settings.register_profile("a busy machine is no failure", deadline=None)
settings.load_profile("a busy machine is no failure")


@pytest.fixture
def estate_values(tmp_path: Path) -> dict[str, Any]:
    """The values of an estate file: the lab's ten blocks, made quick, and a `recovery` block."""
    return merged(deepcopy(TEN_BLOCKS), {**QUICK, "recovery": recovery_block(tmp_path)})


@pytest.fixture
def make_estate(estate_values: dict[str, Any]) -> Callable[..., FakeEstate]:
    """Return a function that makes an estate in memory; *stores* and values may be given."""

    def made(stores: list[JournalStore] | None = None, **more: Any) -> FakeEstate:
        file = EstateFile.from_values(merged(estate_values, more), name="estate.yaml")
        places = (EAST, WEST, "witness")
        return FakeEstate(file, stores or [FakeStore(place) for place in places])

    return made


@pytest.fixture
def estate(make_estate: Callable[..., FakeEstate]) -> FakeEstate:
    """Two sound regions that share the customers."""
    return make_estate()


PRESSES = ("html", "restore_html", "dr_test_html")
"""The pages that reports are printed by."""


@pytest.fixture
def unorchestrated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have flows, tasks and steps called as functions, without Prefect: for tests that run one hundreds of times."""
    from unorchestrated import call_as_functions, call_in_turn  # noqa: PLC0415 - takes seconds

    call_as_functions(monkeypatch)
    if "in_real_time" not in request.fixturenames:
        call_in_turn(monkeypatch)


def knows_none(history: Any, *_journals: object) -> None:
    """Have no earlier operation."""
    history._paces.set_result({})  # noqa: SLF001 - in place of what reads it


@pytest.fixture
def paced() -> None:
    """Have the pace of steps read of earlier operations, and remembered: other tests do without."""


@pytest.fixture
def in_real_time() -> None:
    """Have waits take their time, and flows their threads: for what another one does meanwhile."""


@pytest.fixture
def opens(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[FakeEstate], None]:
    """Have `Estate.load` return the given estate, reports printed without pictures and PDF, and waits take no time.

    Nothing else is replaced. Those take seconds, and have tests of their own.
    """
    from unhurried import Unhurried  # noqa: PLC0415 - takes seconds

    from blocks.estate import Estate  # noqa: PLC0415 - without it, the other tests need no adapters

    if "in_real_time" not in request.fixturenames:
        Unhurried().install(monkeypatch)

    if "paced" not in request.fixturenames:
        monkeypatch.setattr("tasks.watching.History.read_from", knows_none)
        monkeypatch.setattr("tasks.journal.remember", lambda *_of: None)
    unprinted = partial(prepared, pdf=lambda _page: b"%PDF-1.7")

    def opened(estate: FakeEstate) -> None:
        monkeypatch.setattr(Estate, "load", lambda _path: estate)
        for press in PRESSES:
            monkeypatch.setattr(f"recovery.report.{press}.drawn", lambda **_pictures: {})
        monkeypatch.setattr("tasks.evidence_publishing.prepared", unprinted)

    return opened


@pytest.fixture
def leave(opens: Callable[[FakeEstate], None], prefect_api: PrefectApi) -> Callable[..., str]:
    """Return a function that leaves us-east-1 of an estate by the flow, as operation `failover-1`."""
    from flows.region_failover import region_failover  # noqa: PLC0415 - takes seconds

    assert prefect_api.url

    def left(estate: FakeEstate, mode: Mode = Mode.UNPLANNED, **fields: Any) -> str:
        opens(estate)
        return region_failover(Failover(**{"source": EAST, "mode": mode, "id": "failover-1"} | fields))

    return left


@pytest.fixture
def bring_back(opens: Callable[[FakeEstate], None], prefect_api: PrefectApi) -> Callable[..., str]:
    """Return a function that brings us-east-1 of an estate back by the flow, as operation `failback-2`.

    Operations are told apart, which came later, by what follows the first word of their ids.
    """
    from flows.region_failback import region_failback  # noqa: PLC0415 - takes seconds

    assert prefect_api.url

    def brought_back(estate: FakeEstate, **fields: Any) -> str:
        opens(estate)
        return region_failback(Failback(**{"region": EAST, "id": "failback-2"} | fields))

    return brought_back


@pytest.fixture
def reconcile(opens: Callable[[FakeEstate], None], prefect_api: PrefectApi) -> Callable[..., Findings]:
    """Return a function that compares the regions of an estate by the flow, as `comparison-1`."""
    from flows.cross_region_reconciliation import cross_region_reconciliation  # noqa: PLC0415 - takes seconds

    assert prefect_api.url

    def reconciled(estate: FakeEstate, **fields: Any) -> Findings:
        opens(estate)
        return cross_region_reconciliation(Reconciliation(**{"id": "comparison-1"} | fields))

    return reconciled


@pytest.fixture
def repair(opens: Callable[[FakeEstate], None], prefect_api: PrefectApi) -> Callable[..., str]:
    """Return a function that repairs the regions of an estate by the flow, as operation `repair-1`."""
    from flows.cross_region_repair import cross_region_repair  # noqa: PLC0415 - takes seconds

    assert prefect_api.url

    def repaired(estate: FakeEstate, **fields: Any) -> str:
        opens(estate)
        return cross_region_repair(RegionsRepair(**{"id": "repair-1"} | fields))

    return repaired


@pytest.fixture
def drill(opens: Callable[[FakeEstate], None], prefect_api: PrefectApi) -> Callable[..., str]:
    """Return a function that tests an estate by the flow, as operation `dr-test-1`."""
    from flows.quarterly_dr_test import quarterly_dr_test  # noqa: PLC0415 - takes seconds

    assert prefect_api.url

    def drilled(estate: FakeEstate, *scenarios: str, **fields: Any) -> str:
        opens(estate)
        return quarterly_dr_test(
            DrTestOrder(**{"scenarios": scenarios, "scope": "full", "id": "dr-test-1"} | fields)
        )

    return drilled


@pytest.fixture
def recover(opens: Callable[[FakeEstate], None], prefect_api: PrefectApi) -> Callable[..., str]:
    """Return a function that rebuilds both regions of an estate by the flow, as operation `recovery-1`."""
    from flows.multi_region_recovery import multi_region_recovery  # noqa: PLC0415 - takes seconds

    assert prefect_api.url

    def recovered(estate: FakeEstate, **fields: Any) -> str:
        opens(estate)
        return multi_region_recovery(MultiRegionRecovery(**{"id": "recovery-1"} | fields))

    return recovered


@pytest.fixture
def restore(opens: Callable[[FakeEstate], None], prefect_api: PrefectApi) -> Callable[..., str]:
    """Return a function that restores us-east-1 of an estate by the flow, as operation `restore-1`."""
    from flows.pitr_restore import pitr_restore  # noqa: PLC0415 - takes seconds

    assert prefect_api.url

    def restored(estate: FakeEstate, **fields: Any) -> str:
        opens(estate)
        return pitr_restore(Restore(**{"region": EAST, "id": "restore-1"} | fields))

    return restored


@pytest.fixture(scope="session")
def prefect_api_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectApi]:
    from prefect import settings  # noqa: PLC0415 - takes seconds, and most tests do without
    from prefect.events.clients import NullEventsClient  # noqa: PLC0415
    from prefect.events.worker import EventsWorker  # noqa: PLC0415

    with ExitStack() as stack:
        api = stack.enter_context(PrefectApi())
        Thread(target=api.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        changed = {
            settings.PREFECT_API_URL: api.url,
            settings.PREFECT_HOME: tmp_path_factory.mktemp("prefect"),
            settings.PREFECT_LOGGING_TO_API_ENABLED: False,
            settings.PREFECT_CLIENT_CSRF_SUPPORT_ENABLED: False,
            settings.PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,  # its thread ends up to a second after the run
        }
        stack.enter_context(settings.temporary_settings(changed))
        EventsWorker.set_client_override(NullEventsClient)
        yield api
        EventsWorker.set_client_override(None)
        api.ended.set()
        api.shutdown()


@pytest.fixture
def prefect_api(prefect_api_of_session: PrefectApi) -> Iterator[PrefectApi]:
    """The Prefect API that runs of this test are shown on."""
    prefect_api_of_session.artifacts.clear()
    prefect_api_of_session.asked_to_run.clear()
    yield prefect_api_of_session
    prefect_api_of_session.deaf = False


@pytest.fixture
def heard(prefect_api: PrefectApi) -> Iterator[Callable[..., list[Any]]]:
    """Return a function that returns the events of these names that were told so far: they are kept, not dropped."""
    from prefect.events.clients import AssertingEventsClient, NullEventsClient  # noqa: PLC0415 - takes seconds
    from prefect.events.worker import EventsWorker  # noqa: PLC0415

    assert prefect_api.url
    since = wall_clock()
    EventsWorker.set_client_override(AssertingEventsClient)

    def found(*names: str) -> list[Any]:
        # One client serves all tests of a process; it keeps nothing until it is connected.
        sent = [event for client in AssertingEventsClient.all for event in getattr(client, "events", [])]
        return [event for event in sent if event.event in names and event.occurred >= since]

    yield found
    EventsWorker.set_client_override(NullEventsClient)
