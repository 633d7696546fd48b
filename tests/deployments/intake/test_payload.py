"""What is taken from Alertmanager's bodies, and what is refused."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from deployments.intake.payload import (
    ANNOTATION_LIMIT,
    BODY_LIMIT_BYTES,
    DEEPEST_JSON,
    LABEL_LIMIT_BYTES,
    MOST_LABELS,
    Status,
    parse,
    quoted,
)
from recovery.errors import BadInput

Sample = Callable[[str], bytes]
Body = Callable[..., bytes]


@pytest.mark.parametrize(
    ("name", "statuses", "truncated"),
    [
        ("firing-one", ["firing"], 0),
        ("firing-group", ["firing"] * 4, 0),
        ("mixed-firing-resolved", ["resolved", "resolved", "firing", "resolved"], 0),
        ("resolved", ["resolved"], 0),
        ("truncated", ["firing", "firing"], 3),
        ("watchdog", ["firing"], 0),
        ("hostile-labels", ["firing"], 0),
    ],
)
def test_every_alert_has_its_own_status(
    sample: Sample, name: str, statuses: list[str], truncated: int
) -> None:
    """A group's status says "firing" while any of its alerts does: the mixed sample is one."""
    delivery = parse(sample(name))

    assert [alert.status for alert in delivery.alerts] == statuses
    assert (delivery.malformed, delivery.truncated) == (0, truncated)


def test_the_year_1_is_no_end(sample: Sample) -> None:
    firing, resolved = parse(sample("firing-one")).alerts[0], parse(sample("resolved")).alerts[0]

    assert firing.ends_at is None
    assert firing.starts_at == datetime(2026, 11, 22, 8, 30, 8, 734_000, tzinfo=UTC)
    assert resolved.ends_at == datetime(2026, 11, 22, 8, 31, 0, 734_000, tzinfo=UTC)


def test_a_firing_alert_has_no_end_even_where_one_is_told(body: Body) -> None:
    """Alertmanager's API tells when a firing alert would be taken for resolved."""
    alert = parse(body({"endsAt": "2026-11-22T08:36:00Z"})).alerts[0]

    assert alert.ends_at is None


def test_nanoseconds_and_other_zones_are_taken(body: Body) -> None:
    alert = parse(body({"startsAt": "2026-11-22T10:30:08.734123456+02:00"})).alerts[0]

    assert alert.starts_at == datetime(2026, 11, 22, 8, 30, 8, 734_123, tzinfo=UTC)
    assert alert.starts_at.tzinfo is UTC


def test_unknown_fields_are_let_through(body: Body) -> None:
    """Newer versions send `notification_reason` and `routeLabels`; older ones lack annotations."""
    alert = {"generatorURL": 7, "imageURL": None}

    delivery = parse(body(alert, notification_reason="new", routeLabels={"a": ["b"]}))

    assert delivery.alerts[0].status is Status.FIRING
    assert delivery.alerts[0].annotations == {}


@pytest.mark.parametrize(
    "body_",
    [
        b"",
        b"not JSON",
        b"[]",
        b'"4"',
        b'{"version":"4"}',
        b'{"version":"3","alerts":[]}',
        b'{"version":"4","alerts":{}}',
        b'{"version":"4","alerts":[null]}',
        b'{"version":"4","alerts":[{"status":"firing"}]}',
        b'{"version":"4","alerts":[],"truncatedAlerts":-1}',
        b'{"version":"4","alerts":[],"truncatedAlerts":1' + b"0" * 400 + b"}",
        b'{"version":"4","alerts":[],"x":"\xff"}',
        b'{"version":"4","alerts":[],"x":"\\ud800"}',
        b'{"version":"4","alerts":[],"x":' + b"[" * DEEPEST_JSON + b"]" * DEEPEST_JSON + b"}",
        b'{"version":"4","alerts":[],"x":' + b"[" * (BODY_LIMIT_BYTES // 2),
    ],
)
def test_what_is_no_payload_is_refused(body_: bytes) -> None:
    with pytest.raises(BadInput, match=r"no Alertmanager payload|No alert of the body is usable"):
        parse(body_)


@pytest.mark.parametrize(
    "alert",
    [
        {"fingerprint": "9F5631E7E065482F"},
        {"fingerprint": "9f5631e7e065482f0"},
        {"fingerprint": "9f5631e7e065482f\n"},
        {"fingerprint": 1},
        {"status": "pending"},
        {"startsAt": "0001-01-01T00:00:00Z"},
        {"startsAt": "9999-12-31T23:59:59-12:00"},
        {"startsAt": "2026-11-22T08:31:00"},
        {"startsAt": 1_795_334_460},
        {"status": "resolved", "endsAt": "9999-12-31T23:59:59-12:00"},
        {"labels": {"a": 1}},
        {"labels": ["a"]},
        {"labels": {f"l{n}": "" for n in range(MOST_LABELS + 1)}},
        {"labels": {"a": "x" * (LABEL_LIMIT_BYTES + 1)}},
        {"labels": {"a": "ü" * (LABEL_LIMIT_BYTES // 2 + 1)}},
        {"labels": {"x" * (LABEL_LIMIT_BYTES + 1): "a"}},
    ],
)
def test_an_alert_beyond_a_limit_is_left_out_and_hides_no_other(body: Body, alert: dict[str, Any]) -> None:
    """Refused whole, the body would be sent and refused for ever, and the good alert with it."""
    delivery = parse(body(alert, {}))

    assert [kept.fingerprint for kept in delivery.alerts] == [f"{1:016x}"]
    assert delivery.malformed == 1
    with pytest.raises(BadInput, match="No alert of the body is usable"):
        parse(body(alert))


def test_the_limits_themselves_are_allowed(body: Body) -> None:
    labels = {f"l{n}": "x" * LABEL_LIMIT_BYTES for n in range(MOST_LABELS)}

    assert parse(body({"labels": labels})).alerts[0].labels == labels


def test_a_long_annotation_is_cut(body: Body) -> None:
    """It is prose, and identifies nothing: no reason to lose the alert."""
    alert = parse(body({"annotations": {"summary": "x" * (ANNOTATION_LIMIT + 1)}})).alerts[0]

    assert len(alert.annotations["summary"]) == ANNOTATION_LIMIT


def test_hostile_labels_are_text(sample: Sample) -> None:
    alert = parse(sample("hostile-labels")).alerts[0]

    assert alert.labels["region"] == 'us-east-1\n"quoted"'
    assert alert.labels["evil"].startswith("{{ flow.name }} ${jndi:ldap://x} '; DROP TABLE orders;--")


def test_what_a_refusal_says_is_one_line_whatever_the_payload_says(body: Body) -> None:
    """A label's name is in it, and would forge a log line."""
    with pytest.raises(BadInput) as refused:
        parse(body({"labels": {"a\n2026 ERROR forged\x1b[2J": 1}}))

    assert str(refused.value).isprintable()
    assert r"\n2026 ERROR forged\x1b[2J" in str(refused.value)
    assert len(quoted("\n" * BODY_LIMIT_BYTES)) < 1_000


def test_json_may_be_as_deep_as_the_limit_says() -> None:
    levels = DEEPEST_JSON - 1

    assert not parse(b'{"version":"4","alerts":[],"x":' + b"[" * levels + b"]" * levels + b"}").alerts


def test_an_empty_group_is_no_fault() -> None:
    assert parse(json.dumps({"version": "4", "alerts": []}).encode()).alerts == ()
