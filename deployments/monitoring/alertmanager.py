"""An Alertmanager's routes: the alerts of this tool go to its intake, at their own pace."""

from pathlib import Path

from pydantic import HttpUrl, JsonValue

from deployments.monitoring.pace import Pace, duration
from deployments.monitoring.rules import WATCHDOG
from recovery.estate import EstateFile
from recovery.measurement import Frozen

RECEIVER, NOBODY = "dr-intake", "nobody"
MOST_ALERTS = 1000
"""In one call: 5,000 were a body of 2.6 MB, which a receiver may refuse for ever."""
TOKEN = "intake-token"  # noqa: S105 - its file's name


class Intake(Frozen):
    """Where alerts are sent, and the file that holds the bearer token to show there."""

    url: HttpUrl = HttpUrl("http://dr-intake:18800/alertmanager")
    credentials_file: Path

    @classmethod
    def of(cls, estate: EstateFile) -> "Intake":
        """Return the intake at its usual name, with the token among the estate's secrets."""
        return cls(credentials_file=estate.settings.secrets_directory / TOKEN)


def alertmanager(pace: Pace, intake: Intake) -> dict[str, JsonValue]:
    """Return the configuration of an Alertmanager: the same at every place."""
    return {
        "route": {
            "receiver": NOBODY,
            "routes": [_watchdog_route(pace), _route(pace)],
        },
        "receivers": [{"name": NOBODY}, {"name": RECEIVER, "webhook_configs": [_webhook(intake)]}],
    }


def _route(pace: Pace) -> dict[str, JsonValue]:
    return {
        "receiver": RECEIVER,
        "matchers": ['dr_signal=~".+"'],
        "group_by": ["service", "region", "dr_signal"],
        "group_wait": duration(pace.group_wait),
        "group_interval": duration(pace.group_interval),
        "repeat_interval": duration(pace.repeat),
    }


def _watchdog_route(pace: Pace) -> dict[str, JsonValue]:
    """Each place's watchdog is a group of its own: one that falls silent hides behind no other."""
    return {
        "receiver": RECEIVER,
        "matchers": [f'alertname="{WATCHDOG}"'],
        "group_by": ["prometheus", "observer"],
        "group_wait": "0s",
        "group_interval": duration(min(pace.group_interval, pace.watchdog_repeat)),
        "repeat_interval": duration(pace.watchdog_repeat),
    }


def _webhook(intake: Intake) -> dict[str, JsonValue]:
    """Followed, a redirect would lose the alert: the call becomes a GET without a body, and counts as good."""
    return {
        "url": str(intake.url),
        "send_resolved": True,
        "max_alerts": MOST_ALERTS,
        "http_config": {
            "follow_redirects": False,
            "authorization": {"type": "Bearer", "credentials_file": str(intake.credentials_file)},
        },
    }
