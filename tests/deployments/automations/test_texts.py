"""What others wrote reaches people as text, by Prefect's own templates, whatever the channel makes of signs."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from apprise.plugins.slack import NotifySlack
from prefect.server.utilities.user_templates import render_user_template_sync

from deployments.automations.of_estate import drill_interval
from deployments.automations.texts import LONGEST, VERDICT, as_text
from recovery.estate import EstateFile

ROOT = Path(__file__).parents[3]


def rendered(template: str, **values: Any) -> str:
    return render_user_template_sync(template, values)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("{{ 7*7 }} {% raw %}", "{{ 7*7 }} {% raw %}"),
        ("<!channel> & <@U1>", "＜!channel＞ ＆ ＜＠U1＞"),  # noqa: RUF001
        ("one\ntwo", "one two"),
        ("<http://evil.example|here>", "＜http:／／evil.example|here＞"),  # noqa: RUF001
        (None, ""),
    ],
)
def test_a_value_is_shown_as_it_is_and_does_nothing(said: str | None, shown: str) -> None:
    assert rendered(as_text("event.said"), event=SimpleNamespace(said=said)) == shown


def test_a_long_value_is_cut() -> None:
    assert len(rendered(as_text("said"), said="x" * 100_000)) == LONGEST


def test_slack_calls_nobody_for_what_an_alert_says(receiver: Any) -> None:
    """Apprise, which Prefect sends by, makes a mention of `<!channel>`; of an entity it makes `&amp;lt;`."""
    event = SimpleNamespace(payload={"sentence": "<!channel> <@U1> !here>", "missing": ["<!everyone>"]})
    slack = NotifySlack(token_a="T1JJ3T3L2", token_b="A1BRTD4JD", token_c="TIiajkdnlazkcOXrIdevi7FQ")
    slack.webhook_url = f"{receiver.url}/slack"

    asyncio.run(slack.async_notify(body=rendered(VERDICT, event=event)))

    [message] = [message for path, message in receiver.messages if path.startswith("/slack")]
    assert "!channel" in str(message)
    assert not any(sign in str(message) for sign in ("<!", "<@", "&lt;"))


@pytest.mark.parametrize(
    ("frequency", "days", "remark"),
    [("quarterly", 99, ""), ("monthly", 38, ""), ("at full moon", 97, "none of monthly,"), (None, 97, "")],
)
def test_a_drill_is_overdue_a_week_after_its_interval(frequency: str | None, days: int, remark: str) -> None:
    values = yaml.safe_load((ROOT / "estate.yaml").read_text())
    values["disaster_recovery"]["testing"] = {"frequency": frequency} if frequency else {}

    interval, told = drill_interval(EstateFile.from_values(values, name="estate.yaml"))

    assert interval == days
    assert remark in (told or "")
    assert bool(told) is bool(remark)
