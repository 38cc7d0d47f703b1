"""An edited face back into its photo: not the small face itself, but what the edit has changed in it.

So the photo keeps its sharpness and its colours, and where nothing was changed, or outside the crop, its very pixels.
"""

import math

import numpy as np
from PIL import Image

# The part of the crop's side over which the change fades out towards its edge.
FADE = 0.12


def blend_edit(picture, alignment, before, after):
    """The photo with an edited face.

    Args:
        picture: RGB `PIL.Image`.
        alignment: `Alignment` of the face.
        before, after: the crop and what the model made of it, RGB `PIL.Image`s of the same square size.

    Returns:
        A new `PIL.Image` of the photo's size.
    """
    size = before.width
    change = (np.asarray(after, "float32") - np.asarray(before, "float32")) * _fade(size)[..., None]
    left, top, right, bottom = np.clip(alignment.bounding_box(), 0, [*picture.size, *picture.size])
    if right <= left or bottom <= top:
        return picture.copy()
    # From pixels of the photo to those of the crop: the alignment turned round.
    square = alignment.side**2
    across, down = alignment.across * size / square, alignment.down * size / square
    x, y = left - alignment.left, top - alignment.top
    matrix = (across, down, across * x + down * y, -down, across, across * y - down * x)
    shape = (int(right - left), int(bottom - top))
    warped = [
        Image.fromarray(channel).transform(shape, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
        for channel in np.moveaxis(change, -1, 0)
    ]
    pixels = np.array(picture)
    part = pixels[top:bottom, left:right]
    part[:] = np.clip(np.rint(part + np.stack(warped, axis=-1)), 0, 255).astype("uint8")
    return Image.fromarray(pixels)


def _fade(size):
    """`(size, size)`: 1 in the middle, 0 at the edge, and a smooth slope between."""
    places = (np.arange(size) + 0.5) / size
    slope = np.clip(np.minimum(places, 1 - places) / FADE, 0, 1)
    slope = (1 - np.cos(math.pi * slope)) / 2
    return np.minimum(slope[:, None], slope[None, :]).astype("float32")
