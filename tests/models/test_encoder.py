"""What the critic can see and what not."""

import numpy as np
import pytest
from keras import ops


def stage(networks, images, which=0):
    return ops.convert_to_numpy(ops.cast(networks.encoder(ops.convert_to_tensor(images))[which], "float32"))


@pytest.mark.parametrize("subpixel, period", [(False, 2), (True, 4)])
@pytest.mark.parametrize("first_normalised", [True, False])
def test_stitches_in_step_with_the_first_stage_are_seen_unless_it_is_normalised(
    small_model, subpixel, period, first_normalised
):
    networks = small_model("tiny", 64, subpixel=subpixel, first_normalised=first_normalised)
    random = np.random.default_rng(0)
    photo = random.uniform(-0.5, 0.5, (1, 64, 64, 3)).astype("float32")
    stitches = np.tile(random.uniform(-0.3, 0.3, (1, period, period, 3)), (1, 64 // period, 64 // period, 1))
    inner = np.s_[:, 2:-2, 2:-2]
    plain, stitched = (stage(networks, images)[inner] for images in (photo, photo + stitches.astype("float32")))
    # At the edges the stitches end, so that even the normalised stage has a little of them.
    assert (np.abs(plain - stitched).mean() < 0.1 * plain.std()) == first_normalised
