"""What the classifiers apart from the discriminator look at."""

import numpy as np
from keras import ops

from facegan.models.classifiers import build_classifiers


def test_three_see_half_of_a_face_and_three_all_of_it():
    """A chessboard of single pixels is gray to who sees half."""
    place = np.arange(64) % 2
    board = np.repeat((2.0 * (place[:, None] ^ place) - 1.0)[None, :, :, None], 3, axis=-1).astype("float32")
    classifiers = build_classifiers(6, 64, 8)
    gray, seen = (ops.convert_to_numpy(classifiers(face)) for face in (0 * board, 0.8 * board))
    assert gray.shape == (1, 6, 8) and gray.dtype == "float32"
    assert (np.abs(seen - gray).max(axis=(0, 2)) > 1e-6).tolist() == [False] * 3 + [True] * 3


def test_each_has_another_first_kernel():
    first = [layer.kernel.shape for layer in build_classifiers(6, 64, 8).layers if layer.name.startswith("conv2d")]
    kernels = sorted(shape[0] for shape in map(tuple, first) if shape[2] == 3)
    assert kernels == [3, 3, 5, 5, 7, 7]
