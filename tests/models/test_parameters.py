"""The paper's networks at 128 pixels with the standard attributes, counted by hand.

Convolutions are `height * width * in * out` without a bias, because the instance normalisation that follows takes it
out; the normalisation has a scale and a shift for each channel. The condition has 8 columns: gender, age, glasses
and skin are one each, hair is four.
"""

import pytest
from keras import layers

pytestmark = pytest.mark.one_backend

K = 8


def transposed(network):
    """`(in, out)` channels of a network's transposed convolutions, which all are 5x5 with stride 2."""
    found = [layer for layer in network.layers if isinstance(layer, layers.Conv2DTranspose)]
    assert all(layer.strides == (2, 2) and not layer.use_bias for layer in found)
    assert all(tuple(layer.kernel.shape[:2]) == (5, 5) for layer in found)
    return [tuple(layer.kernel.shape[:1:-1]) for layer in found]


def test_encoder(paper):
    assert paper.encoder.count_params() == (
        5 * 5 * 3 * 64 + 2 * 64  # 128 -> 64 pixels
        + 5 * 5 * 64 * 128 + 2 * 128  # -> 32
        + 5 * 5 * 128 * 256 + 2 * 256  # -> 16
        + 5 * 5 * 256 * 512 + 2 * 512  # -> 8
        + 5 * 5 * 512 * 512 + 2 * 512  # -> 4, at the ceiling of 512
    )  # fmt: skip


def test_discriminator(paper):
    flat = 4 * 4 * 512
    assert paper.discriminator.count_params() == (
        flat + 1  # real?
        + (flat + K) * 512 + 512  # the features joined with the condition
        + 512 + 1  # does the face match?
    )  # fmt: skip


def test_generator(paper):
    assert paper.generator.count_params() == (
        (100 + K) * (4 * 4 * 512) + 4 * 4 * 512  # dense, from noise and condition to 4x4x512
        + 5 * 5 * 512 * 512 + 2 * 512  # -> 8 pixels; the dense layer has brought the condition
        + 5 * 5 * (512 + K) * 256 + 2 * 256  # -> 16
        + 5 * 5 * (256 + K) * 128 + 2 * 128  # -> 32
        + 5 * 5 * (128 + K) * 64 + 2 * 64  # -> 64
        + 5 * 5 * (64 + K) * 64 + 2 * 64  # -> 128, where the encoder has no features to mirror
        + 5 * 5 * 64 * 3 + 3  # the image
    )  # fmt: skip


def test_editor(paper):
    assert paper.editor.count_params() == (
        2 * 2 * (3 * 3 * 512 * 512 + 2 * 512)  # two residual blocks of two convolutions 3x3
        + 5 * 5 * (512 + K) * 512 + 2 * 512  # 4 -> 8 pixels; starts from the encoder's last features
        + 5 * 5 * (512 + 512 + K) * 256 + 2 * 256  # -> 16, with the encoder's features at 8 pixels
        + 5 * 5 * (256 + 256 + K) * 128 + 2 * 128  # -> 32, at 16
        + 5 * 5 * (128 + 128 + K) * 64 + 2 * 64  # -> 64, at 32
        + 5 * 5 * (64 + 64 + K) * 64 + 2 * 64  # -> 128, at 64
        + 5 * 5 * 64 * 3 + 3  # the image
    )  # fmt: skip


def test_generator_mirrors_the_encoder_and_concatenates_the_condition_before_stages_2_to_5(paper):
    assert transposed(paper.generator) == [(512, 512), (512 + K, 256), (256 + K, 128), (128 + K, 64), (64 + K, 64)]


def test_editor_concatenates_the_condition_before_every_stage_and_a_skip_of_every_encoder_stage(paper):
    assert transposed(paper.editor) == [
        (512 + K, 512), (512 + 512 + K, 256), (256 + 256 + K, 128), (128 + 128 + K, 64), (64 + 64 + K, 64)
    ]  # fmt: skip


def test_the_networks_share_no_weights(paper):
    networks = (paper.encoder, paper.discriminator, paper.generator, paper.editor)
    weights = [id(weight) for network in networks for weight in network.weights]
    assert len(weights) == len(set(weights))


def test_every_weight_learns(paper):
    assert all(weight.trainable for weight in paper.weights if "seed" not in weight.path)
