"""Where eyes, nose and mouth are in an upright face, more exactly than a detector says it.

By a small network that learnt it from real faces and from drawn ones (`experiments/landmarks`), on either backend.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

NETWORK_FILE = Path(__file__).parent / "landmarks.keras"
# Side, in pixels, of the faces that the network sees.
SIZE = 96
# The landmark that each one is in a mirror: eyes, nose, corners of the mouth.
MIRRORED = [1, 0, 2, 4, 3]


def find_landmarks(faces):
    """The landmarks of faces that are roughly upright and in the middle.

    Args:
        faces: RGB `PIL.Image`s of `SIZE` by `SIZE` pixels.

    Returns:
        `(count, 5, 2)`, x and y as parts of the side, in the order of `facegan.photos.detect.LANDMARKS`: the mean of what
        the network sees in a face and in its mirror image. And `(count,)`, how far apart the two are, at the landmark
        where they differ most: in what is no face, they have little to do with each other.
    """
    pixels = np.stack([np.asarray(face, "float32") for face in faces])
    seen = _network().predict_on_batch(np.concatenate([pixels, pixels[:, :, ::-1]]))
    plain, mirrored = np.split(np.asarray(seen, "float64"), 2)
    mirrored = mirrored[:, MIRRORED] * (-1, 1) + (1, 0)
    return (plain + mirrored) / 2, np.linalg.norm(plain - mirrored, axis=2).max(axis=1)


@lru_cache(maxsize=1)
def _network():
    import keras

    return keras.saving.load_model(NETWORK_FILE, compile=False)
