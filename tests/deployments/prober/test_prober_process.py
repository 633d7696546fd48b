"""The prober as a process: how it starts, how it is refused, and what outlives it."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments import listening
from deployments.prober.config import Config
from recovery.adapters.prober import Prober
from recovery.errors import Unavailable
from recovery.measurement import Request

DEADLINE_S = 20.0

Scenario = Callable[[Callable[[Any], Awaitable[None]]], None]


def test_a_killed_prober_keeps_what_it_reported_and_uses_no_number_again(
    without_prober: Scenario,
) -> None:
    async def killed(estate: Any) -> None:
        reported = await _requests_of_one_run(estate, signal.SIGKILL)
        kept = await _requests_of_one_run(estate, signal.SIGTERM)

        told = [(r.client, r.seq) for r in reported if r.kind == "write"]
        later = [(r.client, r.seq) for r in kept if r.kind == "write"]
        assert told
        assert set(told) < set(later)
        assert len(later) == len(set(later))

    without_prober(killed)


async def _requests_of_one_run(estate: Any, end: signal.Signals) -> list[Request]:
    """Start the prober as people do, end it by a signal, and return what it had reported by then."""
    process = await _start(_written(estate.config))
    await estate.until("clients are served", lambda seen: seen.global_name.by_region.get("west", 0) > 10)
    reported = await estate.requests()
    process.send_signal(end)
    status = await asyncio.wait_for(process.wait(), DEADLINE_S)
    assert status == (0 if end is signal.SIGTERM else -end)
    return reported


def _written(config: Config, **change: object) -> Path:
    file = config.ledger.with_name("prober.yaml")
    file.write_text(yaml.safe_dump(config.model_dump(mode="json") | change))
    return file


async def _start(file: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deployments.prober", "--config", str(file), stderr=asyncio.subprocess.PIPE
    )


async def _refused(file: Path) -> tuple[int | None, str]:
    process = await _start(file)
    _, errors = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    return process.returncode, errors.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"clients": 0}, "clients: Input should be greater than or equal to 1 (it is 0)"),
        ({"colour": "blue"}, "colour: Extra inputs are not permitted (it is 'blue')"),
        ({"listen": "localhost"}, "listen: "),
        ({"ledger": "/proc/ledger.sqlite"}, "ledger: /proc/ledger.sqlite can not be opened"),
    ],
)
def test_a_bad_configuration_is_one_line_and_status_2(
    config: Config, change: dict[str, Any], said: str
) -> None:
    status, errors = asyncio.run(_refused(_written(config, **change)))

    assert (status, errors.count("\n")) == (2, 1)
    assert said in errors


def test_an_address_that_is_taken_is_refused_by_its_key(config: Config) -> None:
    with listening.door(config.listen):
        status, errors = asyncio.run(_refused(_written(config)))

    assert (status, errors.count("\n")) == (2, 1)
    assert f"listen: {config.listen} can not be had (Address already in use)" in errors


def test_a_prober_that_does_not_answer_is_named_with_what_would_do(config: Config) -> None:
    prober = Prober(f"http://{config.listen}", timeout_s=1)

    with pytest.raises(Unavailable, match=rf"{config.listen}.*ConnectError.*see that it runs"):
        prober.evidence(timedelta(seconds=5))

    prober.close()
