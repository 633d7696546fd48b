"""The intake's file: what it says, and how it is refused."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from deployments.intake.config import load
from recovery.errors import BadInput

GOOD = {"listen": "127.0.0.1:9095", "spool": "/s", "estate": "/e.yaml", "token_files": ["/t1", "/t2"]}


def test_a_good_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "intake.yaml"
    file.write_text(yaml.safe_dump(GOOD | {"tls": {"certificate": "/c", "key": "/k"}}))

    config = load(file)

    assert config.address == ("127.0.0.1", 9095)
    assert config.retention == timedelta(days=7)
    assert config.expiry == timedelta(hours=1)
    assert config.tls is not None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"listen": "9095"}, "listen: "),
        ({"listen": "127.0.0.1:65536"}, "listen: "),
        ({"token_files": []}, "token_files: "),
        ({"token_files": ["/1", "/2", "/3"]}, "token_files: "),
        ({"colour": "blue"}, r"colour: Extra inputs are not permitted \(it is 'blue'\)"),
        ({"tls": {"certificate": "/c"}}, r"tls\.key: Field required"),
        ({"retention_hours": 1}, "retention_hours: "),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, change: dict[str, object], said: str) -> None:
    file = tmp_path / "intake.yaml"
    file.write_text(yaml.safe_dump(GOOD | change))

    with pytest.raises(BadInput, match=said) as refused:
        load(file)

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"\xff", b"a: [", b"- a", b""])
def test_what_is_no_mapping_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "intake.yaml"
    file.write_bytes(content)

    with pytest.raises(BadInput) as refused:
        load(file)

    assert "\n" not in str(refused.value)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"intake\.yaml can not be read"):
        load(tmp_path / "intake.yaml")
