"""Blending an edited face into its photo: not the small face itself, but what the edit has changed in it.

So the photo keeps its sharpness and colours, and its very pixels where nothing has changed and outside the crop.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facegan.photos.align import Alignment

# The share of the crop's side over which the change fades out towards the edge.
FADE = 0.12


def blend_edit(image: Image.Image, alignment: Alignment, before: Image.Image, after: Image.Image) -> Image.Image:
    """Returns a copy of a photo with an edited face.

    Args:
        image: RGB photo of any size.
        alignment: of the face.
        before: the crop, RGB and square.
        after: the edited crop, of the same size.
    """
    size = before.width
    change = (np.asarray(after, "float32") - np.asarray(before, "float32")) * _fade(size)[..., None]
    left, top, right, bottom = np.clip(alignment.bounding_box(), 0, [*image.size, *image.size])
    if right <= left or bottom <= top:
        return image.copy()
    # The inverse of the alignment, from pixels of the photo to pixels of the crop.
    square = alignment.side**2
    across, down = alignment.across * size / square, alignment.down * size / square
    x, y = left - alignment.left, top - alignment.top
    matrix = (across, down, across * x + down * y, -down, across, across * y - down * x)
    shape = (int(right - left), int(bottom - top))
    warped = [
        np.asarray(Image.fromarray(channel).transform(shape, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC))
        for channel in np.moveaxis(change, -1, 0)
    ]
    pixels = np.array(image)
    part = pixels[top:bottom, left:right]
    part[:] = np.clip(np.rint(part + np.stack(warped, axis=-1)), 0, 255).astype("uint8")
    return Image.fromarray(pixels)


def _fade(size: int) -> NDArray[np.float32]:
    """Weights `(size, size)`: 1 in the middle, 0 at the edge, with a cosine slope between."""
    places = (np.arange(size) + 0.5) / size
    slope = np.clip(np.minimum(places, 1 - places) / FADE, 0, 1)
    slope = (1 - np.cos(math.pi * slope)) / 2
    return np.minimum(slope[:, None], slope[None, :]).astype("float32")
