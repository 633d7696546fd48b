"""A test that is stopped, killed or cancelled: the estate is put back as it was, by its run or by another one."""

from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect_api import PrefectApi
from stopping_a_test import Stopped, kill_once_broken, stop_at, stopped
from tested import EAST, MANUAL, WEST, Drill, Make, closing, is_as_it_was, journal_of, outcome_of

from recovery.errors import BadInput, NotReady
from recovery.fakes.estate import FakeEstate
from recovery.traffic import Weights


@pytest.mark.parametrize(
    "scenario", ["region-loss", "database-loss", "cache-loss", "gray-failure", "planned-move"]
)
@pytest.mark.parametrize("when", ["injected", "failed over", "mended"])
def test_whatever_stops_it_the_estate_is_put_back(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch, scenario: str, when: str
) -> None:
    """A test that is cancelled in the middle of a scenario leaves the estate as it was before."""
    estate = make_estate(**MANUAL)
    stop_at(monkeypatch, when)

    with pytest.raises(Stopped):
        drill(estate, scenario)

    assert is_as_it_was(estate)
    assert closing(estate).data["outcome"] == "stopped"


@pytest.mark.parametrize("when", ["injected", "mended"])
@pytest.mark.parametrize("scenario", ["link-partition", "orchestrator-lost", "alert-path-lost"])
def test_so_it_is_where_no_region_was_left(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch, scenario: str, when: str
) -> None:
    """Or where another process was to go on with that."""
    estate = make_estate(automated_failover={"detection": {"detection_window_seconds": 0.02}}, **MANUAL)
    stop_at(monkeypatch, when)

    with pytest.raises(Stopped):
        drill(estate, scenario)

    assert is_as_it_was(estate)
    assert not estate.link_cut
    assert not any(watching.away for watching in estate.watching.values())
    assert closing(estate).data["outcome"] == "stopped"


def test_whatever_fails_as_it_is_put_back_what_is_left_to_do_is_told(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what is no refusal, as where Prefect's client raised: and the test ends by what stopped it."""
    estate = make_estate(**MANUAL)
    stop_at(monkeypatch, "injected")
    estate.region(EAST).database.fails("listens", RuntimeError("a defect"))

    with pytest.raises(Stopped):
        drill(estate, "region-loss")

    told = next(e for e in journal_of(estate) if "not as it was" in str(e.data.get("text")))
    assert (told.data["text"], told.data["next"]) == (
        "The estate is not as it was: a defect",
        ["run `dr resume dr-test-1`"],
    )


@pytest.mark.parametrize("step", ["can_be_tested", "announce"])
def test_one_that_is_stopped_before_anything_was_done_ends_and_touches_nothing(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The next one can begin at once; what the first one found is not its own, and is left alone."""
    estate = make_estate(**MANUAL)
    before = estate.state()
    with monkeypatch.context() as patched:
        patched.setattr(f"tasks.drilling.{step}", stopped)
        with pytest.raises(Stopped):
            drill(estate, "region-loss")

    assert (closing(estate).data["outcome"], estate.state()) == ("stopped", before)
    assert drill(estate, "region-loss", id="dr-test-2").endswith("1 of 1 scenarios passed, there and back")


def test_a_killed_test_puts_the_estate_back_before_it_goes_on(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed process left broken is mended first; then the scenario is played anew."""
    estate = make_estate(**MANUAL)
    kill_once_broken(drill, estate, monkeypatch, "region-loss")
    assert estate.world.places[EAST].lost_at is not None

    drill(estate, "region-loss")

    assert closing(estate).data["outcome"] == "passed"
    assert is_as_it_was(estate)


def test_a_stopped_test_can_be_put_back_without_playing_the_rest(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a worker killed before it had put the estate back, the run after it does; the newest test is meant."""
    estate = make_estate(**MANUAL)
    kill_once_broken(drill, estate, monkeypatch, "region-loss", "cache-loss")

    told = drill(estate, put_back=True, id=None)

    assert told.startswith("dr-test-1: the estate is as it was")
    assert is_as_it_was(estate)
    assert len(estate.faults.injected) == 1
    assert closing(estate).data["outcome"] == "stopped"
    assert drill(estate, "region-loss", id="dr-test-2").endswith("1 of 1 scenarios passed, there and back")


def test_what_a_test_broke_is_put_back_though_the_estate_allows_none_since(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing more is broken, and what was does not stay so."""
    estate = make_estate(**MANUAL)
    kill_once_broken(drill, estate, monkeypatch, "region-loss")
    now_live = {"disaster_recovery": {"testing": {"scope": "live"}}}
    estate.file = make_estate(**MANUAL, **now_live).file

    with pytest.raises(BadInput, match=r"the scope full goes beyond what tested allows"):
        drill(estate, "region-loss")
    told = drill(estate, put_back=True, id=None)

    assert told.startswith("dr-test-1: the estate is as it was")
    assert is_as_it_was(estate)


def test_where_no_test_was_stopped_there_is_nothing_to_put_back(make_estate: Make, drill: Drill) -> None:
    estate = make_estate(**MANUAL)
    with pytest.raises(BadInput, match="No test was stopped"):
        drill(estate, put_back=True, id=None)
    drill(estate, "region-loss")

    with pytest.raises(BadInput, match="dr-test-1 was not stopped"):
        drill(estate, put_back=True, id=None)


def test_a_region_whose_return_was_held_half_way_is_brought_back_from_there(
    make_estate: Make, drill: Drill
) -> None:
    """It has customers, and a failback begins with its fence: they are sent to the other region before."""
    estate = make_estate(**MANUAL)
    held_once(estate)

    drill(estate, "region-loss")

    assert "Traffic is held where it is" in outcome_of(estate, "region_loss").model_dump_json()
    assert closing(estate).data["outcome"] == "failed"
    assert is_as_it_was(estate)
    assert [
        e.data["text"] for e in journal_of(estate) if "All traffic is sent to" in str(e.data.get("text"))
    ] == [f"All traffic is sent to {WEST}: that {EAST} gets its own back was held half-way."]


def test_customers_that_a_person_has_sent_to_a_left_region_are_left_there(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No failback of the test held them there: what a person did by hand is not undone."""
    estate = make_estate(**MANUAL)
    stop_at(monkeypatch, "failed over")
    with monkeypatch.context() as patched:
        patched.setattr("tasks.stopping.LeftAsItWas.__exit__", lambda *_: None)
        with pytest.raises(Stopped):
            drill(estate, "region-loss")
    estate.faults.heal()
    by_hand: Weights = {EAST: 20, WEST: 80}
    estate.outside.traffic.set_weights(by_hand)
    estate.outside.traffic.mark_healthy(EAST)
    estate.stops[EAST].remove()

    with pytest.raises(NotReady, match="us-east-1 is sent customers, by weight 20"):
        drill(estate, put_back=True, id=None)

    assert estate.route53.weights() == by_hand


def test_a_cancelled_run_hands_over_its_own_test_only(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch, prefect_api: PrefectApi
) -> None:
    """One that is cancelled while it is refused, since another test runs, must not end that other one."""
    estate = make_estate(**MANUAL)
    kill_once_broken(drill, estate, monkeypatch, "region-loss")
    ran = UUID(str(journal_of(estate)[0].data["prefect_run_id"]))

    with pytest.raises(BadInput, match="dr-test-1 was not run by"):
        drill(estate, **handed_over(prefect_api, uuid4()))
    assert estate.world.places[EAST].lost_at is not None
    drill(estate, **handed_over(prefect_api, ran))

    assert is_as_it_was(estate)
    assert closing(estate).data["outcome"] == "stopped"


@pytest.mark.parametrize(
    "order", [{"put_back": True}, {"dry_run": True}], ids=["puts back already", "touches nothing"]
)
def test_what_a_cancelled_run_leaves_to_nobody(prefect_api: PrefectApi, order: dict[str, bool]) -> None:
    cancelled(prefect_api, uuid4(), **order)

    assert prefect_api.asked_to_run == []


def held_once(estate: FakeEstate) -> None:
    """Have both regions fail once the first failback has sent its first customers, until they are sent away again."""
    calls = count(1)

    def accused() -> None:
        match next(calls):
            case 2:
                estate.prober.accuses.update({EAST, WEST})
            case 3:
                estate.prober.accuses.clear()

    estate.route53.meanwhile("set_weights", accused)


def handed_over(api: PrefectApi, run: UUID) -> dict[str, Any]:
    """What the run is asked for that the hook of a cancelled run starts."""
    cancelled(api, run)
    asked = api.asked_to_run[-1]["parameters"]["operation"]
    return {name: asked[name] for name in ("put_back", "put_back_run", "id")}


def cancelled(api: PrefectApi, run: UUID, **order: bool) -> None:
    """Have Prefect say that this run of the deployment was cancelled."""
    from tasks import stopping  # noqa: PLC0415 - Prefect takes seconds

    assert api.url
    stopping.hand_over(
        None,
        FlowRun(id=run, flow_id=uuid4(), deployment_id=uuid4(), parameters={"operation": order}),
        None,
    )
