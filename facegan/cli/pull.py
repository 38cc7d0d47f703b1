"""`facegan pull`."""

from pathlib import Path

import click

from facegan.cli.options import OVERWRITE_OPTION, load_model
from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import PATH


@click.command(cls=ResultCommand)
@click.argument("repository")
@click.argument("out", type=PATH)
@OVERWRITE_OPTION
def pull(repository: str, out: Path, overwrite: bool) -> Result:
    """Downloads a model from the REPOSITORY owner/name on the Hugging Face hub to the file OUT, NAME.keras.

    The file is validated like every model file, and kept only if the model works. Loading it runs no code. Its card is
    saved as NAME.md. Needs facegan[hub].

    \b
    Examples:
      facegan pull anna/smiles smiles.keras
      facegan generate --model smiles.keras --count 16
      facegan pull anna/smiles smiles.keras --overwrite
    """
    from facegan import hub

    path = hub.pull(repository, out, overwrite, load_model)
    return Result({"model": path}, [path])
