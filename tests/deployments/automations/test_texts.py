"""What others wrote reaches people as text, by Prefect's own templates, whatever the channel makes of signs."""

import asyncio
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import yaml
from apprise.plugins.slack import NotifySlack
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.server.utilities.user_templates import render_user_template_sync

from deployments.automations.declared import PREFIX, Given, declared
from deployments.automations.of_estate import drill_interval
from deployments.automations.texts import LONGEST, SLOW, VERDICT, as_text
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


def test_a_slow_step_is_told_with_what_it_was_held_against() -> None:
    why = "the p75 of its last 20 is 1.4 s"
    payload = {"title": "Fence the source", "after_s": 1.44, "why": why, "operation": "failover-1"}

    told = rendered(SLOW, event=SimpleNamespace(payload=payload))

    assert told.startswith(f"Fence the source still runs after 1.4 s: {why}. Operation failover-1;")


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


def test_a_failover_that_stopped_is_paged_and_one_that_is_done_is_not_late() -> None:
    """Told by their declarations: Prefect on SQLite loses such an event now and then when it is busy."""
    given = Given(
        estate="eden",
        deployment=uuid4(),
        rto=timedelta(minutes=15),
        drill_overdue=timedelta(days=99),
        page=uuid4(),
        notice=None,
    )
    triggers = {one.name.removeprefix(PREFIX): one.trigger for one in declared(given)}
    stopped, late = (
        triggers["page when a failover has stopped"],
        triggers["page when a failover is not done within the RTO"],
    )

    assert isinstance(stopped, EventTrigger)
    assert isinstance(late, EventTrigger)
    assert (stopped.posture, stopped.expect) == (
        Posture.Reactive,
        {"prefect.flow-run.Failed", "prefect.flow-run.Crashed"},
    )
    assert late.expect == stopped.expect | {"prefect.flow-run.Completed"}
    assert (late.after, late.within) == ({"prefect.flow-run.Running"}, given.rto)
    assert stopped.match_related == late.match_related
