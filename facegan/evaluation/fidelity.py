"""How much of an image an edit preserves: plain functions of 8-bit images, in NumPy."""

import numpy as np

# For an unchanged image, whose ratio would be infinite; about the value for rounding to 8 bits.
HIGHEST_PSNR = 60.0
# Wang et al. 2004.
_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def psnr(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Returns the peak signal-to-noise ratio `10 log10(255^2 / mean square difference)` of each pair.

    Args:
        before: `(count, height, width, 3)` uint8.
        after: the same shape.

    Returns:
        `(count,)` decibels, at most `HIGHEST_PSNR`.

    >>> grey = np.full((1, 8, 8, 3), 100, "uint8")
    >>> psnr(grey, grey + np.uint8(10)).round(2).tolist()
    [28.13]
    """
    difference = before.astype("float64") - after
    error = np.mean(np.square(difference), axis=(1, 2, 3))
    return 10 * np.log10(255**2 / np.maximum(error, 255**2 / 10 ** (HIGHEST_PSNR / 10)))


def ssim(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Returns the structural similarity of each pair of images, as for `psnr` (Wang et al. 2004).

    The window is a Gaussian of 11 pixels and sigma 1.5; the mean is over its positions within the image and over the
    three colours.

    Returns:
        `(count,)`, 1 for equal images.
    """
    return np.array([_ssim(*pair) for pair in zip(before.astype("float64"), after.astype("float64"), strict=True)])


def _ssim(x: np.ndarray, y: np.ndarray) -> float:
    mean_x, mean_y = _blur(x), _blur(y)
    variance_x, variance_y = _blur(x * x) - mean_x**2, _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    brightness = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    structure = (2 * covariance + _C2) / (variance_x + variance_y + _C2)
    return float(np.mean(brightness * structure))


def _blur(values: np.ndarray) -> np.ndarray:
    places = np.arange(_WINDOW) - _WINDOW // 2
    window = np.exp(-(places**2) / (2 * _SIGMA**2))
    window /= window.sum()
    for axis in (0, 1):
        values = np.lib.stride_tricks.sliding_window_view(values, _WINDOW, axis) @ window
    return values


def mean_change_outside(before: np.ndarray, after: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Returns the mean absolute change of the pixels outside a region, of each pair.

    Args:
        before: `(count, size, size, 3)` uint8.
        after: the same shape.
        region: `(size, size)` bool, true where changes are allowed.

    Returns:
        `(count,)`, 0 to 255; nan where the region is the whole image.
    """
    outside = ~region
    if not outside.any():
        return np.full(len(before), np.nan)
    return np.abs(before.astype("int16") - after)[:, outside].mean(axis=(1, 2))
