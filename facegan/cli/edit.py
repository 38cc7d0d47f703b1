"""`facegan edit`."""

import math
from pathlib import Path

import click

from facegan.cli.answers import Answer, Answering
from facegan.cli.options import MODEL_OPTION, SHOW_OPTION, all_wishes, show, understood
from facegan.cli.program import import_quietly
from facegan.cli.progress import counting_faces, progress_bar
from facegan.cli.types import FaceNumber, Strengths
from facegan.errors import FaceganError


@click.command(cls=Answering)
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--set", "wishes", multiple=True, help="What to change: glasses=1. Can be given again.")
@click.option("--say", default="", help="The same in plain words, in English or Chinese.")
@click.option(
    "--grid", help="Instead, every value of an attribute, or of two in all combinations: --grid hair,glasses.",
)
@click.option(
    "--strength", "strengths", type=Strengths(), default="1", show_default=True,
    help="0 changes nothing; above 1 exaggerates. 0:2:0.25 makes a strip.",
)
@click.option("--from", "source", help="What the faces are like now. What it leaves out, the model finds out.")
@click.option("--face", "which", type=FaceNumber(), help="Which face of a photo: 1 is the largest.  [default: 1]")
@click.option("--compare", is_flag=True, help="Put each photo as it was beside what became of it.")
@click.option("--faces-only", is_flag=True, help="Write the faces alone, aligned and of the model's size.")
@click.option("--aligned", is_flag=True, help="Take all pictures for aligned faces as they are, whatever their size.")
@click.option(
    "--out", type=click.Path(path_type=Path), default="edited.png", show_default=True,
    help="For a photo, a picture or a .gif of the edit growing; for aligned faces, a sheet of before and after or a "
    ".gif; or a folder for single files.",
)
@SHOW_OPTION
@MODEL_OPTION
def edit(images, wishes, say, grid, strengths, source, which, compare, faces_only, aligned, out, show_them, model):
    """Changes attributes of the faces in IMAGES, or in all pictures of a folder.

    In a photo, faces are looked for, and edited where they are. Squares of up to 256 pixels, and CelebA's 178x218,
    are taken for aligned faces as they are.

    \b
    Examples:
      facegan edit holiday.jpg --set glasses=1 --face all --out with-glasses.png
      facegan edit holiday.jpg --say "take off the glasses and make the hair black" --compare
      facegan edit faces/ --set age=old --strength 0.7 --out older/
      facegan edit face.png --set glasses=1 --strength 0:1.5:0.1 --out growing.gif
      facegan edit holiday.jpg --grid hair,glasses --out grid.png
    """
    from facegan.images import crop_square, find_images, open_image
    from facegan.inference import describe, load
    from facegan.photos.photo import is_aligned
    from facegan.rendering.edited_faces import write_edited, write_grid
    from facegan.rendering.edited_photos import write_edited_photos
    from facegan.rendering.output import check_output, is_animation, is_sheet

    moving = len(strengths) > 1
    if not moving and is_animation(out, moving=True) and not is_sheet(out):
        raise FaceganError("an animation needs several strengths: --strength 0:1.5:0.1")
    if grid and (wishes or say):
        raise FaceganError("--grid has edits of its own; leave out --set and --say")
    if not (grid or wishes or say):
        raise FaceganError('nothing to change: add --set glasses=1, say, or --say "take off the glasses"')
    if grid and (moving or not is_sheet(out) or len(grid.split(",")) > 2):
        raise FaceganError("a grid is a picture of one strength, of one attribute or two: --grid hair,glasses --out grid.png")
    check_output(out, moving)
    described = describe(model)
    size, wishes = described["image_size"], all_wishes(understood(say, described, editing=True), *wishes)
    paths = find_images(list(images))
    faces, whole = [], True
    for path in paths:
        picture = open_image(path)
        whole = aligned or is_aligned(picture)
        if not whole:
            break
        # Made small at once: there may be thousands of large photos.
        faces.append((path, crop_square(picture, size)))
    if whole and (which or compare):
        raise FaceganError(
            f"--face and --compare are for photos, and {paths[0]} is taken for an aligned face as it is; a sheet of faces"
            " shows before beside after"
        )
    import_quietly()
    if not whole:
        import_quietly("mtcnn")
    loaded, remarks = load(model), []
    if not whole and not faces_only and not grid:
        with progress_bar(len(paths), "editing photos") as bar:
            written, remarks = write_edited_photos(
                loaded, paths, wishes, strengths, source, out, which, compare, bar.update
            )
    else:
        if not whole:
            faces, remarks = _cut_out(paths, size, which)
        paths, pictures = map(list, zip(*faces))
        names = grid.split(",") if grid else []
        edits = math.prod(len(loaded.attributes.wishes_of(name)) for name in names) if grid else len(strengths)
        with counting_faces(loaded, len(pictures) * edits, "editing faces"):
            if grid:
                written = write_grid(loaded, paths, pictures, names, strengths[0], source, out)
            else:
                written, unchanged = write_edited(loaded, paths, pictures, wishes, strengths, source, out)
                remarks += unchanged
    for remark in remarks:
        click.echo(remark, err=True)
    if show_them:
        show(written)
    return Answer({"files": written, "set": wishes, "strength": list(strengths), "remarks": remarks}, written)


def _cut_out(paths, size, which):
    """`(path, face)` of every face of every photo, and remarks about photos that have none."""
    from facegan.photos.photo import select_faces_in_each

    faces, errors = [], []
    with progress_bar(len(paths), "looking for faces") as bar:
        for photo in select_faces_in_each(paths, size, which, bar.update):
            faces += [(photo.path, face.crop) for face in photo.faces]
            errors += [photo.error] if photo.error else []
    if not faces:
        raise errors[0]
    return faces, [str(error) for error in errors]
