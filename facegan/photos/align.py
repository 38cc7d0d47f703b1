"""Alignment of faces as in the training data: eyes, nose and mouth always at the same positions in a crop."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from facegan.images import CELEBA_SIZE, crop_square
from facegan.photos.detect import Face, find_faces
from facegan.photos.landmarks import SIZE, find_landmarks

# MTCNN's landmarks in CelebA's aligned photos, cropped to a square, as fractions of the side: the median of 600
# training photos.
TEMPLATE = np.array([(0.382, 0.438), (0.607, 0.438), (0.494, 0.584), (0.393, 0.674), (0.596, 0.674)])
# How often a crop is realigned by the landmarks found in the last one.
PASSES = 2
# The largest distance, as a fraction of the side, between a face's landmarks and those found in its mirror image.
LARGEST_DISAGREEMENT = 0.03
# How much an aligned face may differ from the template: 96% of CelebA's photos differ less, other crops more.
LARGEST_ASPECT = 1.05
LARGEST_SHIFT, LARGEST_SCALING, LARGEST_ANGLE = 0.08, 1.18, math.radians(8)


class Alignment(NamedTuple):
    """The position of an upright square crop in a photo: a similarity transform (rotation, scale and translation).

    A point `(x, y)` of the crop, each 0..1, is at `(left + across * x - down * y, top + down * x + across * y)` in the
    photo, in pixels.
    """

    across: float
    down: float
    left: float
    top: float

    @classmethod
    def from_landmarks(cls, landmarks: NDArray) -> "Alignment":
        """Returns the least-squares alignment of landmarks, `(5, 2)` in pixels, to the template."""
        (x, y), ones, zeros = TEMPLATE.T, np.ones(len(TEMPLATE)), np.zeros(len(TEMPLATE))
        equations = np.concatenate([np.stack([x, -y, ones, zeros], 1), np.stack([y, x, zeros, ones], 1)])
        return cls(*np.linalg.lstsq(equations, landmarks.T.reshape(-1), rcond=None)[0])

    @property
    def side(self) -> float:
        """The crop's side, in pixels of the photo."""
        return math.hypot(self.across, self.down)

    def to_photo(self, points: ArrayLike) -> NDArray[np.float64]:
        """Maps points of the crop, `(count, 2)` in 0..1, to pixels of the photo."""
        x, y = np.asarray(points, "float64").T
        return np.stack(
            [self.left + self.across * x - self.down * y, self.top + self.down * x + self.across * y], axis=1
        )

    def bounding_box(self) -> tuple[int, int, int, int]:
        """Returns left, top, right and bottom of the upright rectangle around the crop, in pixels of the photo."""
        corners = self.to_photo([(0, 0), (1, 0), (0, 1), (1, 1)])
        (left, top), (right, bottom) = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
        return int(left), int(top), int(right), int(bottom)

    def crop(self, image: Image.Image, size: int) -> Image.Image:
        """Returns the crop of an RGB photo, `size` pixels wide and high. Beyond the photo its edge is repeated."""
        left, top, right, bottom = self.bounding_box()
        # With a margin for the interpolation.
        left, top, right, bottom = left - 2, top - 2, right + 2, bottom + 2
        x = np.clip(np.arange(left, right), 0, image.width - 1)
        y = np.clip(np.arange(top, bottom), 0, image.height - 1)
        around = image.crop((x[0], y[0], x[-1] + 1, y[-1] + 1))
        around = Image.fromarray(np.asarray(around)[np.ix_(y - y[0], x - x[0])])
        # Interpolation uses neighbouring pixels only, so a large face is cropped at a larger size and then averaged.
        finer = max(1, round(self.side / size))
        across, down = self.across / (size * finer), self.down / (size * finer)
        matrix = (across, -down, self.left - left, down, across, self.top - top)
        large = around.transform((size * finer, size * finer), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
        return large.reduce(finer) if finer > 1 else large


def align_faces(image: Image.Image) -> list[tuple[Face, Alignment]]:
    """Finds and aligns the faces of an RGB image, the largest first; drops detections without consistent landmarks."""
    refined = [(face, refine_landmarks(image, face)) for face in find_faces(image)]
    return [(face, Alignment.from_landmarks(landmarks)) for face, landmarks in refined if landmarks is not None]


def refine_landmarks(image: Image.Image, face: Face) -> NDArray[np.float64] | None:
    """Returns a face's landmarks, `(5, 2)` in pixels, more accurate than `find_faces`; None for a false detection."""
    points = face.landmarks
    for _ in range(PASSES):
        upright = Alignment.from_landmarks(points)
        (found,), (disagreement,) = find_landmarks([upright.crop(image, SIZE)])
        points = upright.to_photo(found)
    return points if disagreement <= LARGEST_DISAGREEMENT else None


def is_aligned(image: Image.Image) -> bool:
    """Whether an RGB image is an aligned face: a square with a face positioned as in the training data.

    The size does not matter; CelebA's own aspect ratio counts as square. Without a face, the landmarks in the image and
    its mirror image disagree. An image that is not square is a photo, because cropping it would cut off its sides.
    """
    if image.size != CELEBA_SIZE and max(image.size) > LARGEST_ASPECT * min(image.size):
        return False
    (found,), (disagreement,) = find_landmarks([crop_square(image, SIZE)])
    alignment = Alignment.from_landmarks(found)
    eyes = TEMPLATE[:2]
    return bool(
        disagreement <= LARGEST_DISAGREEMENT
        and np.linalg.norm((alignment.to_photo(eyes) - eyes).mean(axis=0)) <= LARGEST_SHIFT
        and 1 / LARGEST_SCALING <= alignment.side <= LARGEST_SCALING
        and abs(math.atan2(alignment.down, alignment.across)) <= LARGEST_ANGLE
    )
