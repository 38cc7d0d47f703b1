"""`facegan augment`."""

from collections.abc import Sequence
from pathlib import Path

import click

from facegan.cli.options import MODEL_OPTION, load_model, model_attributes, parse_edit
from facegan.cli.program import Interrupted
from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import PATH, Number


@click.command(cls=ResultCommand)
@click.argument("data", type=PATH)
@click.argument("out", type=PATH)
@click.option("--set", "wishes", multiple=True, required=True, help="The edit, such as glasses=1; repeatable.")
@click.option(
    "--share",
    type=Number(min=0, max=1, min_open=True),
    default=0.2,
    show_default=True,
    help="The number of copies, relative to the number of training faces.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the choice of faces.")
@MODEL_OPTION
def augment(data: Path, out: Path, wishes: Sequence[str], share: float, seed: int, model: Path | None) -> Result:
    """Copies the prepared data set DATA to the folder OUT and adds edited copies of some training faces.

    Only faces that do not already have the requested labels are copied. The copies have the labels that are set, and
    form a source of their own.
    After an interruption, the same command resumes.

    \b
    Examples:
      facegan augment celeba128 more128 --set glasses=1 --share 0.2
      facegan augment celeba128 more128 --set age=old --set hair=gray --model run
    """
    from facegan.data.prepare import prepare
    from facegan.data.prepared import PreparedFaces
    from facegan.edited_copies import add_edited_copies
    from facegan.model_files import digest

    faces, edit = PreparedFaces(data), parse_edit(model_attributes(model), *wishes)
    source = add_edited_copies(faces, load_model(model), digest(model), edit, share, seed)
    try:
        # One process: the model would have to be loaded in each.
        augmented = prepare(source, out, faces.size, workers=1)
    except KeyboardInterrupt:
        raise Interrupted("stopped; the same command resumes") from None
    copies = len(augmented) - len(faces)
    return Result(
        {"data": out, "faces": len(augmented), "copies": copies, "set": str(edit)},
        [f"{out}: {len(augmented)} faces, {copies} of them copies with {edit}"],
    )
