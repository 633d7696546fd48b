"""Makes the sample journals of tests beside this file: `python tests/samples/dr_tests.py` writes them anew.

A quarterly test of three scenarios, 2½ of 3: told second by second from the first one's T0. They are invented; their
proportions are the lab's.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import journals
import restores
from outcomes import data_corruption, planned_move, region_loss
from telling import SOURCE, TARGET, Tale, after, interruptions, iso, measurement, point, rows, windows

from recovery.dr_test.opening import opening_data
from recovery.dr_test.people import Absentee, People, Person, ThirdParty
from recovery.dr_test.plan import DrTestPlan, PlannedScenario
from recovery.dr_test.scenarios import Announced, DrTestKind, ScenarioName
from recovery.journal import Event, Kind, as_lines, following

HERE = Path(__file__).parent / "dr-test"
TEST = "dr-test-20260314-021541-5a5a"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
TITLES = {
    "approve": "Have it approved",
    "scenario_region_loss": "Lose us-east-1, and come back",
    "scenario_planned_move": "Leave us-east-1 in order, and come back",
    "scenario_data_corruption": "Damage rows, and bring them back",
    "salvage": "Bring home what only us-east-1 has",
    "rebuild": "Make us-east-1 redundant again",
    "shift_back": "Move the traffic back",
    "compare_again": "Compare both regions",
}
PLAN = DrTestPlan(
    version="2026-1",
    kind=DrTestKind.LIVE,
    announced=Announced.PLANNED,
    scenarios=[
        PlannedScenario(
            name=ScenarioName.REGION_LOSS,
            hypothesis="With us-east-1 gone, us-west-2 serves within 15 min, and at most 5 min of writes are lost.",
            risk="BIA-7, risk R-03",
            injects="SIGKILL to every process of us-east-1",
        ),
        PlannedScenario(
            name=ScenarioName.PLANNED_MOVE,
            hypothesis="us-east-1 is emptied under load without a failed request.",
            risk="BIA-7, risk R-11",
            injects="nothing: a planned move",
        ),
        PlannedScenario(
            name=ScenarioName.DATA_CORRUPTION,
            hypothesis="Rows that a bad release has damaged are back within 15 min, and nothing else is changed.",
            risk="BIA-9, risk R-05",
            injects="DELETE of 213 rows in eden_task",
        ),
    ],
    scope_in=["orders, customers, inventory and payments in both regions", "the gateways, DNS and Redis"],
    scope_out=["the payment provider: its own test is in May"],
    assumptions=["The witness in eu-central-1 is well", "Load is that of a weekday night"],
    rto_s=900,
    rpo_s=300,
)
PEOPLE = People(
    participants=[
        Person(name="Anna Meyer", role="incident commander"),
        Person(name="Ben Okafor", role="database operator"),
        Person(name="Chloé Durand", role="service owner, orders"),
    ],
    absentees=[Absentee(name="David Lindqvist", role="network lead", why="absent on purpose: a key person")],
    third_parties=[ThirdParty(name="Amazon Web Services", part="hosts both regions; was not told")],
    findings_owner="Ben Okafor",
    reviewer=Person(name="Eva Novák", role="internal audit"),
    signs=[
        Person(name="Farid Haddad", role="head of operations"),
        Person(name="Eva Novák", role="internal audit"),
    ],
    interval_days=92,
)


@dataclass
class TestTale(Tale):
    """The journal of a test, or of one of its failbacks, being told."""

    __test__ = False  # no test itself

    def asks(self, at: float, procedure: str, **more: Any) -> None:
        """Open the operation."""
        told: dict[str, Any] = {
            "procedure": procedure,
            "parameters": {"reason": "CHG-140: quarterly test", "dry_run": False, "estate": "estate.yaml"},
            "estate": "eden",
            "estate_digest": "5f0c1d8e2b7a49c3" * 4,
            "objectives": {"rto_s": 900.0, "rpo_s": 300.0},
            "code_version": "0.1.0",
            "started_by": "a.meyer (Prefect UI)",
        }
        self.tell(at, Kind.OPENED, **told | more)

    def started(self, at: float, step: str, *, region: str | None = None, attempt: int = 1) -> None:
        """A step starts."""
        told: dict[str, Any] = {"title": TITLES[step], "attempt": attempt, "mutating": True, "touches": []}
        self.tell(at, Kind.STARTED, step=step, region=region, **told)


def at_other_time(events: Sequence[Event], operation: str, *, by_s: float) -> list[Event]:
    """The same operation under another id, so many seconds later; every moment that it tells of moves with it."""
    told: list[Event] = []
    for event in events:
        fields = event.model_dump(include={"step", "region", "kind", "actor", "epoch"})
        data = json.loads(MOMENT.sub(lambda found: _later(found[0], by_s), json.dumps(event.data)))
        time = event.time + timedelta(seconds=by_s)
        told.append(following(told, **fields, time=time, operation=operation, data=data))
    return told


def failback(operation: str, *, by_s: float) -> list[Event]:
    """Rows are brought home, the region is made anew, traffic moves back; two regions again at 290 s."""
    tale = TestTale(operation)
    tale.asks(0, "region-failback", source=TARGET, target=SOURCE)
    approved = {
        "asked_by": "a.meyer",
        "approved_by": "grace",
        "approved_at": iso(0.9),
        "given_in": "dr approve",
    }
    tale.step(0.1, 0.9, "approve", "approved by grace", result=approved | {"why": "us-east-1 is whole again"})
    tale.step(1, 20, "salvage", "2 of 2 lost rows are in us-west-2 again.", region=SOURCE)
    tale.step(21, 240, "rebuild", "Replication runs both ways again.", region=SOURCE)
    tale.tell(241, Kind.POINT_OF_NO_RETURN)
    tale.step(242, 290, "shift_back", "Both regions serve again, in steps.")
    points = [
        point("T0", 242, "journal", error_s=0),
        point("T3", 242, "journal"),
        point("T6", 242, "prober", error_s=0.5),
        point("T7", 290, "heartbeats"),
    ]
    traffic = windows(
        lambda at: (0.0, 1.0) if at < 242 else (min(0.62, (at - 242) / 60), 1 - min(0.62, (at - 242) / 60)),
        since=220,
        until=310,
        length_s=2,
        requests=90,
    )
    compared = rows(310, acknowledged=6_210, lost=[], newest=309)
    unhurt = interruptions(0, None, None, None, longest_s=0.0)
    measured = measurement(points, traffic, compared, unhurt)
    tale.tell(311, Kind.STARTED, step="measure", title="Measure what was achieved", attempt=1, mutating=False)
    tale.done(312, "measure", "No interruption, no row lost.", result=measured)
    tale.tell(313, Kind.CLOSED, outcome="moved", summary="Both regions serve again.", next=[])
    return at_other_time(tale.events, operation, by_s=by_s)


def operations() -> dict[str, list[Event]]:
    """Every operation that the test started."""
    made = [
        journals.restored(),
        failback("region-failback-20260314-022741-1f1f", by_s=600),
        at_other_time(journals.moved(), "region-failover-20260314-024001-2b2b", by_s=1340),
        failback("region-failback-20260314-024541-2f2f", by_s=1680),
        at_other_time(restores.repaired(), "restore-20260314-030741-3c3c", by_s=2400),
    ]
    return {events[0].operation: events for events in made}


def quarterly() -> list[Event]:
    """The test itself: there and back, there only, there and back."""
    tale = TestTale(TEST, actor="a.meyer@ops-1:3107")
    tale.asks(-120, "quarterly-dr-test", **opening_data(PLAN, PEOPLE))
    for outcome in (region_loss(), planned_move(), data_corruption()):
        start, end = outcome.started_at, outcome.ended_at
        step = f"scenario_{outcome.scenario.replace('-', '_')}"
        result = outcome.model_dump(mode="json")
        tale.step(_since(start), _since(end), step, outcome.happened, result=result)
    tale.tell(3160, Kind.CLOSED, outcome="tested", summary="Three scenarios were tried.", next=[])
    return tale.events


def earlier() -> list[tuple[list[Event], Mapping[str, list[Event]]]]:
    """Three tests of the year before, each slower than the next one; the first two were never back."""
    return [_before(quarters, back=quarters < 2) for quarters in (3, 2, 1)]


def _before(quarters: int, *, back: bool) -> tuple[list[Event], Mapping[str, list[Event]]]:
    by_s = -92 * 86_400.0 * quarters
    day = f"{after(by_s):%Y%m%d}"

    def renamed(name: str) -> str:
        return name.replace("20260314", day)

    moved = {
        renamed(name): at_other_time(one, renamed(name), by_s=by_s) for name, one in operations().items()
    }
    told: list[Event] = []
    for event in at_other_time(quarterly(), renamed(TEST), by_s=by_s):
        data = json.loads(json.dumps(event.data).replace("20260314", day))
        if isinstance(result := data.get("result"), dict):
            _worse(result, by_s=2.4 * quarters, back=back)
        fields = event.model_dump(exclude={"seq", "previous", "hash", "data"})
        told.append(following(told, **fields, data=data))
    return told, moved


def _worse(result: dict[str, Any], *, by_s: float, back: bool) -> None:
    if result["rto"]["seconds"]:
        result["rto"]["seconds"] += by_s
    if result["rpo"]["seconds"]:
        result["rpo"]["seconds"] += by_s / 4
    if not back:
        result["back"] = None
        result["failback"] = {"state": "not done", "sentence": "the way back was left for the next test"}


def _later(moment: str, by_s: float) -> str:
    return (datetime.fromisoformat(moment) + timedelta(seconds=by_s)).isoformat().replace("+00:00", "Z")


def _since(at: datetime) -> float:
    return (at - after(0)).total_seconds()


def files() -> dict[str, bytes]:
    """Every file of the folder `dr-test`, by its name."""
    made = {TEST: quarterly(), **operations()}
    return {f"{name}.jsonl": as_lines(events) for name, events in made.items()}


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for name, body in files().items():
        (HERE / name).write_bytes(body)
