"""What `dr` says to bad input: the thing, the value and what would do; status 2, nothing begun."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = str(ROOT / "estate.yaml")


def dr(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("dr")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["failover", "us-east-9", "--estate", EXAMPLE],
            "no region 'us-east-9'; its regions are us-east-1 and us-west-2",
        ),
        (
            ["failover", "us-east-9", "--estate", EXAMPLE, "--break-glass"],
            "no region 'us-east-9'; its regions are us-east-1 and us-west-2",
        ),
        (["failover", "us-east-1", "--mode", "slow"], "'slow' is not one of 'unplanned', 'planned'"),
        (["failover", "us-east-1", "--injected-at", "yesterday"], "injected_at is 'yesterday'"),
        (["failover", "us-east-1", "--id", "No Such Id"], "id is 'No Such Id'"),
        (["failover", "us-east-1", "--estate", "nope.yaml"], "nope.yaml cannot be read"),
        (["estate", "check", "nope.yaml"], "nope.yaml cannot be read"),
        (["operations", "--estate", EXAMPLE], "recovery"),
        (
            ["approve", "failover-1", "--by", "ada", "--code", "123456", "--reason", " "],
            "--reason: String should have",
        ),
        (
            ["refuse", "failover-1", "--by", "", "--code", "123456", "--reason", "no"],
            "--by: String should have",
        ),
        (
            ["approve", "failover-1", "--code", "123456", "--reason", "go", "--estate", "nope.yaml"],
            "nope.yaml cannot",
        ),
        (["recover", "--time", "yesterday"], "--time 'yesterday' is no time"),
        (["recover", "--repository", "us-east-9", "--estate", EXAMPLE], "no region 'us-east-9'"),
        (["reconcile", "--table", "orders"], "tables is 'orders'"),
        (["reconcile", "--at-once", "99"], "at_once is 99"),
        (["estate", "moved", EXAMPLE], "no `recovery` block"),
        (["lab", "stand-ins", "--name", "atlantis"], "no lab 'atlantis'"),
        (["lab", "code", "mallory"], "Nobody is called 'mallory' in a lab: ada and grace are there"),
        (["lab", "break", "meteor"], "no fault 'meteor'; choose one of region, dark, hosts, postgres"),
        (["lab", "down", "--name", "atlantis"], "no lab 'atlantis'"),
    ],
)
def test_bad_input_is_refused_with_what_would_do(arguments: list[str], told: str) -> None:
    ended = dr(*arguments)

    assert ended.returncode == 2
    assert told in " ".join(ended.stderr.replace("│", " ").split())
    assert "Traceback" not in ended.stderr


def test_prefect_is_imported_no_sooner_than_its_server_is_known() -> None:
    """It reads its settings when it is imported: without its server's address it would wait for one of its own."""
    look = "import sys, deployments.cli; sys.exit('prefect' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", look], check=False, timeout=60, cwd=ROOT).returncode == 0


def test_what_the_example_estate_says_is_acceptable() -> None:
    """The example file checks clean of problems, and says what is not acted upon and why."""
    ended = dr("estate", "check", EXAMPLE)

    assert ended.returncode == 0
    assert "not acted upon" in ended.stdout.lower()


def test_a_process_ends_in_time_whatever_prefect_still_has_to_send() -> None:
    """At the end its log and its events are waited for, and a server that takes none held it for more than a minute."""
    busy = (
        "import os, threading; os.environ['PREFECT_API_URL'] = 'http://127.0.0.1:9/api'\n"
        "from deployments import server; server.LEAVE_S = 0.1\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        "print('said'); server.leave(3)"
    )

    ended = subprocess.run(
        [sys.executable, "-c", busy], check=False, timeout=60, cwd=ROOT, capture_output=True, text=True
    )

    assert (ended.returncode, ended.stdout) == (3, "said\n")
