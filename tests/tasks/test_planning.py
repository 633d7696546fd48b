"""The plan that a dry run shows is the flow's own order."""

import ast
import inspect
from typing import Any

import pytest

from recovery.operation import Mode
from tasks import approval, checks, fencing, planning, promotion, replication, traffic, verification

MODULES = {
    "approval": approval,
    "checks": checks,
    "fencing": fencing,
    "promotion": promotion,
    "replication": replication,
    "traffic": traffic,
    "verification": verification,
}


def called_by_the_flow() -> list[str]:
    """The steps that the flow's code calls with its run, in the order of its lines."""
    from flows.region_failover import region_failover  # noqa: PLC0415 - takes seconds

    calls = [node for node in ast.walk(ast.parse(inspect.getsource(region_failover.fn))) if is_step(node)]
    return [node.func.attr for node in sorted(calls, key=lambda node: node.lineno)]


def is_step(node: Any) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in MODULES
        and [getattr(argument, "id", None) for argument in node.args] == ["run"]
    )


@pytest.mark.parametrize("mode", Mode)
def test_the_plan_has_the_steps_of_the_flow_in_its_order(mode: Mode) -> None:
    called = [name for name in called_by_the_flow() if mode is Mode.PLANNED or name != "drain"]

    planned = [step.name for step, _look in planning.procedure(mode)]

    assert planned == [*called, "measure"]


def test_the_plan_numbers_its_steps_as_the_runbook_does() -> None:
    """Where a step is skipped, the numbers after it stay those of the runbook."""
    numbers = {step.name: planning.runbook_number(step) for step, _look in planning.procedure(Mode.UNPLANNED)}

    assert (numbers["can_take_over"], numbers["fence"], numbers["measure"]) == (4, 6, 11)
