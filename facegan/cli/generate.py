"""`facegan generate`."""

import os
from collections.abc import Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from facegan.cli.options import (
    MODEL_OPTION,
    OVERWRITE_OPTION,
    SHOW_OPTION,
    interpret,
    load_model,
    model_attributes,
    parse_edit,
    show,
)
from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import PATH
from facegan.errors import FaceganError


@click.command(cls=ResultCommand)
@click.option(
    "--attrs",
    default="",
    help="Attributes of the faces; all others are sampled with their frequencies in the training data.",
)
@click.option("--text", default="", help="A description in plain English or Chinese.")
@click.option("--count", type=click.IntRange(min=1), default=16, show_default=True, help="The number of faces.")
@click.option(
    "--seed", type=click.IntRange(min=0), help="The same seed gives the same faces.  [default: random, and printed]"
)
@click.option(
    "--like",
    type=PATH,
    help="Reuse the attributes, count, seed and edits of this generated image, unless others are given.",
)
@click.option("--then", multiple=True, help="A further edit, shown in its own column of the sheet; repeatable.")
@click.option(
    "--out",
    type=click.Path(),
    default="faces.png",
    show_default=True,
    help="An image file for a labelled sheet, or a folder, with a slash at the end, for single files.",
)
@click.option("--walk", is_flag=True, help="Animate from each face to the next, as .gif or .webp.")
@OVERWRITE_OPTION
@SHOW_OPTION
@MODEL_OPTION
def generate(
    attrs: str, text: str, count: int, seed: int | None, like: Path | None, then: Sequence[str], out: str, walk: bool,
    overwrite: bool, show_them: bool, model: Path | None,
) -> Result:  # fmt: skip
    """Generates faces from a description and, with --then, edits them.

    \b
    Examples:
      facegan generate --attrs "gender=female,age=young,glasses=1,hair=blond" --count 16 --seed 7
      facegan generate --attrs "male, glasses" --then "glasses=0" --then "hair=black" --out steps.png
      facegan generate --text "a young blonde woman with glasses"
      facegan generate --like steps.png --count 100 --out more/
      facegan generate --attrs female --count 5 --walk --out walk.gif
    """
    from facegan.edits import Edit
    from facegan.model_files import find_model
    from facegan.provenance import read_provenance
    from facegan.rendering.generated_faces import FRAMES, write_generated, write_walk
    from facegan.rendering.output import Output, counting_faces

    output = Output(out, "generate", walk, [find_model(model), *([like] if like else [])], overwrite)
    if walk and (then or not output.is_animation):
        raise FaceganError("a walk is an animation without edits; name a .gif or .webp with --out and omit --then")
    if like:
        made = read_provenance(like)
        if "seed" not in made:
            raise FaceganError(f"{like} was edited, not generated")
        source = click.get_current_context().get_parameter_source

        def given(name: str) -> bool:
            return source(name) is not ParameterSource.DEFAULT

        attrs = attrs if given("attrs") or given("text") else made["attrs"]
        count = count if given("count") else made["count"]
        seed = seed if given("seed") else made["seed"]
        then = then if given("then") else made["then"]
    attributes = model_attributes(model)
    wished = Edit.parse(attributes, interpret(text, attributes, editing=False), attrs)
    attributes.check_absolute(wished.wishes)
    steps = [parse_edit(attributes, step) for step in then]
    faces = (count - 1) * FRAMES + 1 if walk else count * (1 + len(then))
    if seed is None:
        seed = int.from_bytes(os.urandom(4), "little")
        click.echo(f"seed {seed}", err=True)
    with output.reserved():
        loaded = load_model(model)
        with counting_faces(loaded, faces, "generating faces"):
            if walk:
                written = write_walk(loaded, wished, count, seed, output)
            else:
                written = write_generated(loaded, wished, count, seed, steps, output)
    if show_them:
        show(written)
    faces_made = [loaded.attributes.values(condition) for condition in loaded.conditions_for(wished, count, seed)]
    data = {"files": written, "attrs": str(wished), "count": count, "seed": seed, "then": list(then)}
    return Result(data | {"faces": faces_made}, written)
