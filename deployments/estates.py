"""`dr estate`: the estate file, checked, and as it is once its stand-ins have taken over."""

from pathlib import Path
from typing import Annotated

import typer
import yaml

from recovery import estate_check
from recovery.estate import EstateFile
from recovery.estate_file.stand_ins import moved as moved_values
from recovery.estate_file.yaml_text import read_document

app = typer.Typer(help="The estate file.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(envvar="DR_ESTATE", help="The estate file.")]
DEFAULT_ESTATE = Path("estate.yaml")
BAD_INPUT = 2


@app.command()
def check(file: File = DEFAULT_ESTATE) -> None:
    """Print what the file's keys do, which do nothing and why, and the forecast RTO."""
    report = estate_check.check(file)
    typer.echo(estate_check.render(report))
    if not report.acceptable:
        raise typer.Exit(BAD_INPUT)


@app.command()
def moved(file: File = DEFAULT_ESTATE) -> None:
    """Print the file as it is once the stand-ins have taken the regions' places, without its comments."""
    EstateFile.read(file).at_stand_ins()
    values = read_document(file).values
    told = moved_values(dict(values) if isinstance(values, dict) else {})
    typer.echo(yaml.safe_dump(told, sort_keys=False), nl=False)
