"""`facegan align`."""

from pathlib import Path

import click

from facegan.cli.options import OVERWRITE_OPTION, report
from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import PATH, FaceNumber
from facegan.errors import FaceganError


@click.command(cls=ResultCommand)
@click.argument("photos", type=PATH)
@click.argument("out", type=PATH)
@click.option("--size", default=256, show_default=True, type=click.IntRange(32, 1024), help="Side of a face in pixels.")
@click.option(
    "--face", "which", type=FaceNumber(), default="all", show_default=True, help="Which face: 1 is the largest."
)
@OVERWRITE_OPTION
def align(photos: Path, out: Path, size: int, which: int | str, overwrite: bool) -> Result:
    """Crops the faces in PHOTOS, a photo or a folder, aligns them like CelebA's, and writes them to the folder OUT.

    To train on your own photos, add a CSV file of labels to OUT and run `facegan prepare`.

    \b
    Examples:
      facegan align ~/Pictures/friends faces
      facegan align group.jpg faces --size 128 --face 1
    """
    from facegan.images import find_images
    from facegan.rendering.aligned_faces import write_aligned
    from facegan.rendering.output import Output

    paths = find_images([photos])
    output = Output(f"{out}/", "align", inputs=paths, overwrite=overwrite)
    output.check_files(f"{path.stem}.png" for path in paths)
    with output.reserved():
        written = write_aligned(paths, size, which, output)
    details = report(written)
    if not written.files:
        raise FaceganError(f"no usable face in {photos}")
    count = len(written.left_out)
    return Result(
        {"faces": written.files, "photos": len(paths), **details},
        [f"{out}: {len(written.files)} faces of {size}x{size} from {len(paths)} photos, {count} without a face"],
        written.left_out,
    )
