"""Mirroring of half of the photos."""

import numpy as np
import pytest

from facegan.augment import Mirror

IMAGES = np.random.default_rng(0).integers(0, 256, (400, 4, 4, 3), "uint8")


def test_half_of_the_images_are_mirrored_and_the_others_stay():
    before, labels = IMAGES.copy(), np.arange(400)
    batch = Mirror()({"images": IMAGES, "labels": labels}, 0, 1)
    found = batch["images"]
    same = (found == IMAGES).all(axis=(1, 2, 3))
    mirrored = (found == IMAGES[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (same ^ mirrored).all() and mirrored.mean() == pytest.approx(0.5, abs=0.08)
    assert found.dtype == np.uint8 and (before == IMAGES).all() and batch["labels"] is labels
