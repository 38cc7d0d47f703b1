"""Differentiable augmentation of the images that the feature critic and the attribute finder receive.

As in DiffAugment (Zhao et al. 2020), real and generated images are changed by the same distribution, and gradients
pass through the changes. So a critic cannot memorise the training photos, and the generator does not learn the changes.
There is no cutout: if glasses could be hidden from the classifier, the editor would draw them elsewhere.
"""

import numpy as np
from keras import ops

from facegan.augment.augmentation import Augmentation, Batch
from facegan.tensors import Tensor

# The number of uniform random numbers for an image.
DRAWS = 7
LARGEST_SHIFT = 0.125  # of the side
LARGEST_ZOOM = 0.1


class DifferentiableAugmentation(Augmentation):
    """Draws the random numbers of `augment_images`, which changes images within the training step."""

    stream = 3

    def changed(self, batch: Batch, random: np.random.Generator) -> dict[str, np.ndarray]:
        """`augmentation`, `(batch, 7)` float32, uniform in 0..1."""
        return {"augmentation": random.random((len(batch["images"]), DRAWS), "float32")}


def augment_images(images: Tensor, draws: Tensor) -> Tensor:
    """Changes brightness, saturation and contrast; moves, zooms and mirrors.

    Args:
        images: `(batch, size, size, 3)` in -1..1.
        draws: `(batch, 7)` float32, uniform in 0..1; the same numbers give the same change.

    Returns:
        The same shape, float32; brightness and contrast may go a little beyond -1..1.
    """
    images = ops.cast(images, "float32")
    size = images.shape[1]
    brightness, saturation, contrast, down, right, zoom, mirror = ops.unstack(
        draws[:, :, None, None, None], DRAWS, axis=1
    )
    images = images + 0.4 * (brightness - 0.5)
    gray = ops.mean(images, axis=-1, keepdims=True)
    images = gray + (0.7 + 0.6 * saturation) * (images - gray)
    mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    images = mean + (0.8 + 0.4 * contrast) * (images - mean)

    # Movement, zoom and mirroring are resampling by row and by column: a matrix product each.
    scale = 1.0 + LARGEST_ZOOM * (2.0 * zoom - 1.0)
    rows = _resampling(size, scale, LARGEST_SHIFT * (2.0 * down - 1.0))
    columns = _resampling(size, ops.where(mirror < 0.5, -scale, scale), LARGEST_SHIFT * (2.0 * right - 1.0))
    images = ops.einsum("byh,bhwc->bywc", rows, images)
    return ops.einsum("bxw,bywc->byxc", columns, images)


def _resampling(size: int, scale: Tensor, shift: Tensor) -> Tensor:
    """Matrices `(batch, size, size)` that resample a row by linear interpolation; beyond the border is zero."""
    places = (ops.arange(size, dtype="float32") + 0.5) / size - 0.5
    sources = ((places[None, :, None] / scale[:, 0] + shift[:, 0] + 0.5) * size) - 0.5
    return ops.maximum(0.0, 1.0 - ops.abs(sources - ops.arange(size, dtype="float32")[None, None, :]))
