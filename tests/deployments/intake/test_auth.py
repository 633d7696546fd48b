"""Bearer tokens: which are valid, and how one is replaced without losing an alert."""

from pathlib import Path

import pytest

from deployments.intake.auth import SHORTEST, Tokens
from recovery.errors import BadInput

OLD, NEW = b"o" * SHORTEST, b"n" * SHORTEST


def bearer(token: bytes) -> bytes:
    return b"Bearer " + token


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return [tmp_path / "first", tmp_path / "second"]


def test_a_rotation_refuses_nobody_and_then_the_old_one(files: list[Path]) -> None:
    files[0].write_bytes(OLD)
    tokens = Tokens(files)
    assert (tokens.accepts(bearer(OLD)), tokens.accepts(bearer(NEW))) == (True, False)

    files[1].write_bytes(NEW + b"\n")
    assert (tokens.accepts(bearer(OLD)), tokens.accepts(bearer(NEW))) == (True, True)

    files[0].unlink()
    assert (tokens.accepts(bearer(OLD)), tokens.accepts(bearer(NEW))) == (False, True)


def test_a_token_that_is_overwritten_in_place_is_read_again(files: list[Path]) -> None:
    """It has the same length, so that only the file's times tell."""
    files[0].write_bytes(OLD)
    tokens = Tokens(files[:1])

    files[0].write_bytes(NEW)

    assert (tokens.accepts(bearer(OLD)), tokens.accepts(bearer(NEW))) == (False, True)


def test_a_token_half_written_shuts_nobody_out(files: list[Path], caplog: pytest.LogCaptureFixture) -> None:
    files[0].write_bytes(OLD)
    tokens = Tokens(files[:1])

    files[0].write_bytes(b"half")

    assert tokens.accepts(bearer(OLD))
    assert not tokens.accepts(bearer(b"half"))
    assert "holds a token of 4 characters" in caplog.text
    assert "half" not in caplog.text.replace("half_written", "")


@pytest.mark.parametrize(
    "header",
    [
        b"",
        OLD,
        b"Bearer",
        b"Bearer ",
        b"Basic " + OLD,
        bearer(OLD[:-1]),
        bearer(OLD + b"x"),
        bearer(OLD.upper()),
        bearer(b"\xff" * SHORTEST),
        bearer(OLD + b"," + OLD),
    ],
)
def test_bad_headers_are_refused(files: list[Path], header: bytes) -> None:
    files[0].write_bytes(OLD)

    assert not Tokens(files).accepts(header)


def test_the_schemes_case_does_not_matter(files: list[Path]) -> None:
    files[0].write_bytes(OLD)

    assert Tokens(files).accepts(b"bearer " + OLD)


def test_a_short_token_is_refused_at_the_start_and_not_told(files: list[Path]) -> None:
    files[0].write_bytes(OLD[1:])

    with pytest.raises(BadInput, match="of 31 characters; give one of at least 32") as refused:
        Tokens(files)

    assert OLD[1:].decode() not in str(refused.value)


def test_no_token_at_all_is_refused_at_the_start(files: list[Path]) -> None:
    with pytest.raises(BadInput, match="token_files: none of "):
        Tokens(files)
