"""A pack: one changed byte anywhere in it is named; what is whole verifies, offline."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from recovery.dr_test.kept import KeptTest
from recovery.errors import BadInput, Refused
from recovery.evidence_pack import signing, zipped
from recovery.evidence_pack.manifest import MANIFEST, PUBLIC_KEY, SIGNATURE
from recovery.evidence_pack.preparing import Prepared, prepared
from recovery.evidence_pack.verifying import Checked, verify

PRIVATE, PUBLIC = signing.new_pair()
OTHER_PRIVATE, OTHER_PUBLIC = signing.new_pair()


def made(kept: KeptTest, key: SecretStr | None = PRIVATE) -> Prepared:
    return prepared(kept, lambda: key, pdf=lambda page: page.encode()[:2000])


@pytest.fixture(scope="module")
def files(quarter: KeptTest) -> dict[str, bytes]:
    return dict(made(quarter).pack.files)


@pytest.fixture(scope="module")
def small(bare: KeptTest) -> bytes:
    return made(bare).pack.as_zip


def checked(whole: bytes, key: bytes | None = PUBLIC) -> tuple[list[str], Checked]:
    inside, wrong = zipped.of_zip(whole, "pack.zip")
    found = verify(inside, key=key)
    return [*wrong, *found.problems], found


def one_byte_changed(body: bytes, at: int, by: int = 1) -> bytes:
    return body[:at] + bytes([body[at] ^ by]) + body[at + 1 :]


def test_a_whole_pack_verifies_with_the_key_and_without(files: dict[str, bytes]) -> None:
    with_key, without = verify(files, key=PUBLIC), verify(files)

    assert (with_key.holds, with_key.key_given) == (True, True)
    assert (without.holds, without.key_given) == (True, False)
    assert with_key.signed_by == signing.fingerprint(signing.public_key(PUBLIC, name="the key"))
    assert (with_key.files, with_key.events) == (12, 92)


def test_the_same_journals_and_key_give_the_same_pack(quarter: KeptTest, files: dict[str, bytes]) -> None:
    assert made(quarter).pack.as_zip == zipped.zipped(files)


def test_a_pack_has_all_that_is_promised(files: dict[str, bytes]) -> None:
    assert set(files) >= {
        "report.html",
        "report.pdf",
        "report.json",
        "report.schema.json",
        "journals/dr-test-20260314-021541-5a5a.jsonl",
        "journals/region-failover-20260314-021743-9c1e.jsonl",
        MANIFEST,
        SIGNATURE,
        PUBLIC_KEY,
        "README.txt",
    }


def test_one_changed_byte_of_any_file_names_the_file(files: dict[str, bytes]) -> None:
    for name, body in files.items():
        for at in {0, len(body) // 2, len(body) - 1}:
            found = verify(files | {name: one_byte_changed(body, at)}, key=PUBLIC)
            assert any(problem.split(":")[0].find(name) >= 0 for problem in found.problems), (name, at)
            assert not found.holds


def test_one_changed_byte_of_the_manifest_or_signature_names_it(bare: KeptTest) -> None:
    """Every byte of both: nothing of what is signed is out of reach."""
    files = made(bare).pack.files
    for name in (MANIFEST, SIGNATURE):
        for at in range(len(files[name])):
            found = verify({**files, name: one_byte_changed(files[name], at)}, key=PUBLIC)
            assert any(name in problem for problem in found.problems), (name, at)


@settings(max_examples=150)
@given(data=st.data())
def test_one_changed_byte_anywhere_in_the_zip_is_named(small: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(small) - 1))
    by = data.draw(st.integers(1, 255))

    problems, _ = checked(one_byte_changed(small, at, by))

    assert problems


def test_every_byte_of_the_zip_that_is_no_file_is_accounted_for(small: bytes) -> None:
    """Headers, the directory, its end: a pack has no byte that nobody looks at."""
    for at in _outside_files(small):
        assert checked(one_byte_changed(small, at, 0x04))[0], at


def _outside_files(whole: bytes) -> Iterator[int]:
    with ZipFile(BytesIO(whole)) as archive:
        for info in archive.infolist():
            yield from range(info.header_offset, info.header_offset + 30 + len(info.filename))
        yield from range(archive.start_dir, len(whole))


@pytest.mark.parametrize(
    "changed",
    [lambda whole: whole + b"\n", lambda whole: b"PK" + whole, lambda whole: whole[:-1], lambda _: b""],
    ids=["more", "before", "less", "nothing"],
)
def test_bytes_too_many_or_too_few_are_told(small: bytes, changed: Callable[[bytes], bytes]) -> None:
    assert checked(changed(small))[0]


def test_a_zip_that_was_packed_again_says_what_would_do(files: dict[str, bytes]) -> None:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)

    problems, _ = checked(out.getvalue())

    assert any("unpack it and verify the folder" in problem for problem in problems)


def test_a_folder_verifies_as_its_zip_does(files: dict[str, bytes], tmp_path: Path) -> None:
    with ZipFile(BytesIO(zipped.zipped(files))) as archive:
        archive.extractall(tmp_path / "pack")

    inside, wrong = zipped.opened(tmp_path / "pack")

    assert not wrong
    assert verify(inside, key=PUBLIC).holds


def test_missing_and_extra_files_are_named(files: dict[str, bytes]) -> None:
    less = {name: body for name, body in files.items() if name != "report.pdf"}

    found = verify(less | {"notes.txt": b"?"}, key=PUBLIC)

    assert "report.pdf: it is missing" in found.problems
    assert "notes.txt: it is too many; the manifest does not name it" in found.problems


def test_a_link_in_a_folder_is_no_file(files: dict[str, bytes], tmp_path: Path) -> None:
    zip_of = ZipFile(BytesIO(zipped.zipped(files)))
    zip_of.extractall(tmp_path)
    (tmp_path / "report.html").unlink()
    (tmp_path / "report.html").symlink_to("/dev/null")

    inside, wrong = zipped.opened(tmp_path)

    assert wrong == ["report.html: it is a link or a device, and a pack has files only"]
    assert "report.html: it is missing" in verify(inside, key=PUBLIC).problems


def test_another_key_does_not_verify(files: dict[str, bytes]) -> None:
    found = verify(files, key=OTHER_PUBLIC)

    assert not found.holds
    assert "it does not fit the key" in found.problems[0]


def test_a_pack_that_was_signed_again_by_somebody_else_does_not_verify(quarter: KeptTest) -> None:
    """It is whole by its own key: only the key that came another way tells."""
    forged = made(quarter, OTHER_PRIVATE).pack.files

    assert verify(forged).holds
    assert not verify(forged, key=PUBLIC).holds


def test_an_unsigned_pack_says_so_and_what_would_do(quarter: KeptTest) -> None:
    made_so = made(quarter, None)

    found = verify(made_so.pack.files)

    assert not found.holds
    assert "it is not signed" in found.problems[0]
    assert "dr evidence key" in found.problems[0]
    assert "not signed" in made_so.warnings[0]


def test_a_signature_that_was_taken_away_is_missed(files: dict[str, bytes]) -> None:
    left = {name: body for name, body in files.items() if name != SIGNATURE}

    assert verify(left, key=PUBLIC).problems == [
        f"{SIGNATURE}: it is missing, and the manifest says that it is signed"
    ]


def test_evidence_is_not_held_back_for_want_of_a_pdf_or_a_key(quarter: KeptTest) -> None:
    def no_pdf(page: str) -> bytes:
        raise Refused(f"no libraries for {len(page)} characters")

    def no_key() -> SecretStr | None:
        raise BadInput("the secret is not there")

    found = prepared(quarter, no_key, pdf=no_pdf)

    assert "report.pdf" not in found.pack.files
    assert set(verify(found.pack.files).left_out) == {"report.pdf", "the signature"}
    assert len(found.warnings) == 2


@pytest.mark.parametrize(
    "text", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
def test_what_is_no_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(BadInput, match="dr evidence key") as caught:
        signing.private_key(SecretStr(text))

    assert "AAAA" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_openssl_verifies_the_signature_too(files: dict[str, bytes], tmp_path: Path) -> None:
    """As the pack's README tells: nothing of ours is needed."""
    openssl = shutil.which("openssl") or pytest.fail("openssl is missing: apt-get install openssl")
    for name, body in {**files, "KEY.pem": PUBLIC}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(body)
    told = "pkeyutl -verify -pubin -inkey KEY.pem -rawin -in manifest.json -sigfile manifest.sig"

    ended = subprocess.run([openssl, *told.split()], cwd=tmp_path, check=False, capture_output=True)

    assert ended.returncode == 0, ended.stderr
    assert told in (tmp_path / "README.txt").read_text()
