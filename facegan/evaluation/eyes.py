"""Faces with the eyes of others, so that a judge learns what glasses alone are (after CutMix, Yun et al. 2019).

In photos of famous people, those with glasses are mostly older men, and a judge that has seen nothing else takes
glasses for age: real glasses that were pasted onto faces changed its mind about gender in a third of them.
"""

import numpy as np

from facegan.regions import soft_oval

# Of faces aligned as CelebA's are: the middle of the band, half its width and half its height, each up to so much
# more or less; as shares of the picture's side.
_MIDDLE = 0.5
_HALF = np.array([0.365, 0.135])
_JITTER = np.array([0.035, 0.025])
_SOFTNESS = 0.3  # of the border, as a share of the half


def with_eyes_of(face, other, random):
    """A face with the band around the eyes of another one.

    Args:
        face, other: `(size, size, 3)` uint8, aligned.
        random: `numpy.random.Generator`: the band's place, size and roundness, and how far its colours are matched.

    Returns:
        `(size, size, 3)` uint8.
    """
    band = _band(len(face), random)
    inside = band > 0.5
    shift = np.median(face[inside], axis=0) - np.median(other[inside], axis=0)
    # Fully matched, dark glasses would become milky; not matched at all, the band would tell the skin.
    pasted = other + random.random() * shift
    return np.clip(face + band[..., None] * (pasted - face), 0, 255).astype("uint8")


def _band(size, random):
    """`(size, size)`, 1 within the band, 0 outside, between the two at the border."""
    half = _HALF + random.uniform(-1, 1, 2) * _JITTER
    down = _MIDDLE - random.uniform(-0.02, 0.02)
    # From an ellipse to nearly a box.
    return soft_oval(size, (_MIDDLE, down), half, random.choice([2, 4, 6]), _SOFTNESS)
