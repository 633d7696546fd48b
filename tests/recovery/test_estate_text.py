"""The estate file as text: what is no file, no YAML, or YAML that no estate needs."""

from pathlib import Path

import pytest

from recovery.errors import BadInput
from recovery.estate import EstateFile

EDEN = Path(__file__).parents[1] / "samples" / "eden.yaml"


def refused_text(tmp_path: Path, text: str | bytes) -> str:
    file = tmp_path / "bad.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadInput) as caught:
        EstateFile.read(file)
    return str(caught.value)


def test_all_problems_of_a_file_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = (
        EDEN.read_text()
        .replace("role: primary", "role: master", 1)
        .replace("rpo_minutes: 5", "rpo_minutes: 0")
    )

    message = refused_text(tmp_path, text.replace("name: us-west-2", "name: us-west-3", 1))

    first, *rest = message.splitlines()
    assert first.endswith("bad.yaml does not describe an estate: 3 problems.")
    assert [line.split(": ")[0].strip() for line in rest] == ["line 6", "line 7", "line 231"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("- a\n- b\n", "the file is a list of 2, not a mapping"),
        ("just text", "the file is 'just text', not a mapping"),
        ("a: [1, 2", "is not YAML: line 1, column 9"),
        ("a: *nobody", "undefined alias 'nobody'"),
        ("a: 1\na: 2\n", "a is there twice, in lines 1 and 2; keep one of them"),
        ("a: 2024-01-01", "a cannot be used: '2024-01-01' is a timestamp to YAML; put text in quotes"),
        ("1: a", "the file cannot be used: its key '1' in line 1 is no text"),
        ("? [a]\n: b", "is no text"),
        ("monitoring:\n", "monitoring has no value; give one, or delete the key"),
        ('a: "\\ud800"', "a cannot be used: it has half a character"),
        ("a: !!python/object:os.system x", "cannot be used"),
        ("a: &a [*a]", "levels"),
        ("[" * 5000, "holds a value that YAML cannot hold"),
        (f"a: {'9' * 5000}", "holds a value that YAML cannot hold"),
        ("a: 1\x00", "is not YAML"),
        (b"a: \xff\xfe", "is not UTF-8 text (byte 3 is 0xff); save it as UTF-8"),
        (b"a: 1\n" * 250_000, "is larger than 1000000 bytes"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "bytes",
)
def test_a_file_that_is_no_estate_is_refused(tmp_path: Path, text: str | bytes, told: str) -> None:
    assert told in refused_text(tmp_path, text)


def test_anchors_that_multiply_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    layers = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]

    assert "more than 20000 values" in refused_text(tmp_path, "\n".join(["a0: &a0 [x]", *layers]))


@pytest.mark.parametrize("name", ["missing.yaml", ".", "no\0name"])
def test_a_path_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        EstateFile.read(tmp_path / name)
