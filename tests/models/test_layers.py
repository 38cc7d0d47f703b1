"""The building blocks, against NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from facegan.models.layers import (
    Conv2D,
    Conv2DTranspose,
    InstanceNormalization,
    ToRGB,
    UpsampleConv2D,
    concatenate_condition,
    depth_to_space,
    film,
)

IMAGES = np.random.default_rng(0).normal(3, 2, (4, 8, 8, 5)).astype("float32")


def array(tensor):
    return ops.convert_to_numpy(ops.cast(tensor, "float32"))


def normalised(values):
    return (values - values.mean((1, 2), keepdims=True)) / np.sqrt(values.var((1, 2), keepdims=True) + 1e-5)


def test_instance_normalization_is_that_of_numpy():
    layer = InstanceNormalization()
    layer.build(IMAGES.shape)
    scale, shift = np.random.default_rng(1).normal(size=(2, 5)).astype("float32")
    layer.scale.assign(scale)
    layer.shift.assign(shift)
    assert np.abs(array(layer(IMAGES)) - (normalised(IMAGES) * scale + shift)).max() < 1e-5


def test_instance_normalization_leaves_the_images_of_a_batch_independent():
    layer = InstanceNormalization()
    alone = array(layer(IMAGES[:1]))
    assert array(layer(IMAGES))[:1] == pytest.approx(alone, abs=1e-6)


def test_instance_normalization_keeps_bfloat16_and_computes_in_float32():
    layer = InstanceNormalization(dtype="mixed_bfloat16")
    # Far from zero, where the mean of squares in bfloat16 would lose everything.
    output = layer(ops.cast(IMAGES + 30, "bfloat16"))
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    assert layer.scale.dtype == layer.shift.dtype == "float32"
    rounded = array(ops.cast(IMAGES + 30, "bfloat16"))
    assert np.abs(array(output) - normalised(rounded)).max() < 0.2


@pytest.mark.parametrize("constant", [0.0, 1e3])
def test_instance_normalization_of_a_constant_image_is_finite(constant):
    assert np.isfinite(array(InstanceNormalization()(np.full((1, 4, 4, 2), constant, "float32")))).all()


def block(function):
    """A network of one block between feature maps and condition."""
    tensor, condition = keras.Input((8, 8, 5)), keras.Input((3,))
    return keras.Model([tensor, condition], function(tensor, condition))


def test_concatenation_adds_the_condition_as_constant_channels():
    condition = np.random.default_rng(2).normal(size=(4, 3)).astype("float32")
    joined = array(block(concatenate_condition)([IMAGES, condition]))
    assert (joined[..., :5] == IMAGES).all()
    assert (joined[..., 5:] == condition[:, None, None]).all()


def test_film_with_a_zero_condition_changes_nothing():
    network = block(film)
    assert (array(network([IMAGES, np.zeros((4, 3), "float32")])) == IMAGES).all()


def test_film_scales_and_shifts_each_channel():
    network = block(film)
    condition = np.random.default_rng(3).normal(size=(4, 3)).astype("float32")
    (kernel,) = [array(weight) for weight in network.weights]
    scale, shift = np.split((condition @ kernel)[:, None, None], 2, axis=-1)
    assert array(network([IMAGES, condition])) == pytest.approx(IMAGES * (1 + scale) + shift, abs=1e-4)


def with_weights_of(layer, plain):
    """Builds both, and gives the plain layer the other's weights."""
    layer.build(IMAGES.shape)
    plain.build(IMAGES.shape)
    if layer.use_bias:
        layer.bias.assign([1.0, -2.0, 3.0])
    plain.set_weights(layer.get_weights())
    return plain


@pytest.mark.parametrize("kernel_size", [3, 4, 5])
def test_to_rgb_is_keras_convolution(kernel_size):
    layer = ToRGB(kernel_size)
    plain = with_weights_of(layer, keras.layers.Conv2D(3, kernel_size, padding="same"))
    assert array(layer(IMAGES)) == pytest.approx(array(plain(IMAGES)), abs=1e-4)


def test_upsample_convolution_is_upsampling_and_a_convolution():
    layer = UpsampleConv2D(6)
    plain = with_weights_of(layer, keras.layers.Conv2D(6, 3, padding="same", use_bias=False))
    expected = plain(keras.layers.UpSampling2D()(IMAGES))
    assert layer.compute_output_shape(IMAGES.shape) == expected.shape
    assert array(layer(IMAGES)) == pytest.approx(array(expected), abs=1e-4)
    again = UpsampleConv2D.from_config(layer.get_config())
    assert (again.filters, again.kernel_size, again.use_bias) == (6, (3, 3), False)


@pytest.mark.parametrize("kernel_size", [1, 3, 4, 5])
def test_the_transposed_convolution_is_that_of_keras(kernel_size):
    layer = Conv2DTranspose(6, kernel_size)
    plain = with_weights_of(
        layer, keras.layers.Conv2DTranspose(6, kernel_size, strides=2, padding="same", use_bias=False)
    )
    assert array(layer(IMAGES)) == pytest.approx(array(plain(IMAGES)), abs=1e-4)
    again = Conv2DTranspose.from_config(layer.get_config())
    assert (again.filters, again.kernel_size, again.strides, again.use_bias) == (6, (kernel_size,) * 2, (2, 2), False)


@pytest.mark.parametrize("kernel_size", [4, 5, 8])
def test_the_strided_convolution_is_that_of_keras(kernel_size):
    """Also where the kernel is larger than the result, of 4x4 places."""
    layer = Conv2D(6, kernel_size, 2)
    plain = with_weights_of(layer, keras.layers.Conv2D(6, kernel_size, strides=2, padding="same", use_bias=False))
    assert array(layer(IMAGES)) == pytest.approx(array(plain(IMAGES)), abs=1e-4)
    again = Conv2D.from_config(layer.get_config())
    assert (again.filters, again.kernel_size, again.strides, again.use_bias) == (6, (kernel_size,) * 2, (2, 2), False)


def test_to_rgb_survives_its_config():
    layer = ToRGB(4, name="to_rgb")
    again = ToRGB.from_config(layer.get_config())
    assert (again.kernel_size, again.filters, again.name) == ((4, 4), 3, "to_rgb")


def test_depth_to_space_places_channels_as_neighbouring_pixels():
    image = np.random.default_rng(2).normal(size=(2, 8, 4, 3)).astype("float32")
    blocks = image.reshape(2, 4, 2, 2, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(2, 4, 2, 12)
    assert (blocks[1, 2, 1] == image[1, 4:6, 2:4].reshape(12)).all()
    assert (array(depth_to_space(ops.convert_to_tensor(blocks))) == image).all()
