"""A pack as one zip: stored, sorted, without a time, so that the same files are the same bytes on every machine."""

import struct
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from recovery.errors import BadInput

_BEGINNING_OF_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16
DIRECTORY = "the zip's directory at its end"
_UNIX = 3
# What a damaged zip has Python's reader raise: it trusts lengths and flags that it reads.
_DAMAGED = (BadZipFile, ValueError, RuntimeError, EOFError, OSError, OverflowError, struct.error)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the files as a zip, by name."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for name, body in sorted(files.items()):
            info = ZipInfo(name, _BEGINNING_OF_TIME)
            info.create_system, info.external_attr = _UNIX, _READABLE
            archive.writestr(info, body)
    return out.getvalue()


def opened(path: Path) -> tuple[dict[str, bytes], list[str]]:
    """Return the files of a pack, a folder or a zip, and what is wrong with what holds them.

    `BadInput` where there is neither.
    """
    if path.is_dir():
        return _of_folder(path)
    try:
        whole = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"{path} can not be read ({error.strerror}); give a pack's folder, or its zip."
        ) from error
    return of_zip(whole, path.name)


def of_zip(whole: bytes, name: str) -> tuple[dict[str, bytes], list[str]]:
    """Return the files of a zip, and what is wrong with it: each byte of it is accounted for."""
    try:
        archive = ZipFile(BytesIO(whole))
    except _DAMAGED as error:
        return {}, [f"{name}: it is no zip, or its directory at the end was changed ({type(error).__name__})"]
    files, problems = {}, []
    for info in archive.infolist():
        if info.compress_type != ZIP_STORED or info.file_size > len(whole):
            problems.append(f"{info.filename}: it is not stored as a pack's files are; {_AGAIN}")
            continue
        try:
            files[info.filename] = archive.read(info)
        except _DAMAGED as error:
            problems.append(
                f"{info.filename}: it was changed, or its header in the zip ({type(error).__name__})"
            )
    if not problems and (at := _first_difference(whole, zipped(files))) is not None:
        problems.append(f"{_entry_at(files, at)} was changed, at byte {at:,} of {name}; {_AGAIN}")
    return files, problems


def _of_folder(folder: Path) -> tuple[dict[str, bytes], list[str]]:
    files, problems = {}, []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            problems.append(f"{name}: it is a link or a device, and a pack has files only")
        elif path.is_file():
            try:
                files[name] = path.read_bytes()
            except OSError as error:
                problems.append(f"{name}: it can not be read ({error.strerror})")
    return files, problems


def _first_difference(one: bytes, other: bytes) -> int | None:
    if one == other:
        return None
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _entry_at(files: Mapping[str, bytes], at: int) -> str:
    """Return what stands at that byte of the zip."""
    end, found = 0, "the zip's own head"
    for name, begin in _begins(files):
        if at < begin:
            return found
        found, end = name if name == DIRECTORY else f"{name}, or its header in the zip,", begin
    return found if at >= end else "the zip"


def _begins(files: Mapping[str, bytes]) -> Iterator[tuple[str, int]]:
    with ZipFile(BytesIO(zipped(files))) as archive:
        for info in archive.infolist():
            yield info.filename, info.header_offset
        yield DIRECTORY, archive.start_dir


_AGAIN = "if it was packed again by somebody, unpack it and verify the folder"
