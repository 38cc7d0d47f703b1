"""Identity of faces by dlib's face descriptors (King 2017), from the optional extra `identity`."""

import importlib.util
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from facegan.images import to_images

# dlib's threshold: closer descriptors belong to the same person.
SAME_PERSON = 0.6
# Descriptors are computed from 150 pixels, so smaller images are enlarged before the landmarks are located.
SIDE = 256
# The box that dlib's face detector finds, on average, in a face aligned like CelebA's: left, top, right, bottom.
_FACE = (0.235, 0.30, 0.75, 0.82)
# dlib uses one core and takes nearly a tenth of a second per face, so faces are split among processes, with at least
# this many for each.
_FACES_PER_PROCESS = 64


def available() -> bool:
    """Returns whether the extra is installed."""
    return all(importlib.util.find_spec(name) for name in ("dlib", "face_recognition_models"))


def descriptors(images: np.ndarray) -> np.ndarray:
    """Returns descriptors of aligned faces.

    Args:
        images: `(count, size, size, 3)` uint8.

    Returns:
        `(count, 128)` float64.
    """
    workers = min(os.cpu_count() or 1, len(images) // _FACES_PER_PROCESS)
    if workers < 2:
        return _descriptors(images)
    # Not multiprocessing, which would run the caller's script again.
    with ThreadPoolExecutor(workers) as pool:
        return np.concatenate(list(pool.map(_in_a_process, np.array_split(images, workers))))


def _in_a_process(images: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    np.save(file, images)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", __name__]
    done = subprocess.run(command, input=file.getvalue(), stdout=subprocess.PIPE, check=True, env=environment)
    return np.load(io.BytesIO(done.stdout))


def _descriptors(images: np.ndarray) -> np.ndarray:
    import dlib

    # The package's own functions need setuptools at run time, so its files are located directly.
    package = importlib.util.find_spec("face_recognition_models")
    assert package and package.submodule_search_locations
    folder = Path(package.submodule_search_locations[0]) / "models"
    landmarks = dlib.shape_predictor(str(folder / "shape_predictor_5_face_landmarks.dat"))
    network = dlib.face_recognition_model_v1(str(folder / "dlib_face_recognition_resnet_model_v1.dat"))
    box = dlib.rectangle(*(round(share * SIDE) for share in _FACE))
    found = []
    for image in to_images(images):
        pixels = np.asarray(image.resize((SIDE, SIDE)))
        found.append(network.compute_face_descriptor(pixels, landmarks(pixels, box)))
    return np.array(found, "float64").reshape(-1, 128)


def cosine_similarity(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Returns the cosine similarity of each pair of descriptors `(count, d)`: `(count,)`."""
    norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    return np.sum(before * after, axis=1) / norms


def same_person(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Returns whether each pair of descriptors `(count, 128)` belongs to one person: `(count,)` bool."""
    return np.linalg.norm(before - after, axis=1) < SAME_PERSON


if __name__ == "__main__":
    np.save(sys.stdout.buffer, _descriptors(np.load(io.BytesIO(sys.stdin.buffer.read()))))
