"""The form of a restore: one moment, and nothing that contradicts itself."""

from typing import Any

import pytest
from pydantic import ValidationError

from recovery.restore_operation import Restore
from recovery.restore_point import TargetKind

SURGICAL = {"scope": "surgical", "before_transaction": 726, "tables": ["eden_task.public.orders"]}


def asked(**fields: Any) -> Restore:
    return Restore(**{"region": "us-east-1"} | fields)


@pytest.mark.parametrize(
    ("fields", "kind", "value"),
    [
        ({"time": "2026-11-25T12:00:00+01:00"}, TargetKind.TIME, "2026-11-25 12:00:00+01:00"),
        ({"lsn": "0/2300770"}, TargetKind.LSN, "0/2300770"),
        ({"restore_point": "before-release-42"}, TargetKind.NAME, "before-release-42"),
        ({"before_transaction": 726}, TargetKind.BEFORE_TRANSACTION, "726"),
    ],
)
def test_a_moment_is_named_in_one_of_four_ways(fields: dict[str, Any], kind: TargetKind, value: str) -> None:
    target = asked(**fields).target

    assert (target.kind, target.value) == (kind, value)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "nothing was given; give exactly one"),
        ({"lsn": "0/1", "before_transaction": 726}, "lsn, before_transaction was given"),
        ({"time": "2026-11-25T12:00:00"}, "timezone"),
        ({"lsn": "2300770"}, "should match pattern"),
        ({"lsn": "0/1'; DROP TABLE t"}, "should match pattern"),
        ({"restore_point": "a' -c archive_mode=on"}, "should match pattern"),
        ({"before_transaction": 2}, "greater than or equal to 3"),
        ({"before_transaction": 726, "apply": True}, "belong to a surgical restore"),
        ({"before_transaction": 726, "tables": ["a.b.c"]}, "belong to a surgical restore"),
        ({**SURGICAL, "tables": []}, "needs the damaged tables"),
        ({**SURGICAL, "tables": ["orders"]}, "should match pattern"),
        ({**SURGICAL, "before_transaction": None, "lsn": "0/1"}, "when the damage ended"),
        ({"before_transaction": 726, "id": "../../etc"}, "should match pattern"),
    ],
)
def test_what_contradicts_itself_is_refused_with_what_would_do(fields: dict[str, Any], told: str) -> None:
    """Names and positions reach a shell and PostgreSQL's settings: what they may hold is said here."""
    with pytest.raises(ValidationError, match=told):
        asked(**fields)


def test_the_damage_of_a_transaction_ends_with_it_unless_a_time_is_given() -> None:
    by_itself = asked(**SURGICAL).damage_end
    later = asked(**SURGICAL, damage_until="2026-11-25T12:00:00Z").damage_end

    assert by_itself is not None
    assert (by_itself.kind, by_itself.value) == (TargetKind.AFTER_TRANSACTION, "726")
    assert later is not None
    assert later.kind is TargetKind.TIME


@pytest.mark.parametrize(("apply", "changes"), [(True, True), (False, False)])
def test_only_a_repair_changes_what_serves(apply: bool, changes: bool) -> None:  # noqa: FBT001 - a table's cells
    assert asked(**SURGICAL, apply=apply).changes_live is changes
