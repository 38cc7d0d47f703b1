"""Face detection in photos: the three stages of MTCNN (Zhang et al. 2016).

The networks are those of the package `mtcnn` (MIT licence), exported by `experiments/landmarks/export.py`. Everything
else that the package does in TensorFlow is done here with Pillow and NumPy; a test compares the detected faces.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facegan.graphs import Graph

# MTCNN's smallest face in pixels.
SMALLEST = 20
# The maximum length of a photo's shorter side; larger photos are reduced, because detection would take seconds.
SHORTER_SIDE = 800
# The threshold of each stage. The usual, higher thresholds miss half of all drawn and painted faces; the landmark
# network rejects false detections, such as foliage.
PROPOSED, REFINED, ACCEPTED = 0.4, 0.3, 0.4
LANDMARKS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
# Window size and stride, in pixels, of the first stage, a convolution over the photo and smaller copies of it.
_WINDOW, _STRIDE, _SHRINKING = 12, 2, 0.709


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
    size = (max(1, round(image.width / reduction)), max(1, round(image.height / reduction)))
    reduced = image if reduction == 1 else image.resize(size, Image.Resampling.BOX)
    boxes, landmarks, scores = _detect(reduced)
    boxes = np.clip(boxes, 0, np.tile(size, 2) - 1) * reduction
    faces = []
    for (left, top, right, bottom), points, score in zip(boxes, landmarks * reduction, scores, strict=True):
        faces.append(Face((round(left), round(top), round(right - left), round(bottom - top)), points, float(score)))
    return sorted(faces, key=lambda face: face.box[2] * face.box[3], reverse=True)


def _detect(image: Image.Image) -> tuple[NDArray, NDArray, NDArray]:
    """Returns boxes `(count, 4)` as left, top, right and bottom, landmarks `(count, 5, 2)` and scores `(count,)`."""
    boxes = _propose(image)
    if len(boxes):
        found = _network("rnet")(images=_crops(image, boxes, 24))
        scores = found["scores"][:, 1]
        boxes = _moved(boxes, found["boxes"])
        boxes = _square(boxes[_best(boxes, scores, REFINED, 0.7)])
    if not len(boxes):
        return boxes, np.zeros((0, 5, 2)), np.zeros(0)
    found = _network("onet")(images=_crops(image, boxes, 48))
    scores = found["scores"][:, 1]
    # All x come before all y.
    points = found["landmarks"].reshape(-1, 2, 5).transpose(0, 2, 1)
    corners, sides = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2] + 1)[:, None]
    landmarks = corners + points * sides - 1
    boxes = _moved(boxes, found["boxes"])
    best = _best(boxes, scores, ACCEPTED, 0.7, of_the_smaller=True)
    return boxes[best], landmarks[best], scores[best]


def _propose(image: Image.Image) -> NDArray:
    """The first stage: square boxes `(count, 4)` that may hold a face."""
    boxes, scores = [np.zeros((0, 4))], [np.zeros(0)]
    levels = round(np.log(min(image.size) / _WINDOW) / -np.log(_SHRINKING) - 1)
    for scale in _WINDOW / SMALLEST * _SHRINKING ** np.arange(levels):
        size = (int(image.width * scale), int(image.height * scale))
        found = _network("pnet")(images=_normalise(image.resize(size, Image.Resampling.HAMMING))[None])
        likely = found["scores"][0, :, :, 1]
        rows, columns = np.nonzero(likely > PROPOSED)
        corners = np.stack([columns, rows], axis=1) * _STRIDE + 1
        windows = np.concatenate([corners, corners + _WINDOW - 1], axis=1)
        moved = (windows + found["boxes"][0, rows, columns] * (_WINDOW - 1)) / scale
        best = _best(moved, likely[rows, columns], PROPOSED, 0.5)
        boxes.append(moved[best])
        scores.append(likely[rows, columns][best])
    every, all_scores = np.concatenate(boxes), np.concatenate(scores)
    return _square(every[_best(every, all_scores, PROPOSED, 0.7)])


def _best(boxes: NDArray, scores: NDArray, threshold: float, overlap: float, of_the_smaller: bool = False) -> NDArray:
    """Indexes of the boxes above a threshold that overlap with no better one, the best first.

    Args:
        boxes: `(count, 4)`.
        scores: `(count,)`.
        threshold: of the scores.
        overlap: the largest permitted overlap of two boxes, as a fraction of their union or of the smaller one.
        of_the_smaller: whether it is a fraction of the smaller one.
    """
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > threshold]
    boxes = boxes[order]
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    kept = []
    for index, (box, area) in enumerate(zip(boxes, areas, strict=True)):
        better = boxes[:index]
        sides = np.minimum(better[:, 2:], box[2:]) - np.maximum(better[:, :2], box[:2])
        shared = np.prod(np.maximum(sides, 0), axis=1)
        whole = np.minimum(areas[:index], area) if of_the_smaller else areas[:index] + area - shared
        if not (shared > overlap * whole).any():
            kept.append(index)
    return order[kept]


def _moved(boxes: NDArray, offsets: NDArray) -> NDArray:
    """Boxes moved by the offsets that a network predicts, in fractions of their sides."""
    return boxes + offsets * np.tile(boxes[:, 2:] - boxes[:, :2] + 1, 2)


def _square(boxes: NDArray) -> NDArray:
    """Square boxes with the same centres; the side is the longer one."""
    centres, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([centres - half, centres + half], axis=1)


def _crops(image: Image.Image, boxes: NDArray, size: int) -> NDArray[np.float32]:
    """The contents of boxes, `(count, size, size, 3)`; gray beyond the image."""
    # The outermost samples lie on the box's edges.
    steps = (boxes[:, 2:] - boxes[:, :2]) / (size - 1)
    starts = boxes[:, :2] + 0.5 - steps / 2
    extents = np.concatenate([starts, starts + size * steps], axis=1)
    shape, extent, bilinear = (size, size), Image.Transform.EXTENT, Image.Resampling.BILINEAR
    crops = [image.transform(shape, extent, tuple(each), bilinear, fillcolor="#808080") for each in extents]
    return np.stack([_normalise(crop) for crop in crops])


def _normalise(image: Image.Image) -> NDArray[np.float32]:
    return (np.asarray(image, np.float32) - np.float32(127.5)) / np.float32(128)


@cache
def _network(name: str) -> Graph:
    return Graph(Path(__file__).with_name(f"{name}.onnx"))
