"""Where the faces in a photo are: MTCNN (Zhang et al. 2016), with the weights that the package `mtcnn` carries."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

# MTCNN's smallest face, in pixels; version 1.0.0 finds none at all when it is told another size.
SMALLEST = 20
# A photo's shorter side at most; a larger one is reduced first, or searching would take minutes.
SHORTER_SIDE = 800
# How sure each of MTCNN's three stages has to be. Lower than usual: half of all drawn and painted faces are missed else. What
# is found in foliage, the search for landmarks sorts out.
CONFIDENCES = {"threshold_pnet": 0.4, "threshold_rnet": 0.3, "threshold_onet": 0.4}
LANDMARKS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")


@dataclass(frozen=True)
class Face:
    """A face in a photo.

    Attributes:
        box: left, top, width, height in pixels.
        landmarks: `(5, 2)` float, x and y in pixels of the eye and the mouth corner on the picture's left, of those on
            its right, and of the nose's tip, in the order of `LANDMARKS`.
        confidence: 0..1.
    """

    box: tuple
    landmarks: np.ndarray
    confidence: float


def find_faces(picture):
    """What may be faces in a picture, the largest first.

    Args:
        picture: RGB `PIL.Image` of any size.

    Returns:
        A list of `Face`.
    """
    if min(picture.size) < SMALLEST:
        return []
    enlargement = max(1.0, min(picture.size) / SHORTER_SIDE)
    reduced = [max(1, round(side / enlargement)) for side in picture.size]
    pixels = np.asarray(picture if enlargement == 1 else picture.resize(reduced, Image.Resampling.BOX))
    faces = [
        Face(
            tuple(round(float(number) * enlargement) for number in found["box"]),
            np.array([found["keypoints"][name] for name in LANDMARKS], "float64") * enlargement,
            float(found["confidence"]),
        )
        for found in _detector().detect_faces(pixels, **CONFIDENCES)
    ]
    return sorted(faces, key=lambda face: face.box[2] * face.box[3], reverse=True)


@lru_cache(maxsize=1)
def _detector():
    import keras
    from mtcnn import MTCNN

    detector = MTCNN()
    if keras.backend.backend() != "tensorflow":
        for stage in detector.stages:
            stage._model = _AnsweringTensorFlow(stage.model)
    return detector


class _AnsweringTensorFlow:
    """A network of `mtcnn` on another backend than TensorFlow, whose tensors the package works with around it."""

    def __init__(self, network):
        self._network = network

    def __call__(self, images):
        import tensorflow as tf

        return [tf.convert_to_tensor(np.asarray(answer)) for answer in self._network(np.asarray(images))]
