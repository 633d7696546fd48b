"""The house decorator: a step is a Prefect task with a checkpoint in the journal.

The journal's "done" event of operation / step / region is the truth. A resumed operation
skips what is done, whatever Prefect remembers of it, and its run page says so. A step whose
answer is of the moment looks again, up to the point of no return: what was so when its
process died may be otherwise by now, hours later.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import update_wrapper
from threading import current_thread, main_thread
from time import monotonic
from typing import Any, Concatenate, Generic, Literal, ParamSpec, TypeVar, get_type_hints

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.logging import get_run_logger
from prefect.runtime import task_run
from prefect.states import Completed
from prefect.tasks import task
from pydantic import JsonValue, TypeAdapter

from recovery.blackout import Area, Reach
from recovery.errors import BackingOut, Superseded, Unavailable
from recovery.journal import Event, Kind
from tasks.run import Run, now
from tasks.watching import watched

P = ParamSpec("P")
R = TypeVar("R")
RunT = TypeVar("RunT", bound=Run[Any])
RunT_contra = TypeVar("RunT_contra", bound=Run[Any], contravariant=True)
"""A step of any restore is one of each kind of restore."""
Side = Literal["source", "target", "region"]
Touches = Callable[[Any], list[str]]
Deadline = str | Callable[[Any], float] | None
"""A key of the estate's `recovery.deadlines`, or a function of the run, seconds; None: the last resort is all."""
LONGEST_S = 6 * 3600.0
"""The deadline of a step that takes as long as there is data, and bounds each of its waits itself."""
Fallback = str | Callable[[Any], str | None] | None
"""What a step does where something does not answer; a function of the run where that depends on the estate."""
LooksAgain = bool | Callable[[Any], bool]
"""Whether its answer is of the moment; a function of the run where it is only until something else was begun."""


@dataclass(frozen=True)
class Declared:
    """What a step says of itself: its title, whose region it is about, and what it does to the estate."""

    title: str
    side: Side | None
    mutates: bool
    undoes: bool
    touches: Touches
    without: Mapping[Area, Fallback]
    """What it does where the source, or a global control plane, does not answer; nothing where it needs neither."""
    deadline: Deadline
    timeout_s: float | None
    """Without the estate's deadlines; None for a step that bounds each of its waits itself."""
    looks_again: LooksAgain
    """Whether another process does it again, though it is done, as long as the point of no return is ahead."""


class Step(Generic[RunT_contra, P, R]):
    """A function of a run, made a step. Calling it does the work, or skips what is done."""

    def __init__(self, work: Callable[Concatenate[RunT_contra, P], R], declared: Declared, made: Any) -> None:
        """Wrap *work* in a Prefect task made by *made*."""
        self.work, self.declared = work, declared
        self.name = work.__name__
        self._result: TypeAdapter[R] = TypeAdapter(get_type_hints(work)["return"])
        self._task: Task[..., Any] = made(self._checkpointed)
        update_wrapper(self, work)

    def __call__(self, run: RunT_contra, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the result, of this run or of the one before.

        One that looks again and fails, after an earlier process has changed something that this one has not come to,
        has the operation back out: it returns the result of before, so that all that is to be undone is passed.
        """
        try:
            outcome: Any = self._within(run)(run, *args, **kwargs)
        except Superseded:
            raise
        except Exception as error:
            done = self._done(run)
            if done is None or not self._is_of_then(run, done) or not run.not_come_to:
                raise
            run.epoch.prove()
            run.back_out(error)
            return self._stored(done)
        if isinstance(outcome, State):
            return self._stored(self._done(run))
        result: R = outcome
        return result

    def reach(self, run: RunT_contra) -> Reach:
        """Return what it reaches out to, and what it does where that does not answer."""
        told = {area: way(run) if callable(way) else way for area, way in self.declared.without.items()}
        without = {area: way for area, way in told.items() if way is not None}
        return Reach(self.declared.title, [*self.declared.touches(run)], without)

    def deadline_s(self, run: RunT_contra) -> float:
        """Return how long it may take before it is told of: as it says, else when its last resort comes."""
        deadline, deadlines = self.declared.deadline, run.file.settings.deadlines
        if isinstance(deadline, str):
            return float(getattr(deadlines, deadline))
        return deadline(run) if deadline else self._last_resort_s(run) or LONGEST_S

    def result(self, run: RunT_contra) -> R | None:
        """Return the checkpoint's result, None while the step is not done."""
        done = self._done(run)
        return self._stored(done) if done else None

    def region(self, run: RunT_contra) -> str | None:
        """Return the name of the region that the step is about."""
        return run.region_of(self.declared.side) if self.declared.side else None

    def _checkpointed(self, run: RunT_contra, *args: P.args, **kwargs: P.kwargs) -> Any:
        run.journal.settle()  # tried again, it may be done: only the answer to its checkpoint was lost
        if (done := self._done(run)) and not self._is_of_then(run, done):
            why: dict[str, JsonValue] = {"why": "done before", "done_at": done.time.isoformat()}
            self._record(run, Kind.SKIPPED, why | {"task_run_id": task_run.id})
            return Completed(name="Skipped", message=f"Done before, at {done.time:%H:%M:%S} UTC.", data=None)
        if run.backing_out and not self.declared.undoes:
            raise BackingOut(
                f"{run.id} is backing out; {self.declared.title!r} is not begun. {run.why_backing_out}"
            )
        if self.declared.mutates:
            run.epoch.prove()
        self._record(run, Kind.STARTED, self._beginning(run))
        began, title = monotonic(), self.declared.title
        try:
            with watched(run, self.name, title, deadline_s=self.deadline_s(run)) as told_of:
                result = self.work(run, *args, **kwargs)
        except Exception as error:
            told: dict[str, JsonValue] = {"error": str(error) or type(error).__name__}
            self._record(run, Kind.FAILED, told | {"result": getattr(error, "evidence", None)})
            raise
        summary = "" if result is None else str(result)
        self._record(
            run, Kind.DONE, {"result": self._result.dump_python(result, mode="json"), "summary": summary}
        )
        if told_of.passed:
            run.note(told_of.sentence(monotonic() - began), step=self.name)
        get_run_logger().info("%s: %s", self.declared.title, summary or "done", extra=self._context(run))
        return result

    def _within(self, run: RunT_contra) -> Task[..., Any]:
        """Return the task with a last resort that lies behind the deadlines of this estate.

        Prefect can interrupt the main thread only, and elsewhere warns of each: there a step's own deadlines do.
        """
        last_s = self._last_resort_s(run)
        if last_s is None or current_thread() is not main_thread():
            return self._task
        return self._task.with_options(timeout_seconds=last_s)

    def _last_resort_s(self, run: RunT_contra) -> float | None:
        if self.declared.timeout_s is None:
            return None
        longest_s = float(max(run.file.settings.deadlines.model_dump().values()))
        return self.declared.timeout_s + 2 * longest_s

    def _record(self, run: RunT_contra, kind: Kind, data: dict[str, JsonValue]) -> None:
        run.journal.record(kind, now(), step=self.name, region=self.region(run), data=data)

    def _beginning(self, run: RunT_contra) -> dict[str, JsonValue]:
        begun = [e for e in run.journal.events if e.kind is Kind.STARTED and e.step == self.name]
        again: dict[str, JsonValue] = {"looks_again": True} if self._done(run) else {}
        return again | {
            "title": self.declared.title,
            "attempt": len(begun) + 1,
            "mutating": self.declared.mutates,
            "touches": [*self.declared.touches(run)],
            "task_run_id": task_run.id,
        }

    def _is_of_then(self, run: RunT_contra, done: Event) -> bool:
        """Whether what is done was seen by an earlier process, and has to be seen again before anything is final."""
        again = self.declared.looks_again
        if not again or done.epoch == run.epoch.number or run.past_no_return or run.backing_out:
            return False
        return again(run) if callable(again) else True

    def _done(self, run: RunT_contra) -> Event | None:
        return run.journal.find(Kind.DONE, step=self.name, region=self.region(run))

    def _stored(self, done: Event | None) -> R:
        return self._result.validate_python(done.data["result"] if done else None, strict=False)

    def _context(self, run: RunT_contra) -> dict[str, str]:
        return {"action": self.name, "operation": run.id}


def step(  # noqa: PLR0913 - what a step says of itself, by keyword
    *,
    title: str,
    touches: Touches,
    side: Side | None = None,
    mutates: bool = False,
    undoes: bool = False,
    retries: int = 2,
    timeout_s: float | None = 60,
    deadline: Deadline = None,
    without_source: Fallback = None,
    without_control_plane: Fallback = None,
    looks_again: LooksAgain = False,
) -> Callable[[Callable[Concatenate[RunT, P], R]], Step[RunT, P, R]]:
    """Make a function of a run a step.

    *touches* lists the endpoints it speaks to; *without_source* and *without_control_plane* say what it
    does where those of them do not answer (recovery.blackout). Only `Unavailable` is tried again; a
    refusal is a person's to decide. *timeout_s* is the last resort, counted from twice the
    longest of the estate's deadlines on: no step waits for more than two in a row. *deadline* is
    what it may take: a step that runs longer is told of, and goes on. *looks_again*: its answer is of the
    moment, and a resumed process asks again before the point of no return; it only looks, or is safe to repeat.
    """

    def made(work: Callable[Concatenate[RunT, P], R]) -> Step[RunT, P, R]:
        without = {Area.SOURCE: without_source, Area.CONTROL_PLANE: without_control_plane}
        declared = Declared(
            title,
            side,
            mutates=mutates,
            undoes=undoes,
            touches=touches,
            without=without,
            deadline=deadline,
            timeout_s=timeout_s,
            looks_again=looks_again,
        )
        as_task = task(
            name=title,
            task_run_name=title,
            description=(work.__doc__ or "").split("\n")[0],
            retries=retries,
            retry_delay_seconds=[0.2, 1, 3][: max(retries, 1)],
            retry_condition_fn=_worth_repeating,
            cache_policy=NO_CACHE,
            persist_result=False,
        )
        return Step(work, declared, as_task)

    return made


def _worth_repeating(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether the step failed for want of an answer."""
    return isinstance(state.data, Unavailable) or isinstance(getattr(state.data, "result", None), Unavailable)
