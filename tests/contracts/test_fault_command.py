"""What breaks an estate on purpose is a command: what it says last is read, and nothing is guessed."""

import json
import sys
from datetime import UTC, datetime

import pytest

from recovery.adapters.fault_command import FaultCommand
from recovery.drill.faults import Damage, Fault
from recovery.errors import Refused

AT = datetime(2026, 11, 28, 4, tzinfo=UTC)


def saying(*lines: str) -> FaultCommand:
    """A command that says these lines, whatever it is asked."""
    said = [sys.executable, "-c", f"print({chr(10).join(lines)!r})"]
    return FaultCommand(said, said, deadline_s=20)


def test_the_instant_and_the_details_are_read_from_the_last_line() -> None:
    told = {"at": AT.isoformat(), "details": {"transaction": 4711}}

    injected = saying("breaking ...", json.dumps(told)).inject(Fault.CORRUPTION, "us-east-1")

    assert (injected.at, injected.details) == (AT, {"transaction": "4711"})


def test_which_rows_were_damaged_is_told_by_what_mends() -> None:
    damage = Damage(AT, "us-east-1", "4711", "shop.public.orders")
    told = {
        "damaged": [
            {"at": AT.isoformat(), "region": "us-east-1", "transaction": "4711", "table": damage.table}
        ]
    }

    assert saying("mended", json.dumps(told)).heal() == [damage]


@pytest.mark.parametrize("last", ["all is well", "[]", "{}", ""])
def test_what_damages_no_rows_need_not_tell_of_any(last: str) -> None:
    assert not saying(last).heal()


@pytest.mark.parametrize("damaged", [[{"region": "us-east-1"}], "all"])
def test_a_damage_that_can_not_be_restored_is_refused(damaged: object) -> None:
    """Taken for none, it would stay."""
    with pytest.raises(Refused, match="does not say which rows were damaged"):
        saying(json.dumps({"damaged": damaged})).heal()
