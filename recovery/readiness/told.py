"""Facts that may not be had: who is silent keeps nobody else from being asked, and raises nothing."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from traceback import format_tb
from typing import TypeAlias, TypeVar

from recovery.errors import RecoveryError, Refused

T = TypeVar("T")
S = TypeVar("S")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Silent:
    """A fact that could not be had, and why."""

    why: str
    answered: bool = False
    """It was answered, with a no: what else is asked there may be answered well."""


Told: TypeAlias = T | Silent


def asked(ask: Callable[[], T]) -> Told[T]:
    """Return what *ask* returns, or why it could not: whatever is wrong with one part is told, and not raised."""
    try:
        return ask()
    except RecoveryError as error:
        return Silent(str(error), answered=isinstance(error, Refused))
    except Exception as error:  # noqa: BLE001 - its words are not ours, and may hold what nobody is to read
        where = "".join(format_tb(error.__traceback__))
        _log.error("A part of readiness failed: %s\n%s", type(error).__name__, where)
        return Silent(f"{type(error).__name__}, which is a defect; see the log.")


def in_turn(before: object, ask: Callable[[], T]) -> Told[T]:
    """Return what *ask* returns; nobody is asked again who has just not answered."""
    return before if isinstance(before, Silent) and not before.answered else asked(ask)


def both(left: Told[T], right: Told[S]) -> Told[tuple[T, S]]:
    """Return two facts as one, which is silent where either is."""
    if isinstance(left, Silent):
        return left
    return right if isinstance(right, Silent) else (left, right)
