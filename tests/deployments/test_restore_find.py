"""What `dr restore find` says to bad input, before it asks any server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from deployments.restores import app
from recovery.errors import BadInput

GIVEN = {"--region": "us-east-1", "--database": "eden_task", "--table": "public.orders"}
HOST = {"address": "127.0.0.1", "scratch_directory": "/nowhere/scratch", "data_directory": "/nowhere/data"}
BACKUPS = {
    "repositories": {region: {"bucket": f"backups-{region}"} for region in ("us-east-1", "us-west-2")},
    "hosts": {"us-east-1": HOST, "us-west-2": HOST | {"address": "127.0.0.2"}},
}


@pytest.fixture
def find(estate_values: dict[str, Any], tmp_path: Path) -> Callable[..., str]:
    """Return a function that runs the command on an estate, and returns what it was refused with."""

    def refused(given: dict[str, str], *, backups: dict[str, Any] | None = BACKUPS) -> str:
        estate_values["recovery"] |= {"backups": backups}
        if backups is None:
            del estate_values["recovery"]["backups"]
        estate = tmp_path / "estate.yaml"
        estate.write_text(yaml.safe_dump(estate_values))
        words = [word for option, value in (GIVEN | given).items() for word in (option, value) if word]
        ended = CliRunner().invoke(app, ["find", *words, "--estate", str(estate)])
        assert isinstance(ended.exception, BadInput), ended.output
        return str(ended.exception)

    return refused


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"--region": "us-east-9"}, "no region 'us-east-9'; its regions are us-east-1 and us-west-2"),
        ({"--database": "eden_tax"}, "no node group 'eden_tax'; it has eden_vault, eden_flow"),
        ({"--since": "2026-11-25 17:30"}, "--since '2026-11-25 17:30' has no time zone; write it behind"),
        ({"--until": "yesterday"}, "--until 'yesterday' is no time; give one as 2026-11-25T17:30:00Z"),
        ({"--since": "2026-11-25T18:00Z", "--until": "2026-11-25T18:30+01:00"}, "is after --until"),
        ({"--backups": ""}, "--backups fetches WAL back to --since, and none was given"),
    ],
)
def test_bad_input_is_refused_with_what_would_do(
    find: Callable[..., str], given: dict[str, str], told: str
) -> None:
    assert told in find(given)


def test_an_estate_without_hosts_of_clusters_is_refused(find: Callable[..., str]) -> None:
    assert "no `recovery.backups` block, which names the host of each cluster" in find({}, backups=None)
