"""Photos of people with the eyes of others, glasses or not, who are then known without them, too.

Who takes glasses off a photo has no picture of what was behind them. Where real glasses have been laid onto a plain face,
there is one; and a classifier that has seen them on everybody does not take them for age or gender.
"""

import numpy as np

from facegan.regions import soft_oval

# Of faces aligned as CelebA's are: where glasses are, as shares of the picture's side; across and down.
_MIDDLE = np.array([0.5, 0.455])
_HALF = np.array([0.27, 0.115])
_JITTER = 0.08  # of the half, more or less
_SOFTNESS = 0.25  # of the border, as a share of the half
_REACH = 0.06  # how far the border's colours are carried inwards, as a share of the side


def with_eyes_of(face, other, random):
    """A face with the eyes of another one, in its own light.

    The difference of both along the border is carried on into the inside (a rough solution of what Pérez et al. 2003,
    Poisson image editing, solve exactly), so that no seam tells that they are another's.

    Args:
        face, other: `(size, size, 3)` uint8, aligned.
        random: `numpy.random.Generator`: how large the part is that is taken over.

    Returns:
        `(size, size, 3)` uint8.
    """
    size = len(face)
    half = _HALF * (1 + random.uniform(-_JITTER, _JITTER, 2))
    taken = soft_oval(size, _MIDDLE, half, 4, _SOFTNESS)[..., None]
    border = ((0 < taken) & (taken < 1)).astype("float32")
    difference = face.astype("float32") - other
    carried = _blurred(difference * border, _REACH * size) / (_blurred(border, _REACH * size) + 1e-6)
    return np.clip(face + taken * (carried - difference), 0, 255).astype("uint8")


def _blurred(picture, deviation):
    """Each channel of `(size, size, channels)` blurred by a Gaussian; beyond the picture it is black."""
    places = np.arange(len(picture))
    weights = np.exp(-((places[:, None] - places) ** 2) / (2 * deviation**2)).astype("float32")
    return np.einsum("ij,jkc,lk->ilc", weights, picture, weights, optimize=True)
