"""Glasses drawn onto photos: about the eyes, of many kinds, and nothing else touched."""

import numpy as np
import pytest

from facegan.training.glasses import with_glasses

SIZE = 128
SEEDS = range(60)
FACE = np.full((SIZE, SIZE, 3), (200, 150, 120), "uint8")


@pytest.fixture(scope="module")
def changes():
    """How far each pixel of a face in one colour has changed, for every seed."""
    made = np.stack([with_glasses(FACE, np.random.default_rng(seed)) for seed in SEEDS])
    return np.abs(made.astype(int) - FACE).max(axis=3)


def test_rims_are_about_both_eyes_and_nothing_else_is_touched(changes):
    touched = (changes > 8).mean(axis=0)
    rows, columns = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    assert 36 <= rows[0] and rows[-1] <= 84 and 20 <= columns[0] and columns[-1] <= 106
    # Something of each half, in every one.
    assert (changes[:, :, :62] > 8).any(axis=(1, 2)).all() and (changes[:, :, 66:] > 8).any(axis=(1, 2)).all()
    # The bridge, and the temples at both sides.
    for column in (63, 37, 90):
        assert np.mean((changes[:, :, column] > 8).any(axis=1)) > 0.5


def test_some_are_dark_and_most_leave_the_eyes_to_be_seen(changes):
    eye = changes[:, 54:60, 47:50].mean(axis=(1, 2))
    assert 0.2 < np.mean(eye > 60) < 0.6 and np.mean(eye < 30) > 0.4


def test_rims_are_thin_and_thick(changes):
    covered = np.array([(change > 60).sum() for change in changes if change[54:60, 47:50].mean() < 30])
    assert np.percentile(covered, 90) > 3 * np.percentile(covered, 10) > 0


def test_the_seed_decides_and_the_face_itself_stays(changes):
    face = FACE.copy()
    again = with_glasses(face, np.random.default_rng(3))
    assert np.array_equal(np.abs(again.astype(int) - FACE).max(axis=2), changes[3]) and np.array_equal(face, FACE)


def test_at_half_the_size_the_same_glasses_are_half_as_large(changes):
    half = [with_glasses(FACE[::2, ::2], np.random.default_rng(seed)).astype(int) - FACE[::2, ::2] for seed in SEEDS]
    touched = np.mean([(np.abs(change).max(axis=2) > 8).mean() for change in half])
    assert touched == pytest.approx((changes > 8).mean(), rel=0.3)
