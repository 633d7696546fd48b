"""A lab's folder and its buckets are named after it: a name that they can not have is refused before anything is."""

import json
from pathlib import Path

import pytest

from lab import place
from lab.place import Lab
from lab.running import NAME, refuse_second, that_is_up
from recovery.errors import BadInput


@pytest.mark.parametrize("name", ["X", "two words", "", "-x", "x-", "../x", "a/b", "x" * 41, "x\n"])
def test_a_name_that_no_bucket_may_have_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="give at most 40 lower-case letters, digits and hyphens"):
        refuse_second(name)


@pytest.mark.parametrize("name", ["x", "main", "kill-matrix-2", "x" * 40])
def test_others_are_taken(name: str) -> None:
    assert NAME.fullmatch(name)
    assert len(f"dr-backups-{name}-us-west-2") <= 63


def test_one_that_is_down_is_not_broken_or_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "ROOT", tmp_path)
    lab = Lab(name="x", index=0)
    lab.folder.mkdir(parents=True)
    (lab.folder / "lab.json").write_text(json.dumps({"name": "x", "index": 0}))

    with pytest.raises(BadInput, match="Lab 'x' is down; `dr lab up --name x` starts it anew"):
        that_is_up("x")
