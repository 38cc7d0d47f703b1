"""Augmentation of what critics receive: what the numbers do, and that gradients go back through it."""

import numpy as np
import pytest
from keras import ops

from facegan.augment.differentiable import DRAWS, LARGEST_SHIFT, LARGEST_ZOOM, augment_images
from facegan.training.backends import input_gradients

IMAGES = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)).astype("float32")
BRIGHTNESS, SATURATION, CONTRAST, DOWN, RIGHT, ZOOM, MIRROR = range(DRAWS)


def augmented(images=IMAGES, **draws):
    """The images after these draws; all others are neutral."""
    numbers = np.full((len(images), DRAWS), 0.5, "float32")
    numbers[:, MIRROR] = 1.0
    for name, value in draws.items():
        numbers[:, globals()[name.upper()]] = value
    return ops.convert_to_numpy(augment_images(ops.convert_to_tensor(images), ops.convert_to_tensor(numbers)))


def test_neutral_numbers_change_nothing():
    assert augmented() == pytest.approx(IMAGES, abs=1e-5)


def test_small_numbers_mirror():
    assert augmented(mirror=0.2) == pytest.approx(IMAGES[:, :, ::-1], abs=1e-5)


def test_the_same_numbers_give_the_same_change_and_each_image_has_its_own():
    draws = ops.convert_to_tensor(np.random.default_rng(1).random((2, DRAWS)).astype("float32"))
    one, again = (ops.convert_to_numpy(augment_images(ops.convert_to_tensor(IMAGES), draws)) for _ in range(2))
    assert (one == again).all()
    alone = ops.convert_to_numpy(augment_images(ops.convert_to_tensor(IMAGES[1:]), draws[1:]))
    assert alone[0] == pytest.approx(one[1], abs=1e-6)


def test_brightness_saturation_and_contrast():
    assert augmented(brightness=1.0) == pytest.approx(IMAGES + 0.2, abs=1e-5)
    gray = IMAGES.mean(axis=-1, keepdims=True)
    assert augmented(saturation=0.0) == pytest.approx(gray + 0.7 * (IMAGES - gray), abs=1e-5)
    mean = IMAGES.mean(axis=(1, 2, 3), keepdims=True)
    assert augmented(contrast=1.0) == pytest.approx(mean + 1.2 * (IMAGES - mean), abs=1e-5)


def test_a_shift_moves_whole_pixels_and_leaves_zeros_behind():
    pixels = round(16 * LARGEST_SHIFT)
    moved = augmented(IMAGES + 2, down=1.0)
    assert moved[:, :-pixels] == pytest.approx(IMAGES[:, pixels:] + 2, abs=1e-5)
    assert moved[:, -pixels:] == pytest.approx(0, abs=1e-5)
    moved = augmented(IMAGES + 2, right=0.0)
    assert moved[:, :, pixels:] == pytest.approx(IMAGES[:, :, :-pixels] + 2, abs=1e-5)
    assert moved[:, :, :pixels] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("draw, scale", [(1.0, 1 + LARGEST_ZOOM), (0.0, 1 - LARGEST_ZOOM)])
def test_zoom_is_about_the_centre(draw, scale):
    """A ramp becomes a ramp of another slope through the same centre."""
    ramp = np.broadcast_to((np.arange(16) - 7.5)[None, :, None, None], (1, 16, 16, 3)).astype("float32")
    zoomed = augmented(ramp, zoom=draw)
    assert zoomed[:, 3:-3, 3:-3] == pytest.approx(ramp[:, 3:-3, 3:-3] / scale, abs=1e-4)


def test_gradients_go_back_to_the_images():
    """Mirrored, the slope of a weighted sum is the mirrored weights."""
    weights = np.random.default_rng(2).standard_normal(IMAGES.shape).astype("float32")
    draws = np.full((2, DRAWS), 0.5, "float32")
    draws[:, MIRROR] = 0.0
    slopes = input_gradients(
        lambda images: ops.sum(augment_images(images, ops.convert_to_tensor(draws)) * weights, axis=(1, 2, 3)),
        ops.convert_to_tensor(IMAGES),
    )
    assert ops.convert_to_numpy(slopes) == pytest.approx(weights[:, :, ::-1], abs=1e-4)
