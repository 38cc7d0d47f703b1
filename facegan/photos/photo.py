"""A photo and the faces that are to be edited in it."""

from dataclasses import dataclass

from facegan.errors import FaceganError
from facegan.images import CELEBA_SIZE, crop_square, open_image, square_crop_box
from facegan.photos.align import Alignment, align_faces
from facegan.photos.blend import blend_edit

# Pixels. Nobody's camera makes smaller squares; facegan and its like do.
LARGEST_ALIGNED = 256
# A face is enlarged at most this much for a model; beyond it, there is nothing to be seen in it.
LARGEST_ENLARGEMENT = 2.0
ALL = "all"


@dataclass(frozen=True)
class PhotoFace:
    """A face in a photo.

    Attributes:
        number: 1 for the largest face of the photo.
        alignment: `Alignment`.
        crop: the face alone, aligned as the training data is: a square RGB `PIL.Image` of the model's size.
    """

    number: int
    alignment: Alignment
    crop: object


@dataclass(frozen=True)
class PhotoFaces:
    """A photo in which faces were looked for.

    Attributes:
        path: the photo's.
        picture: RGB `PIL.Image`; None if it could not be opened.
        faces: the `PhotoFace`s to be edited.
        count: how many faces there are in it.
        error: why there is none to be edited, a `FaceganError`, or None.
    """

    path: object
    picture: object
    faces: list
    count: int
    error: object


def is_aligned(picture):
    """Whether a picture is taken for an aligned face as it is: a square of up to 256 pixels, or one of 178x218."""
    return picture.size == CELEBA_SIZE or (picture.width == picture.height <= LARGEST_ALIGNED)


def select_faces(picture, size, which=None, name="the photo"):
    """The faces of a photo that are to be edited.

    Args:
        picture: RGB `PIL.Image`. An aligned face counts as a photo of one face.
        size: the model's, in pixels.
        which: `"all"`, a number from 1 for the largest, or None, which is 1.
        name: what to call the photo in errors.

    Returns:
        A list of `PhotoFace`, the largest first, and how many faces there are in the photo.

    Raises:
        FaceganError: no face, no face of that number, or one that is too small; with `"all"`, all of them are.
    """
    if is_aligned(picture):
        left, top, right, _ = square_crop_box(picture)
        whole = Alignment(right - left, 0, left, top)
        return [PhotoFace(1, whole, crop_square(picture, size))], 1
    found = align_faces(picture)
    if not found:
        raise FaceganError(
            f"no face found in {name} ({picture.width}x{picture.height} pixels); `facegan edit --aligned` takes a"
            " picture for a face as it is"
        )
    if which not in (None, ALL) and which > len(found):
        raise FaceganError(f"there is no face {which} in {name}: {len(found)} found")
    numbers = range(1, len(found) + 1) if which == ALL else [which or 1]
    chosen = [(number, *found[number - 1]) for number in numbers]
    large = [(number, place) for number, _, place in chosen if place.side * LARGEST_ENLARGEMENT >= size]
    if not large:
        number, face, place = chosen[0]
        needed = round(face.box[2] * size / LARGEST_ENLARGEMENT / place.side)
        raise FaceganError(f"face {number} in {name} is {face.box[2]} pixels wide; this model needs {needed}")
    return [PhotoFace(number, place, place.crop(picture, size)) for number, place in large], len(found)


def select_faces_in_each(paths, size, which, tick=lambda photos: None):
    """`select_faces` of many photos, each opened when its turn comes.

    Args:
        paths: of the photos.
        size, which: as for `select_faces`.
        tick: called with 1 after each photo, for a progress bar.

    Yields:
        `PhotoFaces`.
    """
    for path in paths:
        picture = None
        try:
            picture = open_image(path)
            yield PhotoFaces(path, picture, *select_faces(picture, size, which, path), None)
        except FaceganError as error:
            yield PhotoFaces(path, picture, [], 0, error)
        tick(1)


def blend_faces(picture, faces, edited):
    """The photo with edited faces put back.

    Args:
        picture: RGB `PIL.Image`.
        faces: `PhotoFace`s.
        edited: what the model made of their crops, in the same order.
    """
    for face, after in zip(faces, edited, strict=True):
        picture = blend_edit(picture, face.alignment, face.crop, after)
    return picture
