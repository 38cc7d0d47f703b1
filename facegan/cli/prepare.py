"""`facegan prepare`."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from facegan.cli.program import Interrupted
from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import PATH
from facegan.errors import FaceganError


@click.command(cls=ResultCommand)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.argument("out", type=PATH)
@click.option("--size", default=128, show_default=True, help="Side of a face in pixels: 32, 64, 128 or 256.")
@click.option("--labels", type=PATH, help="The label file, if it is not next to the photos.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="Leave out a column of the label file; repeatable.")
@click.option("--rename", multiple=True, metavar="OLD=NEW", help="Rename a column of the label file; repeatable.")
@click.option("--count", type=click.IntRange(min=1), help="The number of faces to draw, for the source 'drawn'.")
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of the split and of drawn faces."
)
@click.option(
    "--align/--no-align",
    default=None,
    help="Align faces by their landmarks.  [default: only in sources that frame faces differently]",
)
def prepare(
    sources: Sequence[str], out: Path, size: int, labels: Path | None, ignore: Sequence[str], rename: Sequence[str],
    count: int | None, seed: int, align: bool | None,
) -> Result:  # fmt: skip
    """Reads labelled faces from each SOURCE, crops and resizes them, and writes a data set to the folder OUT.

    SOURCE is CelebA's folder or its img_align_celeba.zip, a folder of images with a CSV file of labels, or the word
    'drawn' for synthetic drawings of faces. Several sources are joined; a label that a source lacks is unknown for its
    faces. After an interruption, the same command resumes.

    \b
    Examples:
      facegan prepare ~/CelebA celeba128
      facegan prepare drawn drawn64 --size 64 --count 4000
      facegan prepare ~/CelebA ~/lfw joined128
    """
    from facegan.api import prepare as prepare_faces
    from facegan.data.split import SPLITS

    place = next((folder for folder in out.absolute().parents if folder.exists()), out)
    if not place.is_dir() or not os.access(place, os.W_OK):
        raise FaceganError(f"cannot write {out}: {place} is not a writable folder")
    renamed = dict(text.rpartition("=")[::2] for text in rename)
    if "" in renamed or "" in renamed.values():
        raise FaceganError("--rename takes OLD=NEW, the present and the new name of a column")
    try:
        faces = prepare_faces(
            sources, out, size=size, labels=labels, count=count, seed=seed, align=align, ignore=ignore, rename=renamed
        )
    except KeyboardInterrupt:
        raise Interrupted("stopped; the same command resumes") from None
    except OSError as error:
        reason = error.strerror or error
        raise FaceganError(f"cannot write {out}: {reason}; once this is fixed, the same command resumes") from error
    splits = {name: len(faces.split(name)) for name in SPLITS}
    left_out = faces.info["left_out"]
    if left_out:
        click.echo(f"{left_out} images were left out; {out / 'left_out.csv'} lists the reasons", err=True)
    values = faces.counts()
    for column, counts in values.items():
        unknown = f", {counts['unknown']} unknown" if counts["unknown"] else ""
        click.echo(f"  {column}: {counts['1']} with, {counts['0']} without{unknown}", err=True)
        if 0 in (counts["0"], counts["1"]):
            click.echo(f"  no model can learn {column}: it has only one value here", err=True)
    split = ", ".join(f"{count} {name}" for name, count in splits.items())
    return Result(
        {"data": out, "faces": len(faces), "size": size, "splits": splits, "columns": values, "left_out": left_out},
        [f"{out}: {len(faces)} faces of {size}x{size} ({split})"],
    )
