"""Mirroring of half of the photos."""

import numpy as np
import pytest

from facegan.augment.mirror import mirror_half

IMAGES = np.random.default_rng(0).integers(0, 256, (400, 4, 4, 3), "uint8")


def test_half_of_the_images_are_mirrored_and_the_others_stay():
    before = IMAGES.copy()
    found = mirror_half(IMAGES, np.random.default_rng(1))
    same = (found == IMAGES).all(axis=(1, 2, 3))
    mirrored = (found == IMAGES[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (same ^ mirrored).all() and mirrored.mean() == pytest.approx(0.5, abs=0.08)
    assert found.dtype == np.uint8 and (before == IMAGES).all()


def test_the_stream_decides():
    one, again, other = (mirror_half(IMAGES, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (one == again).all() and (one != other).any()
