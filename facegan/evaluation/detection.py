"""Whether a face detector recognises generated faces as faces."""

import numpy as np

from facegan.images import to_images
from facegan.photos.detect import find_faces

# MTCNN's confidence from which a face counts as certain: 99 % of CelebA's photos reach it, half of them 0.999.
CONFIDENCE = 0.95


def share_detected(images: np.ndarray) -> float:
    """Returns the share of pictures `(count, size, size, 3)` uint8 that certainly show a face; nan of none."""
    if not len(images):
        return float("nan")
    best = [max((face.confidence for face in find_faces(image)), default=0.0) for image in to_images(images)]
    return float(np.mean(np.array(best) >= CONFIDENCE))
