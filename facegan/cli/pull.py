"""`facegan pull`."""

from pathlib import Path

import click

from facegan.cli.options import OVERWRITE_OPTION, load_model
from facegan.cli.result import Result, ResultCommand


@click.command(cls=ResultCommand)
@click.argument("repository")
@click.argument("out", type=click.Path(path_type=Path))
@OVERWRITE_OPTION
def pull(repository: str, out: Path, overwrite: bool) -> Result:
    """Reads a model from the REPOSITORY owner/name on the Hugging Face hub into the file OUT, NAME.keras.

    The model is kept only if it can be used. It runs no code, and is checked as every model file is. Its card goes to
    NAME.md. Needs facegan[hub].

    \b
    Examples:
      facegan pull anna/smiles smiles.keras
      facegan generate --model smiles.keras --count 16
      facegan pull anna/smiles smiles.keras --overwrite
    """
    from facegan import hub

    path = hub.pull(repository, out, overwrite, load_model)
    return Result({"model": path}, [path])
