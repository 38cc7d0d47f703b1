"""`facegan edit`."""

from collections.abc import Sequence
from pathlib import Path

import click

from facegan.cli.options import (
    MODEL_OPTION,
    OVERWRITE_OPTION,
    SHOW_OPTION,
    interpret,
    load_model,
    model_attributes,
    parse_edit,
    report,
    show,
)
from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import PATH, FaceNumber, Strengths
from facegan.errors import FaceganError


@click.command(cls=ResultCommand)
@click.argument("images", nargs=-1, required=True, type=PATH)
@click.option(
    "--set",
    "wishes",
    multiple=True,
    help="An edit, such as glasses=1, or glasses=1:1.5 to set its own strength; repeatable.",
)
@click.option("--say", default="", help="An edit in plain English or Chinese.")
@click.option("--grid", help="Show every value of one attribute, or every combination of two, such as hair,glasses.")
@click.option(
    "--strength",
    "strengths",
    type=Strengths(),
    default="1",
    show_default=True,
    help="0 changes nothing; values above 1 exaggerate. 0:2:0.25 makes a strip of several strengths.",
)
@click.option(
    "--from", "source", default="", help="Known attributes of the faces before the edit; the model predicts all others."
)
@click.option("--force", is_flag=True, help="Edit a face even if the model predicts that it already has the attribute.")
@click.option("--face", "which", type=FaceNumber(), help="Which face of a photo: 1 is the largest.  [default: 1]")
@click.option("--compare", is_flag=True, help="Show each photo beside its edit.")
@click.option("--faces-only", is_flag=True, help="Write only the faces, aligned, at the model's size.")
@click.option(
    "--aligned/--no-aligned",
    default=None,
    help="Treat all images as aligned faces, or all as photos.  [default: decided by the positions of the eyes]",
)
@click.option(
    "--out",
    type=click.Path(),
    default="edited.png",
    show_default=True,
    help="For a photo, an image, or a .gif that animates the edit; for aligned faces, a sheet of before and after, or "
    "a .gif. A name that ends with a slash is a folder for single files.",
)
@OVERWRITE_OPTION
@SHOW_OPTION
@MODEL_OPTION
def edit(
    images: Sequence[Path], wishes: Sequence[str], say: str, grid: str | None, strengths: Sequence[float],
    source: str, force: bool, which: int | str | None, compare: bool, faces_only: bool, aligned: bool | None, out: str,
    overwrite: bool, show_them: bool, model: Path | None,
) -> Result:  # fmt: skip
    """Edits attributes of the faces in IMAGES, or in all images of a folder.

    Detects the faces in a photo, edits them and blends them back. An image whose eyes are in the positions of an
    aligned face is edited as a whole.

    \b
    Examples:
      facegan edit holiday.jpg --set glasses=1 --face all --out with-glasses.png
      facegan edit holiday.jpg --say "take off the glasses and make the hair black" --compare
      facegan edit faces/ --set age=old --strength 0.7 --out older/
      facegan edit face.png --set glasses=1 --strength 0:1.5:0.1 --out growing.gif
      facegan edit holiday.jpg --grid hair,glasses --out grid.png
    """
    from facegan.edits import Edit
    from facegan.images import find_images
    from facegan.model_files import find_model
    from facegan.rendering.edited import write_edits
    from facegan.rendering.output import Output, edited_names
    from facegan.rendering.request import Request

    moving = len(strengths) > 1
    paths = find_images(images)
    if Path(out).suffix.lower() == ".gif" and not moving:
        raise FaceganError("an animation needs several strengths, such as --strength 0:1.5:0.1")
    if grid and (wishes or say):
        raise FaceganError("--grid defines its own edits; omit --set and --say")
    if not (grid or wishes or say):
        raise FaceganError('nothing to change: add --set glasses=1 or --say "take off the glasses"')
    output = Output(out, "edit", moving, [*paths, find_model(model)], overwrite)
    if grid and (moving or not output.is_sheet or len(grid.split(",")) > 2):
        raise FaceganError(
            "a grid is an image with one strength and one or two attributes, as in --grid hair,glasses --out grid.png"
        )
    attributes = model_attributes(model)
    options = {"which": which, "compare": compare, "faces_only": faces_only, "aligned": aligned}
    if grid:
        wanted = Edit.parse(attributes, source=source, strength=strengths[0])
        request = Request.grid(attributes, grid.split(","), wanted, **options)
    else:
        wanted = parse_edit(attributes, interpret(say, attributes, editing=True), *wishes, source=source, force=force)
        request = Request.strip(wanted, strengths, **options)
    if output.is_folder:
        output.check_files(name for names in edited_names(paths, request.edits) for name in names)
    with output.reserved():
        written = write_edits(load_model(model), paths, request, output)
    details = report(written)
    if show_them:
        show(written.files)
    data = {"files": written.files, "set": str(wanted), "strength": list(strengths), **details}
    return Result(data, written.files, written.left_out)
