"""`dr evidence`: its exit status is what a script, and an auditor, goes by."""

from pathlib import Path
from typing import Any
from zipfile import ZipFile

import dr_tests
import pytest
import yaml
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from deployments.evidence import app
from recovery.dr_test.compose import compose_dr_test
from recovery.dr_test.kept import KeptTest
from recovery.errors import BadInput
from recovery.evidence_pack.preparing import ZIP, prepared
from recovery.journal import Event

KEY = {"testing": {"signing_key_secret": "evidence-key"}}


def run(*words: object, refused: bool = False) -> Result:
    found = CliRunner().invoke(app, [str(word) for word in words])
    if found.exception and not isinstance(found.exception, SystemExit) and not refused:
        raise found.exception
    return found


@pytest.fixture
def estate_file(estate_values: dict[str, Any], tmp_path: Path) -> Path:
    """An estate file whose journal's stores are folders, with the sample test as far as its opening event."""
    path = tmp_path / "estate.yaml"
    estate_values["recovery"] |= KEY
    path.write_text(yaml.safe_dump(estate_values))
    for place in ("us-east-1", "us-west-2", "witness"):
        _keep(tmp_path / place / "operations" / dr_tests.TEST / "journal", dr_tests.quarterly()[:1])
    return path


def _keep(folder: Path, events: list[Event]) -> None:
    folder.mkdir(parents=True)
    for event in events:
        (folder / f"{event.seq:06d}.{event.epoch:08d}.json").write_bytes(event.to_json())


@pytest.fixture
def pack(estate_file: Path) -> Path:
    """The test's pack, signed with the estate's key; its PDF is none, which takes seconds to make."""
    run("key", "--estate", estate_file)
    events = dr_tests.quarterly()[:1]
    kept = KeptTest(compose_dr_test(events, {}), {dr_tests.TEST: events})
    secret = SecretStr((estate_file.parent / "secrets" / "evidence-key").read_text())
    made = prepared(kept, lambda: secret, pdf=lambda page: page.encode()[:100])
    folder = estate_file.parent / "reports" / dr_tests.TEST
    folder.mkdir(parents=True)
    for name, body in made.files.items():
        (folder / name).write_bytes(body)
    return folder / ZIP


def test_a_pack_is_made_from_the_journal_alone_and_verifies(estate_file: Path) -> None:
    run("key", "--estate", estate_file)
    made = run("pack", dr_tests.TEST, "--estate", estate_file)
    folder, key = (
        estate_file.parent / "reports" / dr_tests.TEST,
        estate_file.parent / "secrets" / "evidence-key.pem",
    )

    with_key, without = run("verify", folder / ZIP, "--key", key), run("verify", folder / ZIP)

    assert (made.exit_code, with_key.exit_code, without.exit_code) == (0, 0, 0)
    assert "7 files of dr-test-20260314-021541-5a5a are as they were signed" in with_key.output
    assert "the key that you gave." in with_key.output
    assert "who signed it is proved only with --key" in without.output
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    assert (folder.parent / "index.html").exists()


def test_one_changed_byte_exits_with_two_and_names_the_file(pack: Path) -> None:
    whole = bytearray(pack.read_bytes())
    whole[whole.index(b"Evidence of a disaster recovery test")] ^= 1
    pack.write_bytes(whole)

    found = run("verify", pack)

    assert found.exit_code == 2
    assert "NOT AS SIGNED  report.html" in found.output


def test_an_unsigned_pack_exits_with_two_and_says_what_would_do(
    estate_values: dict[str, Any], estate_file: Path
) -> None:
    del estate_values["recovery"]["testing"]
    estate_file.write_text(yaml.safe_dump(estate_values))

    made = run("pack", dr_tests.TEST, "--estate", estate_file, refused=True)
    found = run("verify", estate_file.parent / "reports" / dr_tests.TEST / "evidence.zip")

    assert isinstance(made.exception, BadInput)
    assert "recovery.testing.signing_key_secret" in str(made.exception)
    assert found.exit_code == 2
    assert "make a key with `dr evidence key`" in found.output


def test_a_key_is_readable_by_its_owner_only_and_never_overwritten(estate_file: Path) -> None:
    first = run("key", "--estate", estate_file)
    private = estate_file.parent / "secrets" / "evidence-key"
    body = private.read_bytes()
    second = run("key", "--estate", estate_file, refused=True)

    assert first.exit_code == 0
    assert private.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in first.output
    assert isinstance(second.exception, BadInput)
    assert private.read_bytes() == body


def test_names_of_a_strangers_files_are_shown_as_text(pack: Path) -> None:
    """A pack comes from outside: what is in it does not reach the terminal as it is."""
    with ZipFile(pack, "a") as archive:
        archive.writestr("\x1b[2Jgone.txt", b"?")

    found = run("verify", pack)

    assert found.exit_code == 2
    assert "\x1b" not in found.output
    assert "x1b[2Jgone.txt" in found.output


@pytest.mark.parametrize("what", ["nothing-there.zip", "estate.yaml"])
def test_what_is_no_pack_is_refused(estate_file: Path, what: str) -> None:
    found = run("verify", estate_file.parent / what, refused=True)

    assert found.exit_code != 0
    assert isinstance(found.exception, BadInput | SystemExit)


def test_a_test_that_is_not_there_is_refused_with_those_that_are(estate_file: Path) -> None:
    found = run("pack", "dr-test-unknown", "--estate", estate_file, refused=True)

    assert "no test 'dr-test-unknown'" in str(found.exception)
    assert dr_tests.TEST in str(found.exception)


def test_the_index_is_made_anew(pack: Path, estate_file: Path) -> None:
    index = pack.parents[1] / "index.html"
    found = run("index", "--estate", estate_file)

    assert found.exit_code == 0
    assert "0 of 3" in index.read_text()
