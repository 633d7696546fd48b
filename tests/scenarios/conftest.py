"""A lab for each disaster."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from scene import Scene

from lab.running import Proof, down, up


def _quiet(_proof: Proof) -> None:
    return


@pytest.fixture
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """A fresh lab, and nothing left of it afterwards, whatever happened in it."""
    yield from _lab(f"{Path(request.node.fspath).stem[5:].replace('_', '-')}-{os.getpid()}")


@pytest.fixture(scope="module")
def shared_scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """One lab for tests that put back what they broke."""
    yield from _lab(f"{Path(request.node.fspath).stem[5:].replace('_', '-')}-{os.getpid()}")


def _lab(name: str) -> Iterator[Scene]:
    lab = up(name, _quiet, with_prefect=True)
    try:
        yield Scene(lab)
    finally:
        down(lab)
