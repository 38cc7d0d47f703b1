"""Sources that frame faces differently: the positions of the eyes, and alignment as in CelebA."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from facegan.data.base import Source
from facegan.data.readers import ImageReader, check_size
from facegan.errors import FaceganError
from facegan.images import crop_square, square_crop_box
from facegan.photos.align import LARGEST_DISAGREEMENT, TEMPLATE, Alignment, align_faces, refine_landmarks
from facegan.photos.detect import Face
from facegan.photos.landmarks import SIZE, find_landmarks

SAMPLE = 100
EYE_POINTS = slice(0, 2)
# As fractions of the side: how far the eyes of an aligned source may be from the template, and how much larger or
# smaller its faces may be. CelebA, and LFW cropped like it, differ by up to 0.01 and 0.045; FFHQ by 0.03 and 0.083.
LARGEST_SHIFT, LARGEST_SCALING = 0.02, 0.06
# The smallest fraction of an aligned crop that must be inside the image; beyond the image its edge is repeated. FFHQ's
# faces have 0.67 and more, those of UTKFace 0.32 to 0.39.
LEAST_COVERED = 0.6
_GRID = 32


@dataclass(frozen=True)
class Framing:
    """The median positions of a source's eyes, as fractions of the side, and the size of its faces.

    Attributes:
        left, right: `x` of both eyes.
        height: `y` of the eyes.
        scale: the side of an aligned crop; above 1 where faces are larger than in the template.
    """

    left: float
    right: float
    height: float
    scale: float

    @property
    def is_aligned(self) -> bool:
        """Whether the faces are framed like the template."""
        shift = ((self.left + self.right) / 2, self.height) - TEMPLATE[EYE_POINTS].mean(axis=0)
        return bool(np.linalg.norm(shift) <= LARGEST_SHIFT and abs(self.scale - 1) <= LARGEST_SCALING)

    def __str__(self) -> str:
        return f"eyes at {self.left:.2f} and {self.right:.2f} of the width, {self.height:.2f} of the height"


def framing(images: ImageReader, all_names: Sequence[str]) -> Framing | None:
    """Measures the framing of a sample of a source's images; None if too few faces have landmarks."""
    names = [all_names[index] for index in np.linspace(0, len(all_names) - 1, SAMPLE).astype(int)]
    faces = [crop_square(image, 2 * SIZE) for image in _open_all(images, dict.fromkeys(names))]
    if not faces:
        return None
    landmarks, _ = find_landmarks([face.resize((SIZE, SIZE)) for face in faces])
    # A second time, upright: the network is most accurate for faces positioned as in its training data.
    upright = [Alignment.from_landmarks(points * 2 * SIZE) for points in landmarks]
    crops = [alignment.crop(face, SIZE) for alignment, face in zip(upright, faces, strict=True)]
    found, disagreements = find_landmarks(crops)
    sure = disagreements <= LARGEST_DISAGREEMENT
    if 2 * sure.sum() < len(faces):
        return None
    in_photos = [alignment.to_photo(points) for alignment, points in zip(upright, found, strict=True)]
    points = np.stack(in_photos)[sure] / (2 * SIZE)
    (left, height), (right, other_height) = np.median(points[:, EYE_POINTS], axis=0)
    scale = np.median([Alignment.from_landmarks(face).side for face in points])
    return Framing(float(left), float(right), float(height + other_height) / 2, float(scale))


def _open_all(images: ImageReader, names: Iterable[str]) -> Iterator[Image.Image]:
    for name in names:
        try:
            yield images.open(name)
        except FaceganError:
            continue


def align_alike(source: Source, always: bool = False) -> Source:
    """Returns a source with every face aligned by its landmarks, if it frames faces differently from CelebA.

    Args:
        source: a source. Drawn faces are always aligned.
        always: whether to align the faces wherever their eyes lie.

    Returns:
        The source itself, or one that aligns faces when it reads them; `description` and `remarks` record this.

    Raises:
        FaceganError: the faces fill their images, so that aligned crops would have no hair.
    """
    if not isinstance(source.read, ImageReader):
        return source
    measured = framing(source.read, source.names)
    if not always and (measured is None or measured.is_aligned):
        return source
    if measured and measured.scale**-2 < LEAST_COVERED:
        raise FaceganError(
            f"faces in {source.description['name']} are cropped too tightly to be aligned ({measured}): most of the"
            " hair would be missing; leave this source out, or use --no-align"
        )
    remark = "faces are aligned by their landmarks" + (f", since they have {measured}" if measured else "")
    return replace(
        source,
        read=AligningReader(source.read),
        description=source.description | {"aligned": True},
        remarks=(*source.remarks, remark),
    )


@dataclass(frozen=True)
class AligningReader(ImageReader):
    """Reads images with another reader and aligns the face in each, which is searched for only if it is not aligned.

    Attributes:
        images: the other reader.
    """

    images: ImageReader

    def open(self, name: str) -> Image.Image:
        """Returns the whole image."""
        return self.images.open(name)

    def __call__(self, name: str, size: int) -> Image.Image:
        """Returns the face as a `size` x `size` RGB image; `FaceganError` if there is none or it is too small."""
        image = self.open(name)
        left, top, right, bottom = square_crop_box(image)
        expected = Face((left, top, right - left, bottom - top), (left, top) + (right - left) * TEMPLATE, 1.0)
        landmarks = refine_landmarks(image, expected)
        if landmarks is not None:
            alignment = Alignment.from_landmarks(landmarks)
        else:
            found = align_faces(image)
            if not found:
                raise FaceganError(f"no face found in {name}")
            alignment = found[0][1]
        if _covered(image, alignment) < LEAST_COVERED:
            raise FaceganError(f"the face in {name} is too close to the edge of the image")
        check_size(name, alignment.side, size)
        return alignment.crop(image, size)


def _covered(image: Image.Image, alignment: Alignment) -> float:
    """Returns the fraction of an aligned crop that is inside the image."""
    steps = (np.arange(_GRID) + 0.5) / _GRID
    points = alignment.to_photo(np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2))
    return ((points >= 0) & (points <= image.size)).all(axis=1).mean()
