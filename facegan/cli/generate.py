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
    "--attrs", default="",
    help="What the faces shall be like, as in the examples. The rest is drawn as it occurs in the training data.",
)
@click.option("--text", default="", help="The same in plain words, in English or Chinese.")
@click.option("--count", type=click.IntRange(min=1), default=16, show_default=True, help="How many faces.")
@click.option(
    "--seed", type=click.IntRange(min=0),
    help="The same seed gives the same faces.  [default: a new one, printed]",
)
@click.option(
    "--like", type=click.Path(path_type=Path),
    help="An image that facegan generated: its description, count, seed and edits, where no other are given.",
)
@click.option("--then", multiple=True, help="Then edit them: an edit, one column in the sheet. Can be given again.")
@click.option(
    "--out", type=click.Path(), default="faces.png", show_default=True,
    help="An image for a labelled sheet, or a folder for single files (with a slash at the end).",
)
@click.option("--walk", is_flag=True, help="An animation, .gif or .webp, that walks from each face to the next.")
@OVERWRITE_OPTION
@SHOW_OPTION
@MODEL_OPTION
def generate(attrs, text, count, seed, like, then, out, walk, overwrite, show_them, model):
    """Makes faces from a description; and, with --then, edits what was made.

    \b
    Examples:
      facegan generate --attrs "gender=female,age=young,glasses=1,hair=blond" --count 16 --seed 7
      facegan generate --attrs "male, glasses" --then "glasses=0" --then "hair=black" --out steps.png
      facegan generate --text "a young blonde woman with glasses"
      facegan generate --like steps.png --count 100 --out more/
      facegan generate --attrs female --count 5 --walk --out walk.gif
    """
    from facegan.inference import describe, find_model, load
    from facegan.rendering.generated_faces import FRAMES, write_generated, write_walk
    from facegan.rendering.output import Output

    output = Output(out, "generate", walk, [find_model(model), *([like] if like else [])], overwrite)
    if walk and (then or not output.is_animation):
        raise FaceganError("a walk is an animation without edits: name a .gif or .webp with --out, and leave out --then")
    if like:
        made = _like(like)
        given = lambda name: click.get_current_context().get_parameter_source(name) is not ParameterSource.DEFAULT
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
    with counting_faces(loaded, faces, "making faces"):
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
