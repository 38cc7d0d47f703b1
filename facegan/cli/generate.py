"""`facegan generate`."""

import os
from pathlib import Path

import click
from click.core import ParameterSource

from facegan.cli.answers import Answer, Answering
from facegan.cli.options import MODEL_OPTION, OVERWRITE_OPTION, SHOW_OPTION, all_wishes, show, understood
from facegan.cli.program import import_quietly
from facegan.cli.progress import counting_faces
from facegan.errors import FaceganError


@click.command(cls=Answering)
@click.option(
    "--attrs",
    default="",
    help="Attributes of the faces, as in the examples. Others are drawn with the frequencies of the training data.",
)
@click.option("--text", default="", help="The same in plain words, in English or Chinese.")
@click.option("--count", type=click.IntRange(min=1), default=16, show_default=True, help="The number of faces.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="The same seed gives the same faces.  [default: a new one, printed]",
)
@click.option(
    "--like",
    type=click.Path(path_type=Path),
    help="An image that facegan generated: reuse its description, count, seed and edits unless others are given.",
)
@click.option("--then", multiple=True, help="Then edit the faces: one column of the sheet per edit; repeatable.")
@click.option(
    "--out",
    type=click.Path(),
    default="faces.png",
    show_default=True,
    help="An image for a labelled sheet, or a folder for single files (with a slash at the end).",
)
@click.option("--walk", is_flag=True, help="An animation, .gif or .webp, from each face to the next.")
@OVERWRITE_OPTION
@SHOW_OPTION
@MODEL_OPTION
def generate(attrs, text, count, seed, like, then, out, walk, overwrite, show_them, model):
    """Generates faces from a description and, with --then, edits them.

    \b
    Examples:
      facegan generate --attrs "gender=female,age=young,glasses=1,hair=blond" --count 16 --seed 7
      facegan generate --attrs "male, glasses" --then "glasses=0" --then "hair=black" --out steps.png
      facegan generate --text "a young blonde woman with glasses"
      facegan generate --like steps.png --count 100 --out more/
      facegan generate --attrs female --count 5 --walk --out walk.gif
    """
    from facegan.inference import load
    from facegan.model_files import describe, find_model
    from facegan.rendering.generated_faces import FRAMES, write_generated, write_walk
    from facegan.rendering.output import Output

    output = Output(out, "generate", walk, [find_model(model), *([like] if like else [])], overwrite)
    if walk and (then or not output.is_animation):
        raise FaceganError("a walk is an animation without edits: choose a .gif or .webp with --out, and omit --then")
    if like:
        made = _like(like)
        source = click.get_current_context().get_parameter_source

        def given(name):
            return source(name) is not ParameterSource.DEFAULT

        attrs = attrs if given("attrs") or given("text") else made["attrs"]
        count, seed, then = (
            value if given(name) else made[name] for name, value in (("count", count), ("seed", seed), ("then", then))
        )
    attrs = all_wishes(understood(text, describe(model), editing=False), attrs)
    import_quietly()
    if seed is None:
        seed = int.from_bytes(os.urandom(4), "little")
        click.echo(f"seed {seed}", err=True)
    loaded = load(model)
    faces = (count - 1) * FRAMES + 1 if walk else count * (1 + len(then))
    with counting_faces(loaded, faces, "generating faces"):
        if walk:
            written = write_walk(loaded, attrs, count, seed, output)
        else:
            written = write_generated(loaded, attrs, count, seed, then, output)
    if show_them:
        show(written)
    return Answer({"files": written, "attrs": attrs, "count": count, "seed": seed, "then": list(then)}, written)


def _like(path):
    from facegan.provenance import read_provenance

    made = read_provenance(path)
    if "seed" not in made:
        raise FaceganError(f"{path} was edited, not generated")
    return made
