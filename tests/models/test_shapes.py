"""What goes into the networks and what comes out."""

import numpy as np
import pytest
from keras import ops

pytestmark = pytest.mark.one_backend


def array(tensor):
    return ops.convert_to_numpy(tensor)


def test_encoder_of_the_paper_reaches_4x4x512_in_five_stages(paper):
    shapes = [features.shape[1:] for features in paper.encoder.outputs]
    assert shapes == [(64, 64, 64), (32, 32, 128), (16, 16, 256), (8, 8, 512), (4, 4, 512)]


def test_images_of_the_paper_are_128x128x3_in_minus_1_to_1(paper, inputs):
    batch = inputs(128, noise_size=100, count=1)
    for images in (
        array(paper.generate(batch["noise"], batch["labels"])),
        array(paper.edit(batch["images"], batch["labels"], batch["targets"])),
    ):
        assert images.shape == (1, 128, 128, 3)
        assert images.dtype == np.float32
        assert np.abs(images).max() <= 1
        assert images.std() > 0


@pytest.mark.parametrize("name, size", [*(("paper", size) for size in (32, 64, 128, 256)), ("celeba128", 64)])
def test_every_size_works(small_model, inputs, name, size):
    networks, batch = small_model(name, size=size), inputs(size)
    assert [features.shape[1] for features in networks.encoder.outputs][-1] == 4
    assert array(networks.generate(batch["noise"], batch["labels"])).shape == (3, size, size, 3)
    assert array(networks.edit(batch["images"], batch["labels"], batch["targets"])).shape == (3, size, size, 3)


def test_the_papers_discriminator_has_one_match_for_the_whole_condition(small_model, inputs):
    batch = inputs()
    of_labels, of_targets = small_model("paper").discriminate(batch["images"], batch["labels"], batch["targets"])
    score, match, other = map(array, (*of_labels, of_targets[1]))
    assert score.shape == match.shape == (3, 1)
    assert score.dtype == match.dtype == np.float32
    assert (match != other).any()


@pytest.mark.parametrize("name", ["paper", "tiny"])
def test_the_score_has_no_bounds(small_model, inputs, name):
    """A bounded score has no slope where the discriminator is certain, so the penalty could not limit it."""
    batch = inputs()
    ((score, _),) = small_model(name).discriminate(1000 * batch["images"], batch["labels"])
    assert np.abs(array(score)).max() > 1


def test_the_wasserstein_critic_scores_without_bounds(small_model, inputs):
    networks, batch = small_model("tiny"), inputs()
    head = networks.discriminator.get_layer("score")
    head.kernel.assign(100 * head.kernel)
    of_labels, of_targets = networks.discriminate(batch["images"], batch["labels"], batch["targets"])
    score, match, other = map(array, (*of_labels, of_targets[1]))
    assert score.shape == (3, 1) and match.shape == (3, 8)
    assert np.abs(score).max() > 1
    # A logit for each column, with the opposite sign where the condition is the opposite.
    assert other == pytest.approx(np.where(batch["labels"] == batch["targets"], match, -match), abs=1e-6)
