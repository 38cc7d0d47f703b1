"""Eyes, nose and mouth of an upright face, more accurately than the detector.

They are predicted by a small network trained on real and drawn faces (`experiments/landmarks`).
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facegan.graphs import Graph

# Side of the network's input in pixels.
SIZE = 96
# The index of each landmark in the mirror image: eyes, nose, corners of the mouth.
MIRRORED = [1, 0, 2, 4, 3]


def find_landmarks(faces: Sequence[Image.Image]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Finds the landmarks of faces that are roughly upright and centred.

    Args:
        faces: RGB images of `SIZE` by `SIZE` pixels.

    Returns:
        `(count, 5, 2)`, x and y as fractions of the side, in the order of `facegan.photos.detect.LANDMARKS`: the mean
        of the predictions for a face and its mirror image. And `(count,)`, the largest distance between the two
        predictions of a landmark, which is large if there is no face.
    """
    pixels = np.stack([np.asarray(face, "float32") for face in faces])
    predicted = _network()(images=np.concatenate([pixels, pixels[:, :, ::-1]]))["landmarks"]
    plain, mirrored = np.split(predicted.astype("float64"), 2)
    mirrored = mirrored[:, MIRRORED] * (-1, 1) + (1, 0)
    return (plain + mirrored) / 2, np.linalg.norm(plain - mirrored, axis=2).max(axis=1)


@cache
def _network() -> Graph:
    return Graph(Path(__file__).with_name("landmarks.onnx"))
