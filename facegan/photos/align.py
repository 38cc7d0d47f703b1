"""From a face in a photo to a crop as the training data is aligned: eyes, nose and mouth always in the same places."""

import math

import numpy as np
from PIL import Image

from facegan.photos.detect import find_faces
from facegan.photos.landmarks import SIZE, find_landmarks

# Where MTCNN sees the landmarks in CelebA's aligned photos, cut to a square (the median of 600 training photos), as
# parts of the crop's side.
TEMPLATE = np.array([(0.382, 0.438), (0.607, 0.438), (0.494, 0.584), (0.393, 0.674), (0.596, 0.674)])
# How often the upright crop is cut anew from what was seen in the last one.
PASSES = 2
# As a part of the crop's side: landmarks that are further from those in the mirror image are no face's.
LARGEST_DISAGREEMENT = 0.03


class Alignment:
    """Where an upright square crop lies in a photo: a rotation, one scale and a shift.

    Args:
        across, down, left, top: the crop's point `(x, y)`, each 0..1, is the photo's
            `(left + across * x - down * y, top + down * x + across * y)`, in pixels.
    """

    def __init__(self, across, down, left, top):
        self.across, self.down, self.left, self.top = across, down, left, top

    @classmethod
    def from_landmarks(cls, landmarks):
        """The one that brings landmarks, `(5, 2)` in pixels, nearest to the template (least squares)."""
        (x, y), ones, zeros = TEMPLATE.T, np.ones(len(TEMPLATE)), np.zeros(len(TEMPLATE))
        equations = np.concatenate([np.stack([x, -y, ones, zeros], 1), np.stack([y, x, zeros, ones], 1)])
        return cls(*np.linalg.lstsq(equations, landmarks.T.reshape(-1), rcond=None)[0])

    @classmethod
    def centred_at(cls, x, y, side, angle):
        """The one of that side, in pixels, whose middle is the photo's point `(x, y)`, turned by an angle in radians."""
        across, down = side * math.cos(angle), side * math.sin(angle)
        return cls(across, down, x - (across - down) / 2, y - (across + down) / 2)

    @property
    def side(self):
        """The crop's side, in pixels of the photo."""
        return math.hypot(self.across, self.down)

    def to_photo(self, points):
        """From points of the crop, `(count, 2)` in 0..1, to pixels of the photo."""
        x, y = np.asarray(points, "float64").T
        return np.stack(
            [self.left + self.across * x - self.down * y, self.top + self.down * x + self.across * y], axis=1
        )

    def to_crop(self, points):
        """From pixels of the photo, `(count, 2)`, to points of the crop, in 0..1 where they lie in it."""
        x, y = (np.asarray(points, "float64") - (self.left, self.top)).T
        square = self.side**2
        return np.stack([(self.across * x + self.down * y) / square, (self.across * y - self.down * x) / square], axis=1)

    def bounding_box(self):
        """Left, top, right and bottom of the upright rectangle that just holds the crop; whole pixels of the photo."""
        corners = self.to_photo([(0, 0), (1, 0), (0, 1), (1, 1)])
        return (*np.floor(corners.min(axis=0)).astype(int), *np.ceil(corners.max(axis=0)).astype(int))

    def crop(self, picture, size):
        """The crop, `size` pixels wide and high; what lies beyond the photo repeats its edge.

        Args:
            picture: RGB `PIL.Image`.
        """
        left, top, right, bottom = self.bounding_box()
        # A little more, for the interpolation.
        left, top, right, bottom = left - 2, top - 2, right + 2, bottom + 2
        x = np.clip(np.arange(left, right), 0, picture.width - 1)
        y = np.clip(np.arange(top, bottom), 0, picture.height - 1)
        around = picture.crop((x[0], y[0], x[-1] + 1, y[-1] + 1))
        around = Image.fromarray(np.asarray(around)[np.ix_(y - y[0], x - x[0])])
        # Interpolation looks at the nearest pixels only: made small, a large face would be a choice among its pixels.
        finer = max(1, round(self.side / size))
        across, down = self.across / (size * finer), self.down / (size * finer)
        matrix = (across, -down, self.left - left, down, across, self.top - top)
        large = around.transform((size * finer, size * finer), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
        return large.reduce(finer) if finer > 1 else large


def align_faces(picture):
    """The faces of a picture, the largest first: a list of `(Face, Alignment)`.

    What cannot be seen as a face once more when it is upright was none.
    """
    refined = [(face, refine_landmarks(picture, face)) for face in find_faces(picture)]
    return [(face, Alignment.from_landmarks(landmarks)) for face, landmarks in refined if landmarks is not None]


def refine_landmarks(picture, face):
    """A face's landmarks, `(5, 2)` in pixels of the picture, more exact than `find_faces` has them; None if there are
    none to be seen."""
    points = face.landmarks
    for _ in range(PASSES):
        upright = Alignment.from_landmarks(points)
        (seen,), (disagreement,) = find_landmarks([upright.crop(picture, SIZE)])
        points = upright.to_photo(seen)
    return points if disagreement <= LARGEST_DISAGREEMENT else None
