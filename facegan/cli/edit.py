"""`facegan edit`."""

from pathlib import Path

import click

from facegan.cli.answers import Answer, Answering
from facegan.cli.options import (
    MODEL_OPTION,
    OVERWRITE_OPTION,
    SHOW_OPTION,
    all_wishes,
    details,
    report,
    show,
    understood,
)
from facegan.cli.program import import_quietly
from facegan.cli.progress import progress_bar
from facegan.cli.types import FaceNumber, Strengths
from facegan.errors import FaceganError


@click.command(cls=Answering)
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--set", "wishes", multiple=True, help="What to change: glasses=1; repeatable.")
@click.option("--say", default="", help="The same in plain words, in English or Chinese.")
@click.option(
    "--grid",
    help="Instead, every value of an attribute, or of two in all combinations: --grid hair,glasses.",
)
@click.option(
    "--strength",
    "strengths",
    type=Strengths(),
    default="1",
    show_default=True,
    help="0 changes nothing; above 1 exaggerates. 0:2:0.25 makes a strip.",
)
@click.option(
    "--from", "source", help="The present attributes of the faces. The model predicts those that are not given."
)
@click.option("--face", "which", type=FaceNumber(), help="Which face of a photo: 1 is the largest.  [default: 1]")
@click.option("--compare", is_flag=True, help="Put each photo beside its edit.")
@click.option("--faces-only", is_flag=True, help="Write the faces alone, aligned and of the model's size.")
@click.option(
    "--aligned/--no-aligned",
    default=None,
    help="Treat all images as aligned faces, or all as photos.  [default: decided by the position of the eyes]",
)
@click.option(
    "--out",
    type=click.Path(),
    default="edited.png",
    show_default=True,
    help="For a photo, an image or a .gif of the edit growing; for aligned faces, a sheet of before and after or a "
    ".gif; or a folder for single files (with a slash at the end).",
)
@OVERWRITE_OPTION
@SHOW_OPTION
@MODEL_OPTION
def edit(
    images, wishes, say, grid, strengths, source, which, compare, faces_only, aligned, out, overwrite, show_them, model
):
    """Edits attributes of the faces in IMAGES, or in all images of a folder.

    Faces in a photo are detected, edited and blended back. An image whose eyes lie where an aligned face has them is
    edited as a whole.

    \b
    Examples:
      facegan edit holiday.jpg --set glasses=1 --face all --out with-glasses.png
      facegan edit holiday.jpg --say "take off the glasses and make the hair black" --compare
      facegan edit faces/ --set age=old --strength 0.7 --out older/
      facegan edit face.png --set glasses=1 --strength 0:1.5:0.1 --out growing.gif
      facegan edit holiday.jpg --grid hair,glasses --out grid.png
    """
    from facegan.images import find_images
    from facegan.inference import load
    from facegan.model_files import describe, find_model
    from facegan.rendering.edited import Request, write_edits
    from facegan.rendering.output import Output, edited_names

    moving = len(strengths) > 1
    paths = find_images(images)
    if Path(out).suffix.lower() == ".gif" and not moving:
        raise FaceganError("an animation needs several strengths: --strength 0:1.5:0.1")
    if grid and (wishes or say):
        raise FaceganError("--grid has its own edits; omit --set and --say")
    if not (grid or wishes or say):
        raise FaceganError('nothing to change: add --set glasses=1 or --say "take off the glasses"')
    output = Output(out, "edit", moving, [*paths, find_model(model)], overwrite)
    if grid and (moving or not output.is_sheet or len(grid.split(",")) > 2):
        raise FaceganError(
            "a grid is an image of one strength and of one or two attributes: --grid hair,glasses --out grid.png"
        )
    if output.is_folder:
        output.check_files(name for names in edited_names(paths, strengths) for name in names)
    wishes = all_wishes(understood(say, describe(model), editing=True), *wishes)
    names = grid.split(",") if grid else ()
    request = Request(wishes, strengths, source, names, which, compare, faces_only, aligned)
    import_quietly()
    import_quietly("mtcnn")
    written = write_edits(load(model), paths, request, output, progress_bar)
    report(written)
    if show_them:
        show(written.files)
    data = {"files": written.files, "set": wishes, "strength": list(strengths), **details(written)}
    return Answer(data, written.files, written.left_out)
