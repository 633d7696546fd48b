"""A healthy region is left on purpose: nothing may be lost, and nobody may notice."""

import pytest
from scene import Scene

from lab.place import EAST, WEST

pytestmark = pytest.mark.lab


def test_nothing_is_lost_and_the_source_is_shut(scene: Scene) -> None:
    """Traffic moves in the estate's steps; every row that was ever promised is in the target."""
    ended = scene.dr("failover", EAST, "--mode", "planned", "--reason", "test")

    report = scene.report()
    assert (ended.status, report.ending.outcome) == (0, "moved"), ended.told
    assert scene.promised() - scene.present() == set()
    assert report.rows.lost == []
    assert not scene.may_log_in(EAST)
    assert scene.follows(WEST) == {False}
    shares = [note.text for note in report.notes if "% of requests" in note.text]
    assert [text.split()[0] for text in shares] == ["60", "100"]
