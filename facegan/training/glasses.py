"""Glasses drawn onto photos of people who wear none, and who are then known without them to the last lash.

Nobody has the same photo of one person with and without glasses. Real ones, laid on with another's eyes (`training.eyes`),
teach what glasses look like, but not what to leave alone: the eyes behind them are a stranger's. After Lyu et al. 2022,
Portrait eyeglasses and shadow removal by leveraging 3D synthetic data; flat here, since faces are aligned and small.
"""

import numpy as np

# All lengths are shares of the picture's side. Of faces aligned as CelebA's are:
_EYES = np.array([0.495, 0.445])  # the point between them, across and down
_BAND = (0.28, 0.66)  # from which height to which glasses may reach
_FINER = 3  # times as finely drawn as the picture


def with_glasses(face, random):
    """A face with glasses, of any shape, colour and darkness.

    Args:
        face: `(size, size, 3)` uint8, aligned as CelebA's are.
        random: `numpy.random.Generator`, which designs them.

    Returns:
        `(size, size, 3)` uint8.
    """
    size = len(face)
    top, bottom = (round(share * size) for share in _BAND)
    across, down = _places(size, top, bottom, random)
    lenses, rims = _lenses_and_rims(across, down, random)
    picture = face[top:bottom].astype("float32")

    # Clear, with a shine at most; or dark, more so above.
    dark = random.random() < 0.4
    opacity = random.uniform(0.45, 1.0) if dark else random.uniform(0, 0.15)
    fading = 1 - random.uniform(0, 0.6) * np.clip(down / 0.1 + 0.5, 0, 1) if dark else 1.0
    tint = random.uniform(0, 70, 3) if random.random() < 0.5 else np.repeat(random.uniform(0, 70 if dark else 255), 3)
    picture = _over(picture, tint, _coarser(lenses * opacity * fading))
    if random.random() < 0.4:
        slope, middle, width = random.uniform(-1.5, 1.5), random.uniform(-0.15, 0.15), random.uniform(0.01, 0.05)
        shine = lenses * (np.abs(across + slope * down - middle) < width) * random.uniform(0.05, 0.4)
        picture = _over(picture, random.uniform(200, 255), _coarser(shine))

    thrown = np.roll(_coarser(rims), max(1, round(random.uniform(0.005, 0.025) * size)), axis=0)
    picture *= 1 - random.uniform(0, 0.35) * thrown
    colour = random.uniform(0, 60) + random.uniform(-15, 15, 3)
    if random.random() < 0.25:
        colour = random.uniform(0, 220, 3)
    lit = colour + random.uniform(0, 70) * np.clip(-down / 0.1, 0, 1)[..., None]
    picture = _over(picture, _coarser(lit), random.uniform(0.75, 1) * _coarser(rims))
    # As soft as a photo is.
    added = picture - face[top:bottom]
    for axis in (0, 1):
        softness = random.uniform(0, 0.25)
        added = (1 - 2 * softness) * added + softness * (np.roll(added, 1, axis) + np.roll(added, -1, axis))
    made = face.copy()
    made[top:bottom] = np.clip(face[top:bottom] + added, 0, 255)
    return made


def _places(size, top, bottom, random):
    """Of each fine pixel, how far it is from the middle of the glasses, across and down, as they are turned."""
    middle = _EYES + random.normal(0, 0.008, 2) + [0, random.uniform(0, 0.025)]
    rows = (np.arange(top * _FINER, bottom * _FINER) + 0.5) / (size * _FINER) - middle[1]
    columns = (np.arange(size * _FINER) + 0.5) / (size * _FINER) - middle[0]
    angle = random.normal(0, 0.05)
    across = np.cos(angle) * columns[None] + np.sin(angle) * rows[:, None]
    return across.astype("float32"), (np.cos(angle) * rows[:, None] - np.sin(angle) * columns[None]).astype("float32")


def _lenses_and_rims(across, down, random):
    """What lies behind the lenses, and what the rims cover, with bridge and temples: 0 or 1 each."""
    apart = random.uniform(0.105, 0.13)  # from the middle to the middle of a lens
    width = random.uniform(0.06, min(apart - 0.008, 0.11))  # half of it
    height = width * random.uniform(0.6, 1.05)
    # From round to nearly a box, and narrower below (aviators) or above.
    power, taper = random.choice([2, 2.5, 3, 4, 6]), random.uniform(-0.15, 0.3)
    side = np.abs(across)
    narrowed = width * (1 - taper * np.clip(down / height, -1, 1))
    distance = (np.abs((side - apart) / narrowed) ** power + np.abs(down / height) ** power) ** (1 / power)
    thickness = 0.004 + 0.026 * random.random() ** 2
    lenses = distance < 1
    rims = lenses & (distance > 1 - thickness / min(width, height))
    if random.random() < 0.15:  # half-rimless
        rims &= down < 0
    bridge, temple = (thickness * random.uniform(0.6, 1.3) / 2 for _ in range(2))
    at_bridge, at_temple = random.uniform(-0.5, 0.1) * height, random.uniform(-0.6, 0) * height
    rims |= (distance >= 1) & (side < apart) & (np.abs(down - at_bridge - 2 * side**2) < bridge)
    end, fall = random.uniform(0.2, 0.29), random.uniform(-0.1, 0.25)
    outside = (distance >= 1) & (side > apart) & (side < end)
    rims |= outside & (np.abs(down - at_temple - fall * (side - apart - width)) < temple)
    return lenses.astype("float32"), rims.astype("float32")


def _coarser(fine):
    """The mean of each pixel's fine ones; `(rows, columns, channels)`."""
    rows, columns = (side // _FINER for side in fine.shape[:2])
    return fine.reshape(rows, _FINER, columns, _FINER, -1).mean(axis=(1, 3))


def _over(picture, colour, opacity):
    return picture + opacity * (colour - picture)
