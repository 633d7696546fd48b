"""A lab for each disaster."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from scene import Scene, a_lab


@pytest.fixture
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """A fresh lab without alerts, and nothing left of it afterwards, whatever happened in it."""
    yield from a_lab(Path(request.node.fspath).stem[5:].replace("_", "-"), watched=False)


@pytest.fixture(scope="module")
def shared_scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """One lab without alerts, for tests that put back what they broke."""
    yield from a_lab(Path(request.node.fspath).stem[5:].replace("_", "-"), watched=False)
