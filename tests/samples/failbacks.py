"""Makes the sample journals of failbacks beside this file: `python tests/samples/failbacks.py` writes them anew.

Each function tells one failback, second by second from the fault that its failover answered. They are invented; their
proportions are the lab's.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telling import SOURCE, TARGET, Tale, after, finding, iso

from recovery.failback import (
    Alike,
    BroughtHome,
    CacheFollows,
    CacheReturned,
    CaughtUp,
    LostSet,
    Opened,
    Reprotected,
    Returned,
    Served,
)
from recovery.findings import Fences, Finding, Findings, Means, SequenceMoved
from recovery.journal import Event, Kind, following
from recovery.measurement import Frozen, Row
from recovery.reconcile.findings import Change

HERE = Path(__file__).parent
ID, FAILOVER = "failback-20260314-031502-4b7e", "failover-20260314-021743-9c1e"
STREAM = "what its slot kept"
TITLES = {
    "keep_fenced": "Keep the returned region fenced",
    "is_back": "See that the region is back",
    "list_unsent": "List what never left it",
    "catch_up": "Catch up with what was committed meanwhile",
    "bring_home": "Bring home what never left",
    "replicate_both_ways": "Replicate both ways",
    "follow_cache": "Have its Redis follow",
    "prove_alike": "Prove that nothing differs",
    "open_region": "Open the region",
    "return_traffic": "Return its traffic",
    "return_cache": "Give its Redis back what it had",
    "verify_return": "Verify through the global name",
    "leave_fenced": "Leave the region fenced",
    "put_back": "Put traffic back",
}
READS = {"is_back", "list_unsent", "verify_return"}
TWO_SIDED = {"bring_home", "return_cache", "put_back"}


@dataclass
class FailbackTale(Tale):
    """A failback's journal being told."""

    def asks(self, at: float, *, reason: str = "INC-2291: power is back") -> None:
        """Open the operation."""
        asked = {"region": SOURCE, "share_percent": None, "reason": reason, "dry_run": False}
        told: dict[str, Any] = {
            "procedure": "region-failback",
            "parameters": asked | {"requested_by": "a.meyer", "estate": "estate.yaml", "id": None},
            "returned": SOURCE,
            "serving": TARGET,
            "failover": FAILOVER,
            "left_at": iso(0),
            "objectives": {"rto_s": 900.0, "rpo_s": 300.0},
            "estate": "eden",
            "estate_digest": "5f0c1d8e2b7a49c3" * 4,
            "code_version": "0.1.0",
            "started_by": self.actor,
            "prefect_run": f"failback of {SOURCE}",
        }
        fields: dict[str, Any] = {"time": after(at), "operation": self.operation, "actor": self.actor}
        self.events.append(following(self.events, **fields, kind=Kind.OPENED, data=told))

    def begins(self, at: float, step: str, *, attempt: int = 1) -> None:
        """A step starts."""
        told: dict[str, Any] = {"attempt": attempt, "title": TITLES[step], "mutating": step not in READS}
        touched = ["postgres 127.0.10.1:5432", "postgres 127.0.20.1:5432"]
        self.tell(at, Kind.STARTED, step=step, region=_region(step), touches=touched, **told)

    def acted(self, start: float, end: float, step: str, found: Frozen | None) -> None:
        """A step, from start to end."""
        self.begins(start, step)
        result = found and found.model_dump(mode="json")
        self.done(end, step, "" if found is None else str(found), region=_region(step), result=result)

    def failed(self, start: float, end: float, step: str, why: str) -> None:
        """A step that does not succeed."""
        self.begins(start, step)
        self.tell(end, Kind.FAILED, step=step, region=_region(step), error=why, attempt=1, result=None)

    def backs_out(self, at: float, why: str, *undos: str) -> None:
        """Undo, last step first, and close for good."""
        self.tell(at, Kind.BACKING_OUT, why=why)
        for number, undo in enumerate(undos):
            self.acted(at + 0.2 * number + 0.1, at + 0.2 * number + 0.2, undo, None)
        self.tell(at + 1, Kind.BACKED_OUT)


def _region(step: str) -> str | None:
    return None if step in TWO_SIDED else SOURCE


FENCED = Fences(
    means=[
        Means(means="PostgreSQL roles without login", worked=True, detail="eden_app may not log in"),
        Means(means="Redis refusing writes", worked=True, detail="a write was refused"),
        Means(means="gateway closed", worked=True, detail="it answers 503 to everybody"),
    ]
)
BACK = Findings(
    findings=[
        Finding(**finding("us-west-2's services answer", "all of them", "", remedy="mend them first")),
        Finding(**finding("the regions' clocks agree", "0.002 s apart", "0.5 s", remedy="set the clocks")),
    ]
)
LOST = LostSet(
    where=f"operations/{FAILOVER}/unsent-{SOURCE}.jsonl",
    transactions=38,
    rows=71,
    span_s=1.44,
    oldest=after(-1.46),
    newest=after(-0.02),
    tables={"customers.public.accounts": 9, "orders.public.orders": 62},
    untold={},
    unread=[],
    estimated_rows=2,
)
CAUGHT_UP = CaughtUp(how={"customers": STREAM, "orders": STREAM}, length_s=14.2)
HOME = BroughtHome(
    fates={"replayed": 66, "alike": 1, "superseded": 1, "by rule": 3, "asked": 0},
    changes=[
        Change(region=TARGET, table="orders.public.orders", updates=5, inserts=57, deletes=1),
        Change(region=TARGET, table="customers.public.accounts", updates=6, inserts=0, deletes=0),
    ],
    plans=["comparison-20260314-031520-0a11"],
    queued=0,
    left=0,
    undo=[f"operations/{ID}/undo-salvage-{TARGET}-comparison-20260314-031520-0a11.jsonl"],
    superseded=[],
)
REDUNDANT = Reprotected(
    redundant_at=after(3482.5),
    error_s=0.31,
    lag_s={SOURCE: 0.31, TARGET: 0.12},
    limit_s=60.0,
    sequences={
        SOURCE: [
            SequenceMoved(node_group="orders", sequence="public.orders_id_seq", before=9001, after=31007)
        ]
    },
)
FOLLOWS = CacheFollows(before="master at offset 88190", master=TARGET, offset=1_204_551, length_s=2.1)
ALIKE = Alike(
    comparison="comparison-20260314-031527-77c0",
    tables=9,
    rows=82_688,
    drifted=0,
    repaired=0,
    redis_keys="1,204 keys of Redis were compared, and 0 differ",
    length_s=6.4,
)
OPENED = Opened(
    means=["PostgreSQL roles may log in", "Redis", "gateway", "stop object removed", "health check"]
)
TRAFFIC = Returned(original={SOURCE: 0, TARGET: 100}, steps=[20, 40, 60, 62])
REDIS = CacheReturned(master=SOURCE, moved=True)
SERVED = Served(
    services={"orders": "HTTP 200", "customers": "HTTP 200"},
    failed_requests=0,
    requests=31_207,
    acknowledged=21_744,
    lost_then=2,
    lost_now=0,
)


def up_to_home(tale: FailbackTale, *, lost: LostSet = LOST, home: BroughtHome = HOME) -> None:
    """The part that all of them share."""
    tale.asks(3441)
    tale.acted(3441.1, 3442.0, "keep_fenced", FENCED)
    tale.acted(3442.1, 3443.0, "is_back", BACK)
    tale.acted(3443.1, 3445.2, "list_unsent", lost)
    tale.acted(3445.3, 3459.5, "catch_up", CAUGHT_UP)
    tale.acted(3459.6, 3462.0, "bring_home", home)


def up_to_the_traffic(tale: FailbackTale) -> None:
    """The part of those that come to move traffic."""
    up_to_home(tale)
    tale.acted(3462.1, 3482.6, "replicate_both_ways", REDUNDANT)
    tale.acted(3482.7, 3484.9, "follow_cache", FOLLOWS)
    tale.acted(3485.0, 3491.4, "prove_alike", ALIKE)
    tale.acted(3491.5, 3493.0, "open_region", OPENED)
    tale.begins(3493.1, "return_traffic")
    original = {SOURCE: 0, TARGET: 100}
    tale.tell(3493.2, Kind.NOTED, step="drain", text="The weights before the operation.", original=original)


def to_the_end(tale: FailbackTale, *, served: Served = SERVED) -> None:
    """The part of those that succeed."""
    returned = {"result": TRAFFIC.model_dump(mode="json"), "summary": str(TRAFFIC)}
    tale.tell(3720, Kind.DONE, step="return_traffic", region=SOURCE, **returned)
    tale.tell(3720.1, Kind.POINT_OF_NO_RETURN)
    tale.acted(3720.2, 3722.0, "return_cache", REDIS)
    tale.acted(3722.1, 3726.8, "verify_return", served)
    tale.tell(3727, Kind.CLOSED, outcome="returned", summary=f"{served}.", next=[])


def returned() -> list[Event]:
    """The region serves again, an hour after it was lost, and nothing is lost."""
    tale = FailbackTale(ID, actor="a.meyer@ops-1:3107")
    up_to_the_traffic(tale)
    to_the_end(tale)
    return tale.events


def lossy() -> list[Event]:
    """Two promised rows are in neither region."""
    tale = FailbackTale(ID, actor="a.meyer@ops-1:3107")
    up_to_the_traffic(tale)
    lost = {"lost_now": 2, "gone": [lost_row("cart-3", 1801), lost_row("cart-7", 1799)]}
    to_the_end(tale, served=SERVED.model_copy(update={**lost, "failed_requests": 4}))
    return tale.events


def lost_row(client: str, seq: int) -> Row:
    """A row that was promised just before the loss."""
    return Row(
        service="cart-service",
        client=client,
        seq=seq,
        region=SOURCE,
        acknowledged_at=after(-0.3),
        committed_at=after(-0.31),
    )


def unseen() -> list[Event]:
    """The prober did not answer in the end."""
    tale = FailbackTale(ID, actor="a.meyer@ops-1:3107")
    up_to_the_traffic(tale)
    to_the_end(tale, served=Served(services=SERVED.services, lost_then=2, reason="the prober did not answer"))
    return tale.events


def asked() -> list[Event]:
    """Rows wait for a person: the region stays fenced."""
    tale = FailbackTale(ID, actor="a.meyer@ops-1:3107")
    fates = {"replayed": 66, "alike": 1, "superseded": 1, "by rule": 0, "asked": 3}
    up_to_home(tale, home=HOME.model_copy(update={"fates": fates, "queued": 3}))
    tale.acted(3462.1, 3482.6, "replicate_both_ways", REDUNDANT)
    tale.acted(3482.7, 3484.9, "follow_cache", FOLLOWS)
    why = (
        "us-east-1 gets no customers while the regions differ: orders.public.orders: 3 of 61,002 rows have drifted. "
        "See the report comparison-20260314-031527-77c0; `dr conflicts list` has what a person decides."
    )
    tale.failed(3485, 3491.4, "prove_alike", why)
    tale.backs_out(3491.5, why, "leave_fenced")
    return tale.events


def gapped() -> list[Event]:
    """WAL was thrown away, and a table has no key: what never left is not all known."""
    tale = FailbackTale(ID, actor="a.meyer@ops-1:3107")
    lost = {"unread": ["customers: its slot is lost"], "untold": {"orders.public.events": 12}}
    up_to_home(tale, lost=LOST.model_copy(update=lost))
    return tale.events


def held() -> list[Event]:
    """Neither region was seen fit for the traffic: it stays where it is."""
    tale = FailbackTale(ID, actor="a.meyer@ops-1:3107")
    up_to_the_traffic(tale)
    why = (
        "40 % was not verified within 90 s; traffic is not put back: us-west-2 was not seen to be any better"
    )
    then = ["Look at both regions: us-east-1 is open, traffic stays at us-east-1 40, us-west-2 60."]
    tale.tell(3600, Kind.NOTED, step="drain", text=f"Held: {why}", ended="held", next=then)
    error = f"Traffic is held where it is: {why}"
    tale.tell(3600.1, Kind.FAILED, step="return_traffic", region=SOURCE, error=error, attempt=1, result=None)
    tale.backs_out(3600.2, error, "put_back", "leave_fenced")
    return tale.events


def interrupted() -> list[Event]:
    """Its process was killed while the region caught up."""
    tale = FailbackTale(ID, actor="a.meyer@ops-1:3107")
    tale.asks(3441)
    tale.acted(3441.1, 3442.0, "keep_fenced", FENCED)
    tale.acted(3442.1, 3443.0, "is_back", BACK)
    tale.acted(3443.1, 3445.2, "list_unsent", LOST)
    tale.begins(3445.3, "catch_up")
    return tale.events


TALES = (returned, lossy, unseen, asked, gapped, held, interrupted)


def path_of(name: str) -> Path:
    """Where a sample is kept."""
    return HERE / f"failback-{name}.jsonl"


def as_lines(events: list[Event]) -> bytes:
    """A journal as its file has it."""
    return b"".join(event.to_json() + b"\n" for event in events)


if __name__ == "__main__":
    for tell in TALES:
        path_of(tell.__name__).write_bytes(as_lines(tell()))
