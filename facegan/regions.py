"""Parts of an aligned face: where an attribute is to be seen, and soft ones to lay something of another face into.

All places are shares of the picture's side. Faces are aligned as CelebA's are: the eyes at 0.38 and 0.61 of the width
and 0.44 of the height.
"""

import numpy as np

# Left, top, right, bottom.
_EYES = (0.15, 0.30, 0.85, 0.62)
_FACE = (0.18, 0.15, 0.82, 1.0)
# What hair leaves free: the face below the hairline.
_INNER_FACE = (0.30, 0.32, 0.70, 0.88)


def region(attribute, size):
    """Where an edit of an attribute may change the picture.

    Args:
        attribute: its name.
        size: side of the picture in pixels.

    Returns:
        `(size, size)` bool; all True for an attribute whose place is not known, or that is everywhere (gender, age).
    """
    if attribute == "glasses":
        return _box(_EYES, size)
    if attribute == "skin":
        return _box(_FACE, size)
    if attribute == "hair":
        return ~_box(_INNER_FACE, size)
    return np.ones((size, size), bool)


def soft_oval(size, middle, half, power, softness):
    """An oval with a soft border.

    Args:
        size: side of the picture in pixels.
        middle: of the oval, across and down.
        half: half of its width and of its height.
        power: 2 for an ellipse; the larger, the nearer to a box.
        softness: how wide the border is, as a share of the half.

    Returns:
        `(size, size)` float64: 1 inside, 0 outside, 0.5 in the middle of the border.
    """
    places = (np.arange(size) + 0.5) / size
    across, down = (np.abs(places - place) / length for place, length in zip(middle, half))
    distance = (across[None] ** power + down[:, None] ** power) ** (1 / power)
    return np.clip((1 - distance) / softness + 0.5, 0, 1)


def _box(shares, size):
    left, top, right, bottom = (round(share * size) for share in shares)
    inside = np.zeros((size, size), bool)
    inside[top:bottom, left:right] = True
    return inside
