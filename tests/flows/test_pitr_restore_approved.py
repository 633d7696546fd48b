"""An estate that asks for an approval: no live row is repaired before somebody else has seen the plan."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from threading import Thread
from typing import Any

import pytest
from mortal import Killed, Process, done_twice

from recovery import operation_journal
from recovery.approval import Answer, Decision, Question, Said
from recovery.backups import BackupKind
from recovery.epoch import holder_of
from recovery.errors import NotApproved, OperationClosed, Refused
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.journal import Event, Kind, find
from recovery.reconcile.plan import RepairPlan
from recovery.reconcile.shapes import TableName
from recovery.restore_operation import Restore
from recovery.waiting import wait_until

pytestmark = pytest.mark.usefixtures("in_real_time")

EAST = "us-east-1"
TABLE = orders("eden_task").name
STEP = "approve_repair"
LONG_MIN, SHORT_MIN = 1.0, 0.005
Restored = Callable[..., str]
MakeEstate = Callable[..., FakeEstate]


def row(number: int) -> tuple[TableName, tuple[str]]:
    return TABLE, (str(number),)


def damaged(
    make_estate: MakeEstate, *, minutes: float = LONG_MIN, required: bool | None = True, **more: Any
) -> tuple[FakeEstate, dict[str, Any]]:
    """An estate whose repairs ada or grace approve, and the repair of seven damaged rows, one written again since."""
    estate = make_estate(
        disaster_recovery={"recovery_coordination": {"manual_approval_required": required}},
        recovery={"approval": {"approvers": {"ada": "ada", "grace": "grace"}, "timeout_minutes": minutes}},
        **more,
    )
    copies = estate.copies[EAST]
    copies.history.commit({row(n): f"({n},good)" for n in range(10)})
    copies.backups.back_up(BackupKind.FULL, repository=1)
    overwritten = {row(n): f"({n},bad)" for n in (3, 4, 5, 6)}
    bad = copies.history.commit({row(1): None, row(2): None, row(99): "(99,bad)", **overwritten})
    copies.history.commit({row(6): "(6,later)"})
    asked = {
        "scope": "surgical",
        "before_transaction": bad.transaction,
        "tables": ["eden_task.public.orders"],
    }
    return estate, asked | {"apply": True, "requested_by": "ada"}


def journal_of(estate: FakeEstate) -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, "restore-1")


def card_of(estate: FakeEstate) -> dict[str, str]:
    """What approvers were shown; empty where nobody was asked."""
    return next((dict(event.data["card"]) for event in journal_of(estate) if "card" in event.data), {})


def live(estate: FakeEstate) -> dict[TableName, Any]:
    return deepcopy(estate.copies[EAST].live.rows)


def says(estate: FakeEstate, decision: Decision, *, by: str = "grace") -> Answer:
    """Say it as `dr` would; raises what the person is told where it can not be taken."""
    now, opened = wall_clock(), journal_of(estate)[0]
    operation = Restore.model_validate(opened.data["parameters"])
    question = Question(operation, estate.name, estate.outside.journal, estate.approvers)
    said = Said(decision=decision, by=by, code=estate.approvers.code_of(by, now), why="seen the plan")
    return question.take(said, given_in="dr", now=now)


def waits(estate: FakeEstate) -> None:
    wait_until(lambda: (card_of(estate) or None, "no card"), what="a card", deadline_s=30)


def dies(process: Process) -> None:
    """Have the process killed at the next thing that it asks of its journal."""
    process.lives_for = 0
    process.writes("anything")


@contextmanager
def while_it_waits(estate: FakeEstate, happens: Callable[[], object]) -> Iterator[None]:
    """Have *happens* called as soon as the operation waits for an answer."""

    def meanwhile() -> None:
        waits(estate)
        happens()

    other = Thread(target=meanwhile)
    other.start()
    try:
        yield
    finally:
        other.join()


def assert_gone(estate: FakeEstate, before: dict[TableName, Any]) -> None:
    """No live row was written, nothing is left beside the live cluster, and the operation has ended for good."""
    copies = estate.copies[EAST]
    assert live(estate) == before
    assert "apply" not in copies.live.log
    assert not copies.scratch.exists
    assert journal_of(estate)[-1].kind is Kind.BACKED_OUT
    assert holder_of(estate.outside.journal, estate.name) is None


def test_an_approved_repair_is_carried_out_and_says_by_whom(
    make_estate: MakeEstate, restore: Restored
) -> None:
    """Who asked, who approved, where and why are in the journal; only then the repair is begun."""
    estate, asked = damaged(make_estate)

    with while_it_waits(estate, lambda: says(estate, Decision.APPROVE)):
        restore(estate, **asked)

    rows = estate.copies[EAST].live.rows[TABLE]
    approved = find(journal_of(estate), Kind.DONE, step=STEP)
    begun = find(journal_of(estate), Kind.STARTED, step="repair", region=EAST)
    assert approved is not None
    assert begun is not None
    told = {key: approved.data["result"][key] for key in ("asked_by", "approved_by", "given_in", "why")}
    assert told == {"asked_by": "ada", "approved_by": "grace", "given_in": "dr", "why": "seen the plan"}
    assert approved.seq < begun.seq
    assert rows == {(str(n),): f"({n},good)" for n in range(10)} | {("6",): "(6,later)"}


def test_no_live_row_is_written_while_it_waits(make_estate: MakeEstate, restore: Restored) -> None:
    estate, asked = damaged(make_estate)
    before, seen = live(estate), list[object]()

    def looks() -> None:
        seen.append(live(estate))
        seen.append("apply" in estate.copies[EAST].live.log)
        says(estate, Decision.APPROVE)

    with while_it_waits(estate, looks):
        restore(estate, **asked)

    assert seen == [before, False]
    assert live(estate) != before


@pytest.mark.parametrize("by", ["grace", "ada"])
def test_a_refused_repair_changes_nothing(make_estate: MakeEstate, restore: Restored, by: str) -> None:
    """Who asked may take it back too. It is closed for good: what was refused can not be resumed."""
    estate, asked = damaged(make_estate)
    before = live(estate)

    with (
        while_it_waits(estate, lambda: says(estate, Decision.REFUSE, by=by)),
        pytest.raises(NotApproved, match=rf"restore-1 was refused by {by} \(dr\): seen the plan"),
    ):
        restore(estate, **asked)

    assert_gone(estate, before)
    with pytest.raises(OperationClosed):
        restore(estate, **asked)


def test_no_answer_is_a_refusal(make_estate: MakeEstate, restore: Restored) -> None:
    """And it stays one: whoever approves it later is told what was first."""
    estate, asked = damaged(make_estate, minutes=SHORT_MIN)
    before = live(estate)

    with pytest.raises(NotApproved, match=r"refused by nobody \(timeout\): no answer within 0.005 min"):
        restore(estate, **asked)

    late = says(estate, Decision.APPROVE)
    assert_gone(estate, before)
    assert (late.approved, late.by) == (False, "nobody")


def test_who_asked_can_not_approve(make_estate: MakeEstate, restore: Restored) -> None:
    """The operation waits on, for somebody else."""
    estate, asked = damaged(make_estate)
    told = list[str]()

    def tries_both() -> None:
        try:
            says(estate, Decision.APPROVE, by="ada")
        except Refused as error:
            told.append(str(error))
        says(estate, Decision.APPROVE, by="grace")

    with while_it_waits(estate, tries_both):
        restore(estate, **asked)

    approved = find(journal_of(estate), Kind.DONE, step=STEP)
    assert told == ["ada asked for this operation, and can not approve it: somebody else must."]
    assert approved is not None
    assert approved.data["result"]["approved_by"] == "grace"


@pytest.mark.parametrize(
    ("required", "asked_for", "outcome"),
    [
        (True, {"apply": False}, "planned"),
        (True, {"scope": "beside", "apply": False, "tables": []}, "restored beside"),
        (False, {}, "repaired"),
        (None, {}, "repaired"),
    ],
    ids=["a plan alone", "beside", "the file says no", "the file says nothing"],
)
def test_nobody_is_asked(
    make_estate: MakeEstate,
    restore: Restored,
    *,
    required: bool | None,
    asked_for: dict[str, Any],
    outcome: str,
) -> None:
    """What changes nothing that serves needs no approval; nor does what a person starts, unless the file says so."""
    estate, asked = damaged(make_estate, minutes=SHORT_MIN, required=required)

    restore(estate, **asked | asked_for)

    assert card_of(estate) == {}
    assert STEP not in {event.step for event in journal_of(estate)}
    assert journal_of(estate)[-1].data["outcome"] == outcome


def test_without_a_name_nobody_can_be_told_apart(make_estate: MakeEstate, restore: Restored) -> None:
    estate, asked = damaged(make_estate)
    before = live(estate)

    with pytest.raises(Refused, match="asks for an approval by somebody else than who asked; give your name"):
        restore(estate, **asked | {"requested_by": None})

    assert_gone(estate, before)


def test_the_card_says_what_would_be_done(
    make_estate: MakeEstate, restore: Restored, prefect_api: Any
) -> None:
    """How many rows of which table, what stays with a person, and which plan: its digest is that of the kept one."""
    estate, asked = damaged(make_estate, minutes=SHORT_MIN)

    with pytest.raises(NotApproved):
        restore(estate, **asked, reason="release 42")

    card, where = card_of(estate), "operations/restore-1/plan.jsonl"
    kept = next(store[where] for store in estate.outside.journal.read(where) if where in store)
    plan = RepairPlan.from_lines(kept.decode().splitlines())
    shown = next(each["data"] for each in prefect_api.artifacts if each["key"] == "exposure-card")
    assert shown.startswith("### Repair 6 live rows of us-east-1?")
    assert card["Asked by"] == "ada: release 42"
    assert card["As they were"] == f"just before transaction {asked['before_transaction']}"
    assert card[TABLE.path] == "3 updated, 2 inserted again, 1 deleted"
    assert card["Left to a person"].startswith("1 damaged rows")
    assert card["Proofs"] == "5 of 5 proofs hold"
    assert card["Plan"] == f"{where} (SHA-256 {plan.digest[:16]})"


def test_a_row_that_is_written_while_it_waits_stays_as_it_is(
    make_estate: MakeEstate, restore: Restored
) -> None:
    """An approval takes a person's time, and customers go on: theirs is the newer word, the other rows are repaired."""
    estate, asked = damaged(make_estate)

    def written_then_approved() -> None:
        estate.copies[EAST].history.commit({row(3): "(3,newest)"})
        says(estate, Decision.APPROVE)

    with while_it_waits(estate, written_then_approved):
        restore(estate, **asked)

    rows = live(estate)[TABLE]
    assert (rows[("3",)], rows[("4",)]) == ("(3,newest)", "(4,good)")


def test_an_answer_that_was_given_while_nobody_waited_is_found(
    make_estate: MakeEstate, restore: Restored
) -> None:
    """The process that waited was killed: the one that goes on finds the answer, and asks nobody a second time."""
    process = Process()
    estate, asked = damaged(make_estate, stores=process.stores)
    with while_it_waits(estate, lambda: dies(process)), pytest.raises(Killed):
        restore(estate, **asked)
    process.lives()
    says(estate, Decision.APPROVE)

    restore(estate, **asked)

    events = journal_of(estate)
    assert events[-1].data["outcome"] == "repaired"
    assert len([event for event in events if "card" in event.data]) == 1
    assert done_twice(events) == []
