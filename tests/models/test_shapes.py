"""What goes into the networks and what comes out."""

import numpy as np
import pytest
from keras import ops


def array(tensor):
    return ops.convert_to_numpy(tensor)


def test_encoder_of_the_paper_reaches_4x4x512_in_five_stages(paper):
    shapes = [features.shape[1:] for features in paper.encoder.outputs]
    assert shapes == [(64, 64, 64), (32, 32, 128), (16, 16, 256), (8, 8, 512), (4, 4, 512)]


def test_pictures_of_the_paper_are_128x128x3_in_minus_1_to_1(paper, inputs):
    batch = inputs(128, noise_size=100, count=1)
    for pictures in (
        array(paper.generate(batch["noise"], batch["labels"])),
        array(paper.edit(batch["images"], batch["labels"], batch["targets"])),
    ):
        assert pictures.shape == (1, 128, 128, 3)
        assert pictures.dtype == np.float32
        assert np.abs(pictures).max() <= 1
        assert pictures.std() > 0


@pytest.mark.parametrize("name, size", [*(("paper", size) for size in (32, 64, 128, 256)), ("celeba128", 64)])
def test_every_size_works(small_model, inputs, name, size):
    networks, batch = small_model(name, size), inputs(size)
    assert [features.shape[1] for features in networks.encoder.outputs][-1] == 4
    assert array(networks.generate(batch["noise"], batch["labels"])).shape == (3, size, size, 3)
    assert array(networks.edit(batch["images"], batch["labels"], batch["targets"])).shape == (3, size, size, 3)


@pytest.mark.parametrize("name", ["paper", "tiny"])
def test_subpixel_networks_are_those_of_half_the_size(small_model, inputs, name):
    batch = inputs(64)
    half, networks = small_model(name, 32), small_model(name, 64, subpixel=True)
    places = lambda model: [features.shape[1:] for features in model.encoder.outputs]
    assert places(networks) == places(half)
    assert array(networks.generate(batch["noise"], batch["labels"])).shape == (3, 64, 64, 3)
    edited = array(networks.edit(batch["images"], batch["labels"], batch["targets"]))
    assert edited.shape == (3, 64, 64, 3)
    assert (edited != batch["images"]).any(axis=-1).mean() > 0.9


def test_the_papers_discriminator_has_one_answer_about_the_condition_as_a_whole(small_model, inputs):
    batch = inputs()
    of_labels, of_targets = small_model("paper").judge(batch["images"], batch["labels"], batch["targets"])
    score, match, other = map(array, (*of_labels[:2], of_targets[1]))
    assert score.shape == match.shape == (3, 1)
    assert score.dtype == match.dtype == np.float32
    assert (match != other).any()


@pytest.mark.parametrize("preset", ["paper", "tiny"])
def test_the_score_has_no_bounds(small_model, inputs, preset):
    """A bounded one has no slope where the discriminator is sure, so the penalty could not hold it."""
    batch = inputs()
    ((score, *_),) = small_model(preset).judge(1000 * batch["images"], batch["labels"])
    assert np.abs(array(score)).max() > 1


def test_the_wasserstein_critic_scores_without_bounds(small_model, inputs):
    networks, batch = small_model("tiny"), inputs()
    head = networks.discriminator.get_layer("score")
    head.kernel.assign(100 * head.kernel)
    of_labels, of_targets = networks.judge(batch["images"], batch["labels"], batch["targets"])
    score, match, other = map(array, (*of_labels[:2], of_targets[1]))
    assert score.shape == (3, 1) and match.shape == (3, 8)
    assert np.abs(score).max() > 1
    # A logit for each column: the other way round where the condition says the opposite.
    assert other == pytest.approx(np.where(batch["labels"] == batch["targets"], match, -match), abs=1e-6)


@pytest.mark.parametrize("own", [False, True])
def test_what_is_seen_comes_from_a_head_of_its_own_or_is_the_match(small_model, inputs, own):
    networks, batch = small_model("tiny", own_classifier=own), inputs()
    ((_, match, seen),) = networks.judge(batch["images"], batch["labels"])
    assert (array(match) == array(seen)).all() == (not own)
    before = array(networks.likelihoods(batch["images"], networks.conditions()))
    head = networks.discriminator.get_layer("match")
    head.kernel.assign(-head.kernel)
    after = array(networks.likelihoods(batch["images"], networks.conditions()))
    assert (before == after).all() == own
