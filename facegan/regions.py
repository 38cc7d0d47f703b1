"""Parts of an aligned face, as geometry.

All lengths are fractions of the image's side. Faces are aligned as CelebA's: the eyes are at 0.38 and 0.61 of the width
and at 0.44 of the height.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Region:
    """A box in an image, or everything but a box.

    Attributes:
        left, top, right, bottom: the edges of the box.
        is_outside: whether the region is everything outside the box.
    """

    left: float
    top: float
    right: float
    bottom: float
    is_outside: bool = False

    def mask(self, size: int) -> np.ndarray:
        """Returns the region's pixels as `(size, size)` bool, for an image with this side."""
        left, top, right, bottom = (round(share * size) for share in (self.left, self.top, self.right, self.bottom))
        inside = np.zeros((size, size), bool)
        inside[top:bottom, left:right] = True
        return ~inside if self.is_outside else inside


WHOLE = Region(0.0, 0.0, 1.0, 1.0)
EYES = Region(0.15, 0.30, 0.85, 0.62)
FACE = Region(0.18, 0.15, 0.82, 1.0)
# Hair and background: everything but the face below the hairline.
AROUND_FACE = Region(0.30, 0.32, 0.70, 0.88, is_outside=True)
