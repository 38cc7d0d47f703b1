"""The editor's variants: what they compute, and from which feature maps."""

import numpy as np
import pytest
from keras import layers, ops

K = 8
# celeba128's editor, without the networks that start from ImageNet.
GAIN = {"networks.editor.output": "gain_and_residual"}


def edited(networks, batch):
    return ops.convert_to_numpy(networks.edit(batch["images"], batch["labels"], batch["targets"]))


def test_the_gain_multiplies_the_photo_before_the_residual_is_added(small_model, inputs):
    networks, batch = small_model("tiny", GAIN), inputs()
    for strength in (0.5, 1.0, 2.0):
        difference = strength * (batch["targets"] - batch["labels"])
        result = ops.convert_to_numpy(networks.edit(batch["images"], batch["labels"], batch["labels"] + difference))
        images, difference = map(ops.convert_to_tensor, (batch["images"], difference))
        residual, gain = map(ops.convert_to_numpy, networks.editor([*networks.encoder(images), difference, images]))
        assert gain.min() < -0.01 and gain.max() > 0.01
        factor = np.maximum(1 + strength * gain, 0)
        assert result == pytest.approx(batch["images"] * factor + 2 * strength * residual, abs=1e-5)


def test_a_gain_of_minus_one_removes_what_no_residual_can(small_model, inputs):
    """A residual comes from smooth features: it cannot cancel single bright pixels, which fade here."""
    networks, batch = small_model("tiny", GAIN), inputs()
    heads = (networks.editor.get_layer(tensor._keras_history.operation.name) for tensor in networks.editor.outputs)
    for head, level in zip(heads, (0.0, -20.0), strict=True):
        convolution = head._inbound_nodes[0].parent_nodes[0].operation
        convolution.kernel.assign(convolution.kernel * 0)
        convolution.bias.assign(np.full(3, level))
    assert np.abs(edited(networks, batch)).max() < 1e-6


def test_the_decoder_takes_skips_from_all_stages_but_the_bottom(small_model):
    """At 32 pixels the small encoder has 4, 8 and 8 filters; the decoder starts from the last ones."""
    decoder = [
        layer.input.shape[-1]
        for layer in small_model("paper").editor.layers
        if isinstance(layer, layers.Conv2DTranspose)
    ]
    assert decoder == [8 + K, 8 + 8 + K, 4 + 4 + K]


@pytest.mark.parametrize("changes", [None, GAIN])
def test_a_difference_of_zero_returns_the_photo_exactly(small_model, inputs, changes):
    networks, batch = small_model("tiny", changes), inputs()
    same = ops.convert_to_numpy(networks.edit(batch["images"], batch["labels"], batch["labels"]))
    assert (same == batch["images"]).all()
    assert np.abs(edited(networks, batch) - batch["images"]).max() > 0
