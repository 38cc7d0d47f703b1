"""`facegan align`."""

from pathlib import Path

import click

from facegan.cli.answers import Answer, Answering
from facegan.cli.program import import_quietly
from facegan.cli.progress import progress_bar
from facegan.cli.types import FaceNumber
from facegan.errors import FaceganError


@click.command(cls=Answering)
@click.argument("photos", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--size", default=256, show_default=True, type=click.IntRange(32, 1024), help="Side of a face in pixels.")
@click.option("--face", "which", type=FaceNumber(), default="all", show_default=True, help="Which: 1 is the largest.")
def align(photos, out, size, which):
    """Cuts the faces out of PHOTOS, a photo or a folder, and writes them to the folder OUT, aligned like CelebA's.

    With a CSV file of labels, OUT is then what `facegan prepare` reads: own photos become training data.

    \b
    Examples:
      facegan align ~/Pictures/friends faces
      facegan align group.jpg faces --size 128 --face 1
    """
    from facegan.images import find_images
    from facegan.rendering.output import check_folder
    from facegan.rendering.edited_photos import write_aligned

    check_folder(out)
    paths = find_images([photos])
    import_quietly("mtcnn")
    with progress_bar(len(paths), "looking for faces") as bar:
        written, errors = write_aligned(paths, size, which, out, bar.update)
    for error in errors:
        click.echo(str(error), err=True)
    if not written:
        raise FaceganError(f"no face to be used in {photos}")
    return Answer(
        {"faces": written, "photos": len(paths), "left_out": [str(error) for error in errors]},
        [f"{out}: {len(written)} faces of {size}x{size} from {len(paths)} photos, {len(errors)} without"],
    )
