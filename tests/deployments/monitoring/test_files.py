"""The generated files as a whole: Prometheus' and Alertmanager's own tools accept them."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from deployments.monitoring.alertmanager import Intake
from deployments.monitoring.pace import Pace, duration
from deployments.monitoring.writing import write
from recovery.errors import BadInput
from recovery.estate import EstateFile

PLACES = ("us-east-1", "us-west-2", "witness")
OBSERVER = {"prometheus": "http://127.0.0.1:9090"}


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("place", PLACES)
def test_the_tools_accept_every_file(files: Path, place: str, tool: Callable[..., str]) -> None:
    assert "SUCCESS" in tool("promtool", "check", "rules", files / place / "rules.yml")
    assert "is valid" in tool("promtool", "check", "config", files / place / "prometheus.yml")
    assert "SUCCESS" in tool("amtool", "check-config", files / place / "alertmanager.yml")


def test_an_alert_of_ours_goes_to_the_intake_and_any_other_to_nobody(
    files: Path, tool: Callable[..., str]
) -> None:
    """An Alertmanager that an estate has already keeps its own routes: ours take nothing from them."""
    route = ("amtool", "config", "routes", "test", f"--config.file={files / 'witness' / 'alertmanager.yml'}")

    assert tool(*route, "alertname=ErrorRateHigh", "dr_signal=errors").strip() == "dr-intake"
    assert tool(*route, "alertname=Watchdog", "severity=none").strip() == "dr-intake"
    assert tool(*route, "alertname=DiskFull").strip() == "nobody"


def test_an_alert_is_delivered_to_the_intake_only_with_its_token_and_never_redirected(files: Path) -> None:
    _, intake = read(files / "us-east-1" / "alertmanager.yml")["receivers"]

    [webhook] = intake["webhook_configs"]
    assert (webhook["send_resolved"], webhook["max_alerts"]) == (True, 1000)
    assert webhook["http_config"]["follow_redirects"] is False
    assert webhook["http_config"]["authorization"]["credentials_file"].endswith("/secrets/intake-token")


def test_the_routes_have_the_pace_of_a_real_estate(files: Path) -> None:
    watchdog, alerts = read(files / "witness" / "alertmanager.yml")["route"]["routes"]

    assert alerts["group_by"] == ["service", "region", "dr_signal"]
    assert (alerts["group_wait"], alerts["group_interval"], alerts["repeat_interval"]) == (
        "0s",
        "15s",
        "300s",
    )
    assert watchdog["repeat_interval"] == "60s"


def test_each_place_signs_its_alerts(files: Path) -> None:
    signed = [read(files / place / "prometheus.yml")["global"]["external_labels"] for place in PLACES]

    assert signed == [{"prometheus": f"monitoring-{place}"} for place in PLACES]


def test_the_places_outside_are_those_that_the_estate_names(
    estate_values: dict[str, Any], tmp_path: Path
) -> None:
    estate_values["recovery"]["automation"] = {"observers": {"us-east-1": OBSERVER, "frankfurt": OBSERVER}}
    estate = EstateFile.from_values(estate_values, name="estate.yaml")

    written = write(estate, tmp_path / "monitoring")

    folders = {path.parent.name for path in written}
    assert folders == {"monitoring", "us-east-1", "us-west-2", "frankfurt"}


def test_a_place_that_would_leave_the_folder_is_refused(
    estate_values: dict[str, Any], tmp_path: Path
) -> None:
    estate_values["recovery"]["automation"] = {"observers": {"../../etc": OBSERVER}}
    estate = EstateFile.from_values(estate_values, name="estate.yaml")

    with pytest.raises(BadInput, match=r"observers has '\.\./\.\./etc'.*use letters"):
        write(estate, tmp_path / "monitoring")


def test_a_faster_pace_can_be_given_at_the_door(
    estate_values: dict[str, Any], tmp_path: Path, tool: Callable[..., str]
) -> None:
    """That is how the lab does it, which may not import the ways in."""
    (tmp_path / "estate.yaml").write_text(yaml.safe_dump(estate_values))
    intake = Intake.model_validate({"url": "http://127.0.0.1:1/alertmanager", "credentials_file": "/token"})

    subprocess.run(
        [
            *(sys.executable, "-m", "deployments.monitoring", "--estate", tmp_path / "estate.yaml"),
            *("--folder", tmp_path / "quick", "--pace", '{"scrape": 1, "evaluate": 1, "group_interval": 1}'),
            *("--intake", intake.model_dump_json()),
        ],
        check=True,
        timeout=60,
    )

    quick = tmp_path / "quick" / "witness"
    assert read(quick / "prometheus.yml")["global"]["scrape_timeout"] == "1s"
    assert "SUCCESS" in tool("amtool", "check-config", quick / "alertmanager.yml")


def test_a_repeat_faster_than_its_group_is_refused() -> None:
    with pytest.raises(ValidationError, match="give at least group_interval"):
        Pace(repeat=timedelta(seconds=5))


def test_a_window_holds_four_scrapes_at_least() -> None:
    assert Pace().window(5) == timedelta(seconds=60)
    assert Pace(scrape=timedelta(seconds=1)).window(5) == timedelta(seconds=5)


def test_a_span_below_a_second_is_written_in_milliseconds() -> None:
    assert [duration(timedelta(seconds=s)) for s in (0, 0.25, 90)] == ["0s", "250ms", "90s"]
