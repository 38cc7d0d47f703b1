"""Face detection in photos: MTCNN (Zhang et al. 2016), with the weights of the package `mtcnn`."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# MTCNN's smallest face in pixels; version 1.0.0 finds none at all with any other size.
SMALLEST = 20
# The most that a photo's shorter side may measure; larger photos are reduced, or the search would take minutes.
SHORTER_SIDE = 800
# The thresholds of MTCNN's three stages. The usual, higher ones miss half of all drawn and painted faces; what is found
# in foliage, the landmark network sorts out.
CONFIDENCES = {"threshold_pnet": 0.4, "threshold_rnet": 0.3, "threshold_onet": 0.4}
LANDMARKS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")


@dataclass(frozen=True)
class Face:
    """A detected face.

    Attributes:
        box: left, top, width, height in pixels.
        landmarks: `(5, 2)` float, x and y in pixels, in the order of `LANDMARKS`; left is the image's left.
        confidence: 0..1.
    """

    box: tuple[int, int, int, int]
    landmarks: NDArray[np.float64]
    confidence: float


def find_faces(image: Image.Image) -> list[Face]:
    """Returns the possible faces in an RGB image of any size, the largest first."""
    if min(image.size) < SMALLEST:
        return []
    reduction = max(1.0, min(image.size) / SHORTER_SIDE)
    reduced = (max(1, round(image.width / reduction)), max(1, round(image.height / reduction)))
    pixels = np.asarray(image if reduction == 1 else image.resize(reduced, Image.Resampling.BOX))
    faces = []
    for found in _detector().detect_faces(pixels, **CONFIDENCES):
        left, top, width, height = (round(float(number) * reduction) for number in found["box"])
        landmarks = np.array([found["keypoints"][name] for name in LANDMARKS], "float64") * reduction
        faces.append(Face((left, top, width, height), landmarks, float(found["confidence"])))
    return sorted(faces, key=lambda face: face.box[2] * face.box[3], reverse=True)


@lru_cache(maxsize=1)
def _detector() -> Any:
    import keras
    from mtcnn import MTCNN

    detector = MTCNN()
    if keras.backend.backend() != "tensorflow":
        for stage in detector.stages:
            stage._model = _ReturningTensorFlow(stage.model)
    return detector


class _ReturningTensorFlow:
    """A network of `mtcnn` on another backend, with results as TensorFlow tensors, which the package expects."""

    def __init__(self, network: Any) -> None:
        self._network = network

    def __call__(self, images: Any) -> list[Any]:
        import tensorflow as tf

        return [tf.convert_to_tensor(np.asarray(output)) for output in self._network(np.asarray(images))]
