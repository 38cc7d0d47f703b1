"""Photos and the faces to be edited in them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from facegan.errors import FaceganError
from facegan.images import LoadedImage, crop_square, load_image, square_crop_box
from facegan.photos.align import Alignment, align_faces, is_aligned
from facegan.photos.blend import blend_edit

# The largest factor by which a face is enlarged for a model; smaller faces have too little detail.
LARGEST_ENLARGEMENT = 2.0
ALL = "all"


@dataclass(frozen=True)
class PhotoFace:
    """A face in a photo.

    Attributes:
        number: 1 for the largest face of the photo.
        alignment: the position of the crop in the photo.
        crop: the face, aligned like the training data: a square RGB image of the model's size.
    """

    number: int
    alignment: Alignment
    crop: Image.Image


@dataclass(frozen=True)
class PhotoFaces:
    """A photo and the faces found in it.

    Attributes:
        path: the photo's.
        photo: None if it could not be read.
        faces: those to be edited, the largest first.
        count: the number of faces in the photo.
        too_small: the number of requested faces that are too small.
        error: the reason if there is no face to be edited; otherwise None.
    """

    path: Path
    photo: LoadedImage | None
    faces: list[PhotoFace]
    count: int
    too_small: int = 0
    error: FaceganError | None = None

    def remarks(self, transparent: bool) -> list[str]:
        """Returns remarks on a photo whose faces are used: faces left out, lost transparency, and damage.

        Args:
            transparent: whether the output keeps the transparency.
        """
        if not self.photo or self.error:
            return []
        remarks = list(self.photo.remarks)
        if self.photo.alpha and not transparent:
            remarks.append("its transparency became white")
        if self.too_small:
            remarks.append(f"{self.too_small} of {self.count} faces are too small and were left out")
        return [f"{self.path}: {remark}" for remark in remarks]


def whole_face(image: Image.Image, size: int) -> PhotoFace:
    """An aligned face as it is: the centred square of an RGB image, at the model's size."""
    left, top, right, _ = square_crop_box(image)
    return PhotoFace(1, Alignment(right - left, 0, left, top), crop_square(image, size))


def select_faces(
    image: Image.Image,
    size: int,
    which: int | str | None = None,
    name: object = "the photo",
    aligned: bool | None = None,
) -> tuple[list[PhotoFace], int]:
    """Finds the faces of a photo that are to be edited.

    Args:
        image: RGB.
        size: the model's, in pixels.
        which: the number of a face, 1 for the largest, or `"all"`; None means 1.
        name: the photo's name in error messages.
        aligned: whether the image is an aligned face; None to decide by `is_aligned`.

    Returns:
        The faces, the largest first, and the number of faces in the photo. With `"all"`, those too small for the model
        are left out.

    Raises:
        FaceganError: no face, no face of that number, or it is too small; with `"all"`, all are.
    """
    if aligned or (aligned is None and is_aligned(image)):
        return [whole_face(image, size)], 1
    found = align_faces(image)
    if not found:
        raise FaceganError(
            f"no face found in {name} ({image.width}x{image.height} pixels); `facegan edit --aligned` treats it as an"
            " aligned face"
        )
    if isinstance(which, int) and which > len(found):
        raise FaceganError(f"there is no face {which} in {name}: {len(found)} found")
    numbers = range(1, len(found) + 1) if which == ALL else [int(which or 1)]
    chosen = [(number, *found[number - 1]) for number in numbers]
    large = [(number, alignment) for number, _, alignment in chosen if alignment.side * LARGEST_ENLARGEMENT >= size]
    if not large:
        number, face, alignment = chosen[0]
        needed = round(face.box[2] * size / LARGEST_ENLARGEMENT / alignment.side)
        raise FaceganError(f"face {number} in {name} is {face.box[2]} pixels wide; this model needs {needed}")
    return [PhotoFace(number, alignment, alignment.crop(image, size)) for number, alignment in large], len(found)


def select_faces_in_each(
    paths: Iterable[Path], size: int, which: int | str | None = None, aligned: bool | None = None
) -> Iterator[PhotoFaces]:
    """Yields `select_faces` of many photos, each loaded when its turn comes."""
    for path in paths:
        photo = None
        try:
            photo = load_image(path)
            faces, count = select_faces(photo.rgb, size, which, path, aligned)
            yield PhotoFaces(path, photo, faces, count, count - len(faces) if which == ALL else 0)
        except FaceganError as error:
            yield PhotoFaces(path, photo, [], 0, error=error)


def blend_faces(image: Image.Image, faces: Sequence[PhotoFace], edited: Iterable[Image.Image]) -> Image.Image:
    """Returns a copy of an RGB photo with edited crops of these faces, in the same order."""
    for face, after in zip(faces, edited, strict=True):
        image = blend_edit(image, face.alignment, face.crop, after)
    return image
