"""The estate file: what loads, and what reading it promises."""

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.estate_check import render, report_on

ROOT = Path(__file__).parents[2]
EDEN = ROOT / "tests" / "samples" / "eden.yaml"
VALUES: dict[str, Any] = yaml.safe_load(EDEN.read_text())

Place = tuple[str | int, ...]


def places(values: Any, here: Place = ()) -> list[Place]:
    inner = (
        values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    )
    return [here, *(place for key, value in inner for place in places(value, (*here, key)))]


def with_example_block() -> dict[str, Any]:
    """The example of the eleventh block, with its comment signs taken away."""
    lines = (ROOT / "estate.yaml").read_text().splitlines()
    start = lines.index("# recovery:")
    return yaml.safe_load("\n".join([*lines[:start], *(line.removeprefix("# ") for line in lines[start:])]))


COMPLETE = with_example_block()


def altered(values: Any, place: Place, change: Callable[[Any, str | int], None]) -> Any:
    copy = deepcopy(values)
    parent = copy
    for step in place[:-1]:
        parent = parent[step]
    change(parent, place[-1])
    return copy


def assert_read_or_refused(values: Any) -> None:
    """Anything but `BadInput` fails the test by itself; what is read can also be reported on."""
    with suppress(BadInput):
        assert render(report_on(EstateFile.from_values(values, name="altered.yaml")))


def test_the_eden_estate_loads_as_it_is() -> None:
    estate = EstateFile.read(EDEN)

    assert estate.regions == ("us-east-1", "us-west-2")
    assert estate.node_groups == (
        "eden_vault",
        "eden_flow",
        "eden_task",
        "eden_hub",
        "eden_sync",
        "eden_insight",
    )
    assert estate.services[0] == "api-gateway"
    assert len(estate.services) == 8
    assert (estate.rto, estate.rpo) == (timedelta(minutes=15), timedelta(minutes=5))
    assert estate.recovery is None


def test_the_example_says_what_the_eden_estate_says() -> None:
    """The example to edit must not drift from the file that is known to load."""
    assert EstateFile.read(ROOT / "estate.yaml").digest() == EstateFile.read(EDEN).digest()


def test_the_commented_block_of_the_example_loads_once_uncommented() -> None:
    estate = EstateFile.from_values(COMPLETE, name="estate.yaml")

    assert estate.settings.estate == "eden"
    assert [store.place for store in estate.settings.journal.stores] == ["us-east-1", "us-west-2", "witness"]
    assert report_on(estate).acceptable


def test_each_region_takes_over_from_the_other() -> None:
    estate = EstateFile.read(EDEN)

    assert estate.other("us-east-1") == "us-west-2"
    assert estate.other("us-west-2") == "us-east-1"


def test_a_region_that_is_none_of_the_estate_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match=r"no region 'mars'; its regions are us-east-1 and us-west-2"):
        EstateFile.read(EDEN).postgres_in("mars")


def test_a_redis_is_reached_where_the_file_says_and_otherwise_where_the_tool_reaches_it() -> None:
    """The other region's Redis follows it there: across a link that may be another address."""
    values = deepcopy(COMPLETE)
    across = {name: {"host": f"{name}.link", "port": 6380} for name in ("us-east-1", "us-west-2")}

    values["recovery"].pop("redis", None)
    plain = EstateFile.from_values(values, name="plain.yaml")
    values["recovery"]["redis"] = {"reached_at": across}
    linked = EstateFile.from_values(values, name="linked.yaml")

    assert plain.redis_reached("us-west-2") == ("redis.us-west-2.eden.internal", 6379)
    assert linked.redis_reached("us-west-2") == ("us-west-2.link", 6380)


def test_a_region_is_found_by_name_whatever_the_order_of_a_block() -> None:
    values = deepcopy(VALUES)
    values["redis_multi_region"]["regions"].reverse()
    values["api_gateway_multi_region"]["regions"].reverse()

    estate = EstateFile.from_values(values, name="reversed.yaml")

    assert estate.redis_in("us-west-2").host == "redis.us-west-2.eden.internal"
    assert estate.gateway_in("us-east-1").endpoint == "api.us-east-1.eden.example.com"
    assert estate.postgres_in("us-west-2").host == "postgres.us-west-2.eden.internal"


def test_settings_of_an_estate_without_them_say_what_to_add() -> None:
    with pytest.raises(BadInput, match=r"eden\.yaml has no `recovery` block, .* docs/estate\.md"):
        _ = EstateFile.read(EDEN).settings


def test_the_digest_is_of_the_content_not_of_the_spelling(tmp_path: Path) -> None:
    spelled = tmp_path / "spelled.yaml"
    spelled.write_text(yaml.safe_dump(VALUES, sort_keys=True, default_flow_style=True))

    assert EstateFile.read(spelled).digest() == EstateFile.read(EDEN).digest()


def test_the_digest_changes_with_any_value() -> None:
    changed = altered(VALUES, ("disaster_recovery", "rpo_minutes"), lambda at, key: at.update({key: 6}))

    assert EstateFile.from_values(changed, name="x").digest() != EstateFile.read(EDEN).digest()


def test_anchors_and_merge_keys_are_read(tmp_path: Path) -> None:
    channels = "alert_channels:\n      - email\n      - slack"
    text = EDEN.read_text().replace(channels, channels.replace(":", ": &who", 1), 1)
    text = text.replace(channels, "alert_channels: *who")
    text = text.replace("  health_checks:\n", "  health_checks:\n    <<: {timeout_seconds: 9}\n")
    file = tmp_path / "anchors.yaml"
    file.write_text(text)

    assert "*who" in text
    assert EstateFile.read(file).digest() == EstateFile.read(EDEN).digest()


def test_a_key_that_does_nothing_may_be_left_out() -> None:
    values = deepcopy(VALUES)
    del values["application_multi_region"]["configuration"]
    values["monitoring"] = {}

    assert EstateFile.from_values(values, name="short.yaml").monitoring.metrics is None


def test_an_estate_is_never_changed_once_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        EstateFile.read(EDEN).disaster_recovery.rto_minutes = 1


@pytest.mark.parametrize("place", places(VALUES)[1:], ids=str)
def test_leaving_any_key_out_is_read_or_refused(place: Place) -> None:
    assert_read_or_refused(altered(VALUES, place, lambda at, key: at.__delitem__(key)))


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(places(COMPLETE)[1:]), value=json_like)
def test_any_value_anywhere_is_read_or_refused(place: Place, value: Any) -> None:
    """No value in a file may end in anything but an estate or a sentence."""
    assert_read_or_refused(altered(COMPLETE, place, lambda at, key: at.__setitem__(key, value)))


KEYS = [place for place in places(VALUES)[1:] if isinstance(place[-1], str)]


@settings(max_examples=100)
@given(place=st.sampled_from(KEYS), name=st.text(max_size=20))
def test_a_key_by_another_name_is_refused(place: Place, name: str) -> None:
    assume(name not in {key for at in KEYS for key in at})

    def rename(at: dict[str, Any], key: str | int) -> None:
        at[name] = at.pop(str(key))

    with pytest.raises(BadInput, match=r"not a known key|looks like a secret|type is missing"):
        EstateFile.from_values(altered(VALUES, place, rename), name="altered.yaml")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
)
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "any.yaml"
    file.write_bytes(content)

    with pytest.raises(BadInput, match=r"any\.yaml"):
        EstateFile.read(file)
