"""`dr evidence`: packs of evidence made, verified and signed, and the index of the reports."""

import os
from pathlib import Path
from typing import Annotated

import typer

from blocks.journal_stores import journal_of
from recovery.dr_test.kept import composed
from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.evidence_pack import signing, zipped
from recovery.evidence_pack.preparing import prepared
from recovery.evidence_pack.verifying import Checked, verify
from recovery.plain_text import one_line
from recovery.reports_index.folder import write_index

app = typer.Typer(help="Evidence of tests: packed, signed, verified.", no_args_is_help=True)
EstatePath = Annotated[Path, typer.Option(envvar="DR_ESTATE", help="The estate file.")]
DEFAULT_ESTATE = Path("estate.yaml")
BAD_INPUT, READABLE_BY_ITS_OWNER = 2, 0o600


@app.command("verify")
def verify_(
    pack: Annotated[Path, typer.Argument(help="The pack: a folder, or its zip.")],
    *,
    key: Annotated[
        Path | None, typer.Option(help="The public key (PEM), if it came by another way than with the pack.")
    ] = None,
) -> None:
    """Say whether a pack is as it was signed, offline: names each file that was changed, is missing or is too many."""
    files, wrong = zipped.opened(pack)
    checked = verify(files, key=_read(key) if key else None, key_name=str(key))
    problems = list(dict.fromkeys([*wrong, *checked.problems]))
    for problem in problems:
        typer.echo(f"NOT AS SIGNED  {one_line(problem)}")
    for what, why in checked.left_out.items():
        typer.echo(f"left out       {one_line(what)}: {one_line(why)}")
    typer.echo(_told(checked, pack, problems))
    if problems or not checked.holds:
        raise typer.Exit(BAD_INPUT)


@app.command("key")
def key_(
    *,
    name: Annotated[
        str | None,
        typer.Option(help="The secret's name; by default what recovery.testing.signing_key_secret says."),
    ] = None,
    estate: EstatePath = DEFAULT_ESTATE,
) -> None:
    """Make a key pair: the private key goes into the estate's secrets, the public one beside it, to hand out."""
    settings = EstateFile.read(estate).settings
    secret = name or settings.testing.signing_key_secret
    if secret is None:
        raise BadInput(
            f"{estate} has no recovery.testing.signing_key_secret: add it, such as `evidence-key`, or give --name."
        )
    private, public = signing.new_pair()
    where, beside = settings.secrets_directory / secret, settings.secrets_directory / f"{secret}.pem"
    for path in (where, beside):
        if path.exists():
            raise BadInput(f"{path} is there already: packs were signed with it. Give another --name.")
    _write_new(where, private.get_secret_value().encode())
    _write_new(beside, public)
    mark = signing.fingerprint(signing.public_key(public, name=str(where)))
    typer.echo(f"{where}: the private key; it stays here, readable by this account only")
    typer.echo(f"{beside}: the public key, to hand out by another way than with a pack")
    typer.echo(f"Its SHA-256 is {mark}")


@app.command("pack")
def pack_(
    test: Annotated[str, typer.Argument(help="The test's id.")],
    *,
    estate: EstatePath = DEFAULT_ESTATE,
) -> None:
    """Make a test's report and pack again, from the journal alone, into the folder of reports."""
    from blocks.estate import signing_key_of  # noqa: PLC0415 - with Prefect, which takes a second to import

    file, stores = journal_of(str(estate))
    made = prepared(composed(stores, test), lambda: signing_key_of(file))
    folder = file.settings.reports_directory / test
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in made.files.items():
        (folder / name).write_bytes(body)
        typer.echo(folder / name)
    write_index(file.settings.reports_directory)
    if made.warnings:
        raise BadInput(" ".join(made.warnings))


@app.command("index")
def index_(*, estate: EstatePath = DEFAULT_ESTATE) -> None:
    """Make the index of the reports' folder anew."""
    folder = EstateFile.read(estate).settings.reports_directory
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder: recovery.reports_directory of {estate} names it.")
    typer.echo(write_index(folder))


def _told(checked: Checked, pack: Path, problems: list[str]) -> str:
    """Return what came of it, and how far it goes."""
    if problems:
        one = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        return f"{pack} does not hold: {one}. Nothing in it proves anything until that is explained."
    origin = (
        "the key that you gave."
        if checked.key_given
        else "the key that came with the pack: nothing was changed since, but who signed it is proved only with --key."
    )
    test = one_line(checked.test or "no test")
    return (
        f"{pack} holds: {checked.files} files of {test} are as they were signed, and {checked.events} events of its "
        f"journals are whole.\nSigned by {checked.signed_by}, {origin}"
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} can not be read ({error.strerror}); give a public key, as PEM.") from error


def _write_new(path: Path, body: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, READABLE_BY_ITS_OWNER)
    except OSError as error:
        raise BadInput(f"{path} can not be written ({error.strerror}).") from error
    with os.fdopen(handle, "wb") as out:
        out.write(body)
