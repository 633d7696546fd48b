"""Flows, tasks and steps as the functions that they are made of, without Prefect's engine, and with nothing shown."""

import logging
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from jinja2 import Template
from prefect import Flow, Task

from tasks import beside, calling
from tasks.step import Step

RUN_LOGGERS = ("prefect.flow_runs", "prefect.task_runs")
"""Of runs that Prefect does not know: disabled, they are no error."""


def call_as_functions(patch: pytest.MonkeyPatch) -> None:
    """What a resume relies on is the journal; what Prefect does with a step or a flow has tests of its own."""
    patch.setattr(Step, "_within", lambda step, _run: step._checkpointed)  # noqa: SLF001 - what Prefect would call
    patch.setattr(Flow, "__call__", lambda flow, *of: flow.fn(*of))
    patch.setattr(Task, "__call__", lambda task, *of, **more: task.fn(*of, **more))
    patch.setattr(Task, "submit", _ended)
    patch.setattr(calling, "get_client", lambda **_how: Nodding())
    patch.setattr(calling, "run_flow", lambda flow, *, flow_run, parameters: flow.fn(**parameters))  # noqa: ARG005
    patch.setattr(beside, "Thread", Unshown)
    patch.setattr(Template, "render", lambda *_of, **_more: "")
    for name in RUN_LOGGERS:
        patch.setattr(logging.getLogger(name), "disabled", True)


def _ended(task: Task[..., Any], *of: Any, **more: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(task.fn(*of, **more))
    return future


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
