"""A batch of random photos, labels and noise, as a training step receives it."""

import numpy as np

from facegan.augment.differentiable import DRAWS


def random_batch(networks, batch_size):
    """The same arrays at every call for the same networks and size."""
    random, size = np.random.default_rng(0), networks.image_size
    labels = random.integers(0, 2, (batch_size, len(networks.attributes))).astype("float32")
    return {
        "images": random.integers(0, 256, (batch_size, size, size, 3), "uint8"),
        "labels": labels,
        "known": np.ones_like(labels),
        "targets": 1 - labels,
        "noise": random.standard_normal((batch_size, networks.recipe.networks.generator.noise_size), "float32"),
        "mixing": random.random((batch_size, 1, 1, 1), "float32"),
        "augmentation": random.random((batch_size, DRAWS), "float32"),
    }
