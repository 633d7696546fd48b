"""An intake that was killed in the middle of its failover: the next one goes on with it, and with no other."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from deployments.intake.unfinished import unfinished
from recovery import switch
from recovery.epoch import Claim, Epoch, take
from recovery.fakes.estate import FakeEstate
from recovery.journal import Kind
from recovery.operation import Failover, Incident
from recovery.operation_journal import OperationJournal
from recovery.switch import Switched

NOW = datetime.now(UTC)
INCIDENT = Incident(
    id="incident-1", active_at=NOW, decided_at=NOW + timedelta(seconds=3), verdict="region lost"
)
BY_ALERTS = Failover(id="failover-1", source="us-east-1", incident=INCIDENT)


@pytest.fixture
def dead() -> str:
    """A process of this host that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return f"eden@{socket.gethostname()}:{process.pid}"


def began(estate: FakeEstate, operation: Failover, holder: str) -> tuple[OperationJournal, Epoch]:
    quorum = estate.outside.journal
    epoch = take(quorum, estate.name, Claim(operation=operation.id or "", holder=holder, since=NOW))
    journal = OperationJournal(quorum, operation.id or "", actor=holder)
    journal.go_on(epoch.number)
    journal.record(
        Kind.OPENED,
        NOW,
        data={"procedure": "region-failover", "parameters": operation.model_dump(mode="json")},
    )
    return journal, epoch


def test_what_alerts_began_is_gone_on_with_as_it_was_asked_for(estate: FakeEstate, dead: str) -> None:
    began(estate, BY_ALERTS, dead)

    assert unfinished(estate) == BY_ALERTS


def test_nothing_was_begun(estate: FakeEstate) -> None:
    assert unfinished(estate) is None


def test_what_a_person_began_is_theirs(estate: FakeEstate, dead: str) -> None:
    began(estate, BY_ALERTS.model_copy(update={"incident": None}), dead)

    assert unfinished(estate) is None


@pytest.mark.parametrize(
    "holder",
    [f"eden@{socket.gethostname()}:{os.getpid()}", "eden@another:1", "somebody by hand", "a@b:c"],
    ids=["alive", "elsewhere", "a person", "unreadable"],
)
def test_what_may_still_run_is_let_be(estate: FakeEstate, holder: str) -> None:
    """A living process, one of another host, one that nobody can name."""
    began(estate, BY_ALERTS, holder)

    assert unfinished(estate) is None


def test_what_has_ended_stays_ended(estate: FakeEstate, dead: str) -> None:
    """Also where its process was killed before it gave the estate back."""
    journal, _ = began(estate, BY_ALERTS, dead)
    journal.record(Kind.CLOSED, NOW)

    assert unfinished(estate) is None


def test_nothing_goes_on_by_itself_while_automation_is_off(estate: FakeEstate, dead: str) -> None:
    began(estate, BY_ALERTS, dead)
    switch.throw(estate.outside.journal, estate.name, Switched(on=False, by="ann", why="not now", at=NOW))

    assert unfinished(estate) is None
