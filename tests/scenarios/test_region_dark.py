"""A region goes dark under load: its servers are gone, and packets to it are lost without a word."""

import pytest
from scene import DEADLINE_S, Scene

from lab import dark
from lab.faults import Fault, break_it
from lab.place import EAST, PORTS, WEST
from recovery.journal import Kind

pytestmark = pytest.mark.lab
CONNECT_S = 2.0
"""How long a connection may take by default: a step that waits for that long has not heeded what was seen before."""


def test_it_is_left_and_no_step_that_changes_something_waits_for_it(scene: Scene) -> None:
    """Whoever was tried there had been declared, or is one of the journal's three stores."""
    injected_at = break_it(scene.lab, Fault.DARK, EAST)

    with scene.start("failover", EAST, "--injected-at", injected_at.isoformat(), "--reason", "test") as dr:
        said, _ = dr.communicate(timeout=DEADLINE_S)

    report, events = scene.report(), scene.events(scene.operations()[-1])
    assert (dr.returncode, report.ending.outcome) == (0, "restored"), said
    waited = {step.step: step.length_s for step in report.steps if step.mutating}
    assert all(seconds is not None and seconds < CONNECT_S for seconds in waited.values()), waited
    declared = {str(end).rpartition(" ")[2] for e in events for end in touched(e.data)}
    host = scene.lab.address(EAST)
    gateway_and_journal = {f"{host}:{PORTS.gateway_admin}", f"{host}:{PORTS.aws}"}
    tried = dark.tried_by(scene.lab, EAST, dr.pid)
    assert f"{host}:{PORTS.postgres}" in tried
    assert {*tried} <= declared | gateway_and_journal
    assert scene.follows(WEST) == {False}
    assert [e for e in events if e.kind is Kind.NOTED and "Took no connection" in str(e.data["text"])]


def touched(data: object) -> list[object]:
    found = data.get("touches") if isinstance(data, dict) else None
    return found if isinstance(found, list) else []
