"""Guards broken on purpose, one at a time, each with what the simulation must see of it."""

# ruff: noqa: SLF001 - guards are private parts

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from simulated import TurnsQuorum

from recovery import epoch, region_standing, shift, verdict
from recovery.epoch import Claim, Epoch
from recovery.findings import Fences
from recovery.operation_journal import OperationJournal
from recovery.quorum import Quorum, Taken
from recovery.region_standing import Asking, Standing
from tasks import backout, checks, fencing, readiness
from tasks import step as steps
from tasks.run import FailoverRun

BOTH_WRITE = "both regions take writes"
LET_IN = "was let in beside"
PROVES = "still proves itself"
SERVED = "which served all the time"
STAYS_CLOSED = "stays closed"
PASSED = "passed its point of no return, and"


@dataclass(frozen=True)
class Broken:
    """One guard, how it is broken, and what comes of it."""

    guard: str
    breaks: Callable[[pytest.MonkeyPatch], None]
    seen: str


def _no_proof(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Epoch, "prove", lambda _epoch: None)


def _no_proof_of_steps(patch: pytest.MonkeyPatch) -> None:
    checkpointed = steps.Step._checkpointed

    def unproved(step: Any, run: Any, *args: Any) -> Any:
        run.epoch.prove = lambda: None
        try:
            return checkpointed(step, run, *args)
        finally:
            del run.epoch.prove

    patch.setattr(steps.Step, "_checkpointed", unproved)


def _no_second_look(patch: pytest.MonkeyPatch) -> None:
    def won(quorum: Quorum, estate: str, number: int, claim: Claim) -> bool:
        try:
            quorum.put_new(epoch._key(estate, number), epoch._body(claim))
        except Taken:
            return False
        return True

    patch.setattr(epoch, "_won", won)


def _no_close_seen(patch: pytest.MonkeyPatch) -> None:
    """Neither its own, nor that of the process after it."""
    over = Epoch._over

    def blind(self: Epoch) -> tuple[bool, str] | None:
        self._closed = False
        with pytest.MonkeyPatch.context() as within:
            within.setattr(epoch, "_ended", lambda _keys: 0)
            return over(self)

    patch.setattr(Epoch, "_over", blind)


def _no_others_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(epoch.Seen, "others", lambda _seen, _operation: [])


def _one_store_is_a_majority(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        TurnsQuorum, "majority", property(lambda _quorum: 1, lambda _quorum, _majority: None), raising=False
    )


def _one_witness(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(checks, "WITNESSES_NEEDED", 1)


def _prober_not_needed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(checks, "is_at_fault", lambda found: sum(one.ok for one in found.findings) > 1)


def _target_taken_as_well(patch: pytest.MonkeyPatch) -> None:
    """In the verdict; the row for two sick regions goes too, which would say so first."""
    patch.setattr(verdict.View, "well", property(lambda _view: True))
    patch.setattr(verdict, "TABLE", verdict.TABLE[1:])


def _target_not_checked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(readiness, "of_target", lambda _run: [])


def _no_fence(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fencing, "fenced", lambda _region, **_silent: Fences(means=[]))


def _no_undo(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(backout.BackOut, "with_undo", lambda _back_out, _undo: None)


def _no_checkpoint(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(steps.Step, "_done", lambda _step, _run: None)


def _checkpoint_not_settled(patch: pytest.MonkeyPatch) -> None:
    settle = OperationJournal.settle

    def only_to_record(journal: OperationJournal) -> None:
        if journal._one_at_a_time._is_owned():
            settle(journal)

    patch.setattr(OperationJournal, "settle", only_to_record)


def _end_not_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OperationJournal, "keep", lambda _journal: None)


def _source_always_fit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shift, "fit_to_return", lambda _limits, _source: True)


def _nothing_is_looked_at_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(steps.Step, "_is_of_then", lambda _step, _run, _done: False)


def _the_fence_alone_is_repeated(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(steps.Step, "_is_of_then", _only("fence", steps.Step._is_of_then))


def _only(name: str, is_of_then: Callable[..., bool]) -> Callable[..., bool]:
    return lambda step, run, done: step.name == name and is_of_then(step, run, done)


def _own_fence_accuses(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fencing, "own_fence", lambda _run, **_kept_closed: [])


def _what_looks_again_knows_no_undo(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FailoverRun, "not_come_to", frozenset())


def _region_guard_opens(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Asking, "ask", lambda _asking: Standing(may_serve=True, why="nobody was asked"))


def _nobody_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        region_standing, "standing", lambda *_asked: Standing(may_serve=True, why="nobody has left it")
    )


def _nobody_leaves(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Asking, "_leaving", lambda _asking, _keys: None)


BROKEN = (
    Broken("an epoch is proved", _no_proof, PROVES),
    Broken("each mutating step proves the epoch", _no_proof_of_steps, "acted in a step begun after"),
    Broken("who took an epoch looks again", _no_second_look, LET_IN),
    Broken("a closed epoch proves nothing", _no_close_seen, PROVES),
    Broken("another holder is refused", _no_others_seen, LET_IN),
    Broken("a majority of the stores", _one_store_is_a_majority, "."),
    Broken("two witnesses", _one_witness, SERVED),
    Broken("the prober among the witnesses", _prober_not_needed, SERVED),
    Broken("the verdict wants the target well", _target_taken_as_well, "which does not serve"),
    Broken("the target is looked at", _target_not_checked, "for a region that did not serve"),
    Broken("the source is fenced", _no_fence, BOTH_WRITE),
    Broken("a back-out opens the source again", _no_undo, STAYS_CLOSED),
    Broken("a step that is done is skipped", _no_checkpoint, "after it was done"),
    Broken(
        "a step whose checkpoint was written unheard is skipped", _checkpoint_not_settled, "after it was done"
    ),
    Broken("an end is kept at a majority", _end_not_kept, "."),
    Broken("a shift goes back to a fit source only", _source_always_fit, "rolled traffic back"),
    Broken("whoever goes on looks again", _nothing_is_looked_at_again, PASSED),
    Broken("whoever goes on asks the witnesses again", _the_fence_alone_is_repeated, PASSED),
    Broken("what was fenced accuses nobody", _own_fence_accuses, PASSED),
    Broken("a look that fails knows what to undo", _what_looks_again_knows_no_undo, STAYS_CLOSED),
    Broken("a region that comes back asks first", _region_guard_opens, BOTH_WRITE),
    Broken("a region that was left stays closed", _nobody_left, BOTH_WRITE),
    Broken("one that comes back while it may be left stays closed", _nobody_leaves, BOTH_WRITE),
)
