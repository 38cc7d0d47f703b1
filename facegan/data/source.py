"""Finds out what kind of source of faces someone means."""

from pathlib import Path

from facegan.data.celeba import celeba_source, find_celeba
from facegan.data.drawn import DRAWN, drawn_source
from facegan.data.folder import folder_source
from facegan.errors import FaceganError


def open_source(source, labels=None, count=None, seed=0):
    """Opens a source of faces.

    Args:
        source: the word `drawn`; CelebA's folder or `img_align_celeba.zip`; or any folder of pictures with a CSV.
        labels: the label file, for pictures; found by itself where it has its usual name.
        count: how many faces to draw; only for `drawn`.
        seed: of the drawn faces.

    Returns:
        A `Source`.

    Raises:
        FaceganError: there is no such source, or its labels are missing or cannot be read.
    """
    if str(source) == DRAWN:
        if labels is not None:
            raise FaceganError("drawn faces bring their own labels; leave the label file away")
        return drawn_source(count, seed)
    if count is not None:
        raise FaceganError("a number of faces can only be chosen for 'drawn'")
    source = Path(source)
    if not source.exists():
        kinds = f"a folder of pictures, CelebA's zip or the word '{DRAWN}'"
        raise FaceganError(f"{source} does not exist; a source is {kinds}")
    pictures = find_celeba(source)
    if pictures is not None:
        return celeba_source(source, pictures, labels)
    if not source.is_dir():
        raise FaceganError(f"{source} is neither a folder nor a zip of CelebA's pictures")
    return folder_source(source, labels)
