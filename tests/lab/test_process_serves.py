"""What customers wait for goes first, where the lab may say so."""

import os
from pathlib import Path

import psutil
import pytest

from lab import place, process
from lab.place import Lab


@pytest.mark.parametrize("serves", [True, False])
def test_what_serves_goes_before_all_else_where_root_starts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, serves: bool
) -> None:
    monkeypatch.setattr(place, "ROOT", tmp_path)
    lab = Lab(name="x", index=0)
    lab.folder.mkdir(parents=True)

    started = process.start(lab, "sleeper", ["/bin/sleep", "60"], serves=serves, as_caller=True)

    try:
        wanted = process.SERVES_FIRST if serves and os.geteuid() == 0 else 0
        autogroup = Path(f"/proc/{started.pid}/autogroup")
        assert psutil.Process(started.pid).nice() == wanted
        assert not autogroup.exists() or f"nice {wanted}\n" in autogroup.read_text()
    finally:
        process.kill([started])
