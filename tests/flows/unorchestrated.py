"""Flows, tasks and steps as the functions that they are made of: no engine of Prefect, nothing shown, no threads."""

import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from jinja2 import Template
from prefect import Flow, Task

from tasks import beside, calling, pace, watching
from tasks.step import Step

RUN_LOGGERS = ("prefect.flow_runs", "prefect.task_runs")
"""Of runs that Prefect does not know: disabled, they are no error."""
POOLED = (
    "recovery.quorum",
    "recovery.readiness.looking",
    "recovery.reconcile.cache_drift",
    "recovery.reconcile.comparison",
    "tasks.conflicts",
    "tasks.expectations",
    "tasks.fencing",
    "tasks.parts",
    "tasks.promotion",
    "tasks.readiness",
    "tasks.replacing",
    "tasks.returning",
    "tasks.steady",
    "tasks.witnesses",
)
"""Modules that ask several at once: by name, so that one which does no more fails here."""


def call_as_functions(patch: pytest.MonkeyPatch) -> None:
    """What a resume relies on is the journal; what Prefect does with a step or a flow has tests of its own."""
    patch.setattr(Step, "_within", lambda step, _run: step._checkpointed)  # noqa: SLF001 - what Prefect would call
    patch.setattr(Flow, "__call__", lambda flow, *of: flow.fn(*of))
    patch.setattr(Task, "__call__", lambda task, *of, **more: task.fn(*of, **more))
    patch.setattr(Task, "submit", lambda task, *of, **more: InTurn().submit(task.fn, *of, **more))
    patch.setattr(calling, "get_client", lambda **_how: Nodding())
    patch.setattr(calling, "run_flow", lambda flow, *, flow_run, parameters: flow.fn(**parameters))  # noqa: ARG005
    patch.setattr(beside, "Thread", Unshown)
    patch.setattr(Template, "render", lambda *_of, **_more: "")
    for name in RUN_LOGGERS:
        patch.setattr(logging.getLogger(name), "disabled", True)


def call_in_turn(patch: pytest.MonkeyPatch) -> None:
    """Nobody acts beside a flow, and what it asks of several it asks of one after the other: threads cost a third."""
    for name in POOLED:
        patch.setattr(import_module(name), "ThreadPoolExecutor", InTurn)
    for showing in (pace, watching):
        patch.setattr(showing, "Thread", Unshown)


class InTurn(Executor):
    """In place of a pool of threads: what it is given is done at once, and what that raises is kept, as by a pool."""

    def __init__(self, *_of: object, **_how: object) -> None:
        """Have no threads, however many are asked for."""

    def submit(self, work: Callable[..., Any], /, *of: Any, **more: Any) -> Future[Any]:
        """Do it now."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*of, **more))
        except BaseException as error:  # noqa: BLE001 - a process that is killed, too
            done.set_exception(error)
        return done


class Nodding:
    """A client that makes whatever run it is asked for."""

    def create_task_run(self, *_of: object, **_more: object) -> SimpleNamespace:
        """Return no more than an id."""
        return SimpleNamespace(id=uuid4())

    create_flow_run = create_task_run


class Unshown:
    """In place of a thread that would show something beside the run."""

    def __init__(self, **_of: object) -> None:
        """Have nothing to do."""

    def start(self) -> None:
        """Do nothing."""

    def join(self, _deadline_s: float) -> None:
        """Have nothing to wait for."""
