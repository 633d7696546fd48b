"""When a process of the lab has ended: whoever started it may live on, and not ask after it."""

import subprocess
import sys
from threading import Timer

import psutil
import pytest

from lab import process

RESCUED_AFTER_S = 30.0
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_process_that_its_parent_has_not_buried_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was waited for until the deadline: 8 s for each fault of a drill."""
    monkeypatch.setattr(process, "STOP_DEADLINE_S", 10 * RESCUED_AFTER_S)
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        rescue = Timer(
            RESCUED_AFTER_S, parent.kill
        )  # who waits on would find the child buried, and the parent dead
        rescue.start()

        process.kill([process.Running("child", None, child.pid, child.create_time())])

        rescue.cancel()
        assert parent.poll() is None
        assert child.status() == psutil.STATUS_ZOMBIE
        parent.communicate("")
