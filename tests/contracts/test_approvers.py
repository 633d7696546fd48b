"""Approvers, in memory and by real one-time codes: a code proves who, and at which moment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from pydantic import SecretStr

from recovery.adapters.one_time_codes import OneTimeCodes
from recovery.approval import Approvers
from recovery.errors import BadInput
from recovery.fakes.approvers import FakeApprovers

NOW = datetime(2026, 3, 14, 2, 17, 10, tzinfo=UTC)
SECRETS = {"totp-ada": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "totp-grace": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}
CodeOf = Callable[[str, datetime], str]


def by_codes() -> tuple[Approvers, CodeOf]:
    approvers = OneTimeCodes(
        {"ada": "totp-ada", "grace": "totp-grace"}, secret_of=lambda name: SecretStr(SECRETS[name])
    )
    return approvers, lambda name, at: pyotp.TOTP(SECRETS[f"totp-{name}"]).at(at)


def in_memory() -> tuple[Approvers, CodeOf]:
    approvers = FakeApprovers()
    return approvers, approvers.code_of


@pytest.fixture(params=[in_memory, by_codes])
def people(request: pytest.FixtureRequest) -> tuple[Approvers, CodeOf]:
    """Ada and Grace, and their authenticators."""
    made: tuple[Approvers, CodeOf] = request.param()
    return made


def test_a_right_code_has_one_moment(people: tuple[Approvers, CodeOf]) -> None:
    """However often it is shown: so that it can be spent."""
    approvers, code_of = people

    moments = {
        approvers.moment_of("ada", code_of("ada", NOW), NOW + timedelta(seconds=s)) for s in (0, 1, 15)
    }

    assert len(moments) == 1
    assert moments != {None}


@pytest.mark.parametrize("late_s", [-30, 30])
def test_a_code_is_right_for_a_moment_longer(people: tuple[Approvers, CodeOf], late_s: int) -> None:
    """Typing it takes a while, and two clocks are never the same; it belongs to its own moment all the same."""
    approvers, code_of = people
    code = code_of("ada", NOW)

    at_once, later = (approvers.moment_of("ada", code, NOW + timedelta(seconds=s)) for s in (0, late_s))

    assert later == at_once
    assert later is not None


def test_two_moments_are_told_apart(people: tuple[Approvers, CodeOf]) -> None:
    approvers, code_of = people
    later = NOW + timedelta(minutes=1)

    first, second = (approvers.moment_of("ada", code_of("ada", at), at) for at in (NOW, later))

    assert first != second


@pytest.mark.parametrize("code", ["", "000000", "nonsense", "12345678"])
def test_a_wrong_code_has_none(people: tuple[Approvers, CodeOf], code: str) -> None:
    approvers, _ = people

    assert approvers.moment_of("ada", code, NOW) is None


def test_another_s_code_and_an_old_one_have_none(people: tuple[Approvers, CodeOf]) -> None:
    approvers, code_of = people

    assert approvers.moment_of("ada", code_of("grace", NOW), NOW) is None
    assert approvers.moment_of("ada", code_of("ada", NOW - timedelta(minutes=5)), NOW) is None


def test_codes_are_those_of_rfc_6238() -> None:
    """Appendix B, SHA-1, at 59 s: 94287082, of which six digits are shown."""
    approvers, _ = by_codes()

    assert approvers.moment_of("grace", "287082", datetime.fromtimestamp(59, UTC)) == 1


def test_a_secret_that_is_none_is_named_and_not_shown() -> None:
    approvers = OneTimeCodes({"ada": "totp-ada"}, secret_of=lambda _name: SecretStr("hunter2"))

    with pytest.raises(BadInput, match="The secret 'totp-ada' is no base32 of 112 bits or more") as told:
        approvers.moment_of("ada", "123456", NOW)

    assert "hunter2" not in repr(told.value) + repr(told.value.__cause__)


@pytest.mark.parametrize("apart_s", [-30, 30])
def test_a_clock_may_be_off_by_a_moment(apart_s: int) -> None:
    approvers, code_of = by_codes()

    assert approvers.moment_of("ada", code_of("ada", NOW + timedelta(seconds=apart_s)), NOW) is not None
