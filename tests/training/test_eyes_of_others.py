"""Eyes laid onto other faces: the other's to every detail, in the face's own light, and nothing else touched."""

import numpy as np
import pytest

from facegan.data.drawn import draw, face_at
from facegan.training.eyes import with_eyes_of

SIZE = 64
EYES = slice(26, 33), slice(20, 45)  # of faces aligned as CelebA's are


@pytest.fixture(scope="module")
def two_faces():
    return [np.asarray(draw(face_at(0, index), SIZE)) for index in (1, 2)]


def laid(face, other, seed=0):
    return with_eyes_of(face, other, np.random.default_rng(seed))


def flat(value):
    return np.full((SIZE, SIZE, 3), value, "uint8")


def test_the_light_is_the_faces_own():
    """Of another that is only brighter nothing is left to see."""
    for seed in range(5):
        assert np.abs(laid(flat(90), flat(200), seed).astype(int) - 90).max() <= 1


def test_what_is_drawn_on_the_other_is_there_in_full():
    other = flat(200)
    other[28:31, 20:44] = [30, 60, 90]
    made = laid(flat(180), other)
    assert made[29, 22:42] == pytest.approx(np.array([10, 40, 70])[None].repeat(20, 0), abs=1)


def test_light_that_changes_across_the_face_goes_on_inside():
    across = np.linspace(60, 180, SIZE)[None, :, None]
    face = np.broadcast_to(across, (SIZE, SIZE, 3)).astype("uint8")
    made = laid(face, flat(128)).astype(int)
    # No step at the border, and inside it is between what it is on both sides.
    assert np.abs(np.diff(made, axis=1)).max() <= 8
    assert made[29, 22].mean() + 15 < made[29, 42].mean()


def test_nothing_but_the_eyes_is_touched(two_faces):
    face, other = two_faces
    changed = np.any([(laid(face, other, seed) != face).any(axis=2) for seed in range(20)], axis=0)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    assert 18 <= rows[0] and rows[-1] <= 40 and 10 <= columns[0] and columns[-1] <= 53
    assert changed[EYES].mean() > 0.5
    assert np.array_equal(laid(face, face), face)


def test_size_varies_and_the_seed_decides(two_faces):
    face, other = two_faces
    assert np.array_equal(laid(face, other, 3), laid(face, other, 3))
    touched = {(laid(face, other, seed) != face).any(axis=2).sum() for seed in range(10)}
    assert len(touched) > 5
