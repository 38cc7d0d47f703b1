"""Eyes, nose and mouth are found in upright faces, and in nothing else."""

import numpy as np
import pytest
from PIL import Image

from facegan.data.drawn import draw, face_at, landmarks
from facegan.photos.align import LARGEST_DISAGREEMENT, TEMPLATE
from facegan.photos.landmarks import MIRRORED, SIZE, find_landmarks


@pytest.fixture(scope="module")
def faces():
    """Drawn faces that no network was trained on, and their landmarks."""
    shown = [face_at(0, index) for index in range(40)]
    return [draw(face, SIZE) for face in shown], np.stack([landmarks(face) for face in shown])


def test_eyes_are_within_three_hundredths_of_their_distance(faces):
    pictures, points = faces
    found, disagreement = find_landmarks(pictures)
    errors = np.linalg.norm(found - points, axis=2)[:, :2].max(axis=1) / np.linalg.norm(
        points[:, 0] - points[:, 1], axis=1
    )
    assert (errors <= 0.03).mean() >= 0.95 and np.median(errors) < 0.02
    assert disagreement.max() < LARGEST_DISAGREEMENT


def test_a_mirror_image_has_mirrored_landmarks(faces):
    pictures, _ = faces
    found, disagreement = find_landmarks(pictures[:3])
    mirrored, same = find_landmarks([picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for picture in pictures[:3]])
    assert mirrored[:, MIRRORED] * (-1, 1) + (1, 0) == pytest.approx(found, abs=1e-5)
    assert same == pytest.approx(disagreement, abs=1e-5)


def test_what_is_no_face_has_no_landmarks():
    from skimage.data import coffee

    random = np.random.default_rng(0)
    noise = Image.fromarray(random.integers(0, 256, (SIZE, SIZE, 3), "uint8"))
    table = Image.fromarray(coffee()).resize((SIZE, SIZE))
    _, disagreement = find_landmarks([noise, table])
    assert disagreement.min() > LARGEST_DISAGREEMENT


def test_the_landmarks_mirror_is_its_own_way_back():
    assert TEMPLATE[MIRRORED][MIRRORED].tolist() == TEMPLATE.tolist()
    assert TEMPLATE[MIRRORED] * (-1, 1) + (1, 0) == pytest.approx(TEMPLATE, abs=0.02)
