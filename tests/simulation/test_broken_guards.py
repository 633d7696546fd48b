"""The simulation would notice: with any one guard broken, a schedule breaks an invariant."""

import re

import pytest
from mutants import BROKEN, Broken
from play import play
from virtual import Virtual

from recovery.estate import EstateFile

MOST = 3000
"""Schedules within which a broken guard is found; most are found within a hundred."""


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.guard)
def test_a_broken_guard_is_found(
    file: EstateFile, virtual: Virtual, monkeypatch: pytest.MonkeyPatch, broken: Broken
) -> None:
    broken.breaks(monkeypatch)

    found = next(
        (
            told
            for seed in range(MOST)
            for told in play(seed, file, virtual).broken
            if re.search(broken.seen, told)
        ),
        None,
    )

    assert found, f"{broken.guard}: not missed in {MOST} schedules"
