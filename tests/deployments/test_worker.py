"""What a worker starts for a run: it ends as one from `dr` does, also where its Prefect server is gone meanwhile."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from mortal import PLACES
from prefect_api import Gone, PrefectApi
from quick_estate import ROOT
from tested import MANUAL, closing, is_as_it_was
from vanishing import WatchedStore, gone_at

from recovery.drill.order import DrTestOrder
from recovery.fakes.estate import FakeEstate
from recovery.operation import Failover, Mode

Opens = Callable[[FakeEstate], None]
Make = Callable[..., FakeEstate]
ByWorker = Callable[[str, Failover | DrTestOrder], None]


@pytest.fixture
def by_a_worker(api: PrefectApi, monkeypatch: pytest.MonkeyPatch) -> ByWorker:
    """Return a function that runs a flow as what a worker starts does: its environment names the run."""
    from deployments import worker  # noqa: PLC0415 - takes seconds

    def run(flow: str, operation: Failover | DrTestOrder) -> None:
        made = {"id": str(uuid4()), "name": "run", "flow_id": str(uuid4()), "deployment_id": str(uuid4())}
        parameters = {"operation": operation.model_dump(mode="json")}
        api.runs[made["id"]] = made | {"parameters": parameters, "state": {"type": "PENDING"}}
        monkeypatch.setenv("PREFECT__FLOW_RUN_ID", made["id"])
        monkeypatch.setenv("PREFECT__FLOW_ENTRYPOINT", f"{ROOT}/flows/{flow}.py:{flow}")
        worker.main()

    return run


@pytest.mark.parametrize("step", ["can_be_tested", "keep_fenced", "verify_return"])
def test_a_test_that_a_worker_runs_outlives_its_server(
    api: PrefectApi, make_estate: Make, opens: Opens, by_a_worker: ByWorker, step: str
) -> None:
    """The quarterly schedule starts it so: by Prefect's own command it ended there, with a region left."""
    estate = make_estate(
        [WatchedStore(place, gone_at(step, api, Gone.REFUSES)) for place in PLACES], **MANUAL
    )
    opens(estate)

    by_a_worker("quarterly_dr_test", DrTestOrder(scenarios=("region-loss",), scope="full", id="dr-test-1"))

    assert api.gone is Gone.REFUSES
    assert "1 of 1 scenarios passed" in str(closing(estate).data["summary"])
    assert is_as_it_was(estate)


def test_a_refusal_of_what_a_worker_runs_ends_its_process_as_prefects_own_command_does(
    api: PrefectApi, make_estate: Make, opens: Opens, by_a_worker: ByWorker
) -> None:
    """The run is shown as failed, and the worker takes no crash for what was refused."""
    estate = make_estate()
    opens(estate)

    with pytest.raises(SystemExit):
        by_a_worker("region_failover", Failover(source="us-east-1", mode=Mode.UNPLANNED, id="failover-1"))

    assert [run["state"]["type"] for run in api.runs.values()] == ["FAILED"]


def test_a_worker_starts_this_projects_own_command() -> None:
    """In the checkout, as `dr deploy` knows it: Prefect would choose an empty folder."""
    from deployments.registration import STARTED  # noqa: PLC0415 - takes seconds

    python, *words = shlex.split(STARTED["command"])

    assert (python, words) == (sys.executable, ["-m", "deployments.worker"])
    assert (Path(STARTED["working_dir"]) / "deployments" / "worker.py").is_file()
