"""`facegan push`."""

from pathlib import Path

import click

from facegan.cli.options import load_model
from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import PATH


@click.command(cls=ResultCommand)
@click.argument("model", type=PATH)
@click.argument("repository")
@click.option("--report", type=PATH, help="A report of `facegan evaluate`; adds its figures to the card.")
@click.option("--private", is_flag=True, help="Create a private repository.")
def push(model: Path, repository: str, report: Path | None, private: bool) -> Result:
    """Uploads a MODEL to the REPOSITORY owner/name on the Hugging Face hub, with a model card and generated faces.

    The card is the file NAME.md beside NAME.keras; without one, it is generated from the model's record. Log in with
    `hf auth login`, or set HF_TOKEN. Needs facegan[hub]. Respect the terms of the photos that the model was trained on.

    \b
    Examples:
      facegan push run anna/smiles --report report
      facegan push run/model.keras anna/smiles --private
    """
    from facegan import hub

    address = hub.push(model, repository, report, private, load_model)
    return Result({"repository": address}, [address])
