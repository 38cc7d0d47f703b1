"""Which patterns reach the critic."""

import numpy as np
import pytest
from keras import ops

from facegan.models.encoder import build_encoder


@pytest.mark.parametrize("normalise_first", [True, False])
def test_normalising_the_first_stage_removes_patterns_that_repeat_with_its_stride(small_recipe, normalise_first):
    recipe = small_recipe("tiny", {"networks.encoder.normalise_first": normalise_first}).networks.encoder
    encoder = build_encoder(recipe, 64)
    random = np.random.default_rng(0)
    photo = random.uniform(-0.5, 0.5, (1, 64, 64, 3)).astype("float32")
    checkerboard = np.tile(random.uniform(-0.3, 0.3, (1, 2, 2, 3)), (1, 32, 32, 1)).astype("float32")
    plain, patterned = (
        ops.convert_to_numpy(encoder(ops.convert_to_tensor(images))[0])[:, 2:-2, 2:-2]
        for images in (photo, photo + checkerboard)
    )
    # At the edges the pattern ends, so that even the normalised stage keeps a little of it.
    assert (np.abs(plain - patterned).mean() < 0.1 * plain.std()) == normalise_first
