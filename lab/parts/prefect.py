"""Prefect: its server with the UI, our deployments on it, and the worker that runs them."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lab import process
from lab.account import checkout_is_closed, owned
from lab.asking import answer, answers
from lab.place import PORTS, ROOT, Lab
from recovery.errors import Unavailable

UP_DEADLINE_S = 60.0
DEPLOYED_DEADLINE_S = 300.0
MIGRATED = ROOT / ".cache" / "prefect.db"
"""A database that has all of Prefect's migrations already: they take longer than the server's start."""

QUIET = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}


def environment(lab: Lab) -> dict[str, str]:
    """What a process needs to find the lab's Prefect server."""
    return {
        **QUIET,
        "PREFECT_API_URL": lab.prefect_url,
        "PREFECT_HOME": str(lab.folder / "data" / "prefect-client"),
        "MPLCONFIGDIR": str(lab.folder / "data" / "matplotlib"),
    }


@dataclass(frozen=True)
class PrefectServer:
    """The server and its UI, on SQLite, in its own home."""

    name: str = "prefect"
    region: None = None
    needs: tuple[str, ...] = ()

    def start(self, lab: Lab) -> None:
        """Start it, on a copy of the migrated database where there is one."""
        home = lab.folder / "data" / self.name
        home.mkdir(parents=True, exist_ok=True)
        if MIGRATED.is_file() and not (home / "prefect.db").exists():
            shutil.copy(MIGRATED, home / "prefect.db")
        owned(home)
        env = QUIET | {
            "PREFECT_HOME": str(home),
            "PREFECT_UI_API_URL": lab.prefect_url,
            # The server writes its UI there at every start; by default into its own package.
            "PREFECT_UI_STATIC_DIRECTORY": str(home / "ui"),
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
            # `dr` keeps Prefect's lines from its terminal; what the server complains of is to be in its log.
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
        }
        command = [_prefect(), "server", "start", "--host", lab.third_place, "--port", str(PORTS.prefect)]
        # Prefect's migrations ask access(2), which ignores capabilities: in a checkout that others
        # may not enter, its server runs as the caller.
        process.start(lab, self.name, command, env=env, as_caller=checkout_is_closed())

    def prove(self, lab: Lab) -> str:
        """Its API says it is healthy, and its UI is there."""
        process.wait_until(
            lambda: answers(f"{lab.prefect_url}/health"),
            what="the Prefect server's health",
            deadline_s=UP_DEADLINE_S,
        )
        answer(f"http://{lab.third_place}:{PORTS.prefect}/")
        return f"UI at http://{lab.third_place}:{PORTS.prefect}"


@dataclass(frozen=True)
class Deployments:
    """Our flows, registered from prefect.yaml, with this estate's regions as choices in their forms."""

    name: str = "deployments"
    region: None = None
    needs: tuple[str, ...] = ("prefect", "zone")

    def start(self, lab: Lab) -> None:
        """Register them as an operator would."""
        command = [str(Path(sys.executable).with_name("dr")), "deploy", "--estate", str(lab.estate_file)]
        log = lab.folder / "log" / f"{self.name}.log"
        with log.open("wb") as output:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env={**os.environ, **environment(lab)},
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                timeout=DEPLOYED_DEADLINE_S,
                check=False,
            )
        if done.returncode:
            said = log.read_text().strip().splitlines() or ["it said nothing"]
            raise Unavailable(f"`dr deploy` ended with {done.returncode}: {said[-1]}")

    def prove(self, lab: Lab) -> str:
        """The server knows the deployment."""
        answer(f"{lab.prefect_url}/deployments/name/region-failover/region-failover")
        return "region-failover can be started from the UI"


@dataclass(frozen=True)
class Worker:
    """The process that runs what the UI, a schedule or the API starts."""

    name: str = "worker"
    region: None = None
    needs: tuple[str, ...] = ("prefect",)
    """Not the deployments: it makes the work pool where that is not there yet, and takes seconds to start."""

    def start(self, lab: Lab) -> None:
        """Start it as the caller: the flows write reports into the caller's folder."""
        env = environment(lab) | {"PREFECT_WORKER_QUERY_SECONDS": "1", "PREFECT_LOGGING_LEVEL": "INFO"}
        command = [_prefect(), "worker", "start", "--pool", "dr", "--type", "process", "--name", lab.name]
        process.start(lab, self.name, command, env=env, as_caller=True)

    def prove(self, lab: Lab) -> str:
        """It said that it polls."""
        log = lab.folder / "log" / f"{self.name}.log"
        process.wait_until(
            lambda: "started!" in log.read_text(), what="the worker's start", deadline_s=UP_DEADLINE_S
        )
        return "waits for runs of the work pool dr"


def migrate() -> None:
    """Make the migrated database, once for each version of Prefect; part of the project's set-up."""
    if MIGRATED.is_file():
        return
    home = MIGRATED.parent / "prefect-home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    env = {**os.environ, **QUIET, "PREFECT_HOME": str(home)}
    command = [str(_prefect()), "server", "database", "upgrade", "-y"]
    subprocess.run(command, env=env, check=True, capture_output=True)
    shutil.move(home / "prefect.db", MIGRATED)
    shutil.rmtree(home)


def _prefect() -> Path:
    return Path(sys.executable).with_name("prefect")
