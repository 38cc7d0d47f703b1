"""Blends an edited face into its photo by adding the change, not the small face itself.

The photo keeps its sharpness and colours, and its exact pixels where nothing changed and outside the crop.

A photo has more detail than the crop, and this detail guides the enlargement of the change (guided filter, He et al.
2013, with coefficients at the small size, He and Sun 2015): darker hair keeps its strands, and the frames of glasses
hide what is behind them.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facegan.photos.align import Alignment

# The width, as a fraction of the crop's side, over which the change fades out towards the edge.
FADE = 0.12
# The side, in pixels of the crop, of the windows in which the change is modelled as a function of the face.
GUIDE_RADIUS = 3
# The variance, in squared grey levels, of a window without detail.
FLAT = 25.0
# Rows of a photo that are blended at once, because a large photo would take gigabytes as floats.
BAND = 256


def blend_edit(image: Image.Image, alignment: Alignment, before: Image.Image, after: Image.Image) -> Image.Image:
    """Returns a copy of a photo with an edited face.

    Args:
        image: RGB photo of any size.
        alignment: of the face.
        before: the crop, RGB and square.
        after: the edited crop, of the same size.
    """
    size = before.width
    guide = np.asarray(before, "float32")
    change = np.asarray(after, "float32") - guide
    fade = _fade(size)[..., None]
    left, top, right, bottom = np.clip(alignment.bounding_box(), 0, [*image.size, *image.size])
    if right <= left or bottom <= top:
        return image.copy()
    # The inverse of the alignment, from pixels of the photo to pixels of the crop.
    square = alignment.side**2
    across, down = alignment.across * size / square, alignment.down * size / square
    x = left - alignment.left
    faded_change, faded_slope = fade * change, fade * _slope(guide, change)
    pixels = np.array(image)
    for start in range(top, bottom, BAND):
        part = pixels[start : min(start + BAND, bottom), left:right]
        y = start - alignment.top
        matrix = (across, down, across * x + down * y, -down, across, across * y - down * x)
        shape = (part.shape[1], part.shape[0])
        detail = part - _enlarged(guide, shape, matrix)
        changed = part + _enlarged(faded_change, shape, matrix) + _enlarged(faded_slope, shape, matrix) * detail
        part[:] = np.clip(np.rint(changed), 0, 255)
    return Image.fromarray(pixels)


def _enlarged(values: NDArray[np.float32], shape: tuple[int, int], matrix: tuple[float, ...]) -> NDArray[np.float32]:
    """Samples a crop's values `(size, size, channels)` at the positions to which a matrix maps pixels of the photo."""
    channels = [Image.fromarray(channel) for channel in np.moveaxis(values, -1, 0)]
    warped = [each.transform(shape, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC) for each in channels]
    return np.stack([np.asarray(each) for each in warped], axis=-1)


def _slope(guide: NDArray[np.float32], change: NDArray[np.float32]) -> NDArray[np.float32]:
    """The slope of the local linear model of the change, from -1, which hides all detail, to 1, which doubles it.

    Formula 5 of He et al. 2013, for each channel separately, averaged over the windows around a pixel (formula 8).
    """
    mean_guide, mean_change = _mean(guide), _mean(change)
    covariance = _mean(guide * change) - mean_guide * mean_change
    variance = _mean(guide * guide) - mean_guide**2
    return np.clip(_mean(covariance / (variance + FLAT)), -1, 1)


def _mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean over the window around each pixel of `(size, size, channels)`; edge pixels repeat beyond the edge."""
    width = 2 * GUIDE_RADIUS + 1
    padded = np.pad(values, ((GUIDE_RADIUS, GUIDE_RADIUS),) * 2 + ((0, 0),), "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (width, width), axis=(0, 1))
    return windows.mean(axis=(-2, -1), dtype="float32")


def _fade(size: int) -> NDArray[np.float32]:
    """Weights `(size, size)`: 1 in the middle, 0 at the edge, with a cosine slope between."""
    positions = (np.arange(size) + 0.5) / size
    slope = np.clip(np.minimum(positions, 1 - positions) / FADE, 0, 1)
    slope = (1 - np.cos(math.pi * slope)) / 2
    return np.minimum(slope[:, None], slope[None, :]).astype("float32")
