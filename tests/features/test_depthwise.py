"""The depthwise convolution gives Keras's own result on both backends."""

import keras
import numpy as np
import pytest
from keras import ops

from facegan.features.depthwise import DepthwiseConv2D


@pytest.mark.parametrize("size", [8, 9])
@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("kernel_size", [3, 5])
def test_result_is_that_of_keras(kernel_size, strides, size):
    random = np.random.default_rng(0)
    images = random.standard_normal((2, size, size, 4)).astype("float32")
    layer, plain = (
        kind(kernel_size, strides, padding="same") for kind in (DepthwiseConv2D, keras.layers.DepthwiseConv2D)
    )
    layer.build(images.shape)
    plain.build(images.shape)
    layer.bias.assign(random.standard_normal(4))
    plain.set_weights(layer.get_weights())
    expected = ops.convert_to_numpy(plain(images))
    assert ops.convert_to_numpy(layer(images)) == pytest.approx(expected, abs=1e-5)


def test_precision_is_kept():
    layer = DepthwiseConv2D(3, padding="same", dtype="mixed_bfloat16")
    output = layer(ops.ones((1, 4, 4, 2), "bfloat16"))
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
