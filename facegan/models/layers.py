"""The building blocks that more than one network uses."""

from contextlib import contextmanager

import keras
from keras import layers, ops

LEAKY_SLOPE = 0.2


@keras.saving.register_keras_serializable("facegan")
class InitialKernel(keras.initializers.GlorotUniform):
    """Keras's default; zeros where the weights of a file will take their place at once (`awaiting_weights`)."""

    _awaiting = False

    def __call__(self, shape, dtype=None):
        return ops.zeros(shape, dtype) if InitialKernel._awaiting else super().__call__(shape, dtype)


@contextmanager
def awaiting_weights():
    """Networks built within the block draw no random numbers for convolutions, which is a third of loading a model."""
    before, InitialKernel._awaiting = InitialKernel._awaiting, True
    try:
        yield
    finally:
        InitialKernel._awaiting = before


@keras.saving.register_keras_serializable("facegan")
class InstanceNormalization(layers.Layer):
    """Normalises every channel of every picture by itself, then scales and shifts it (Ulyanov et al. 2016).

    Unlike batch normalisation it leaves the pictures of a batch independent, which the gradient penalty needs: the
    penalty is about the slope at one picture.

    Input and output: `(batch, height, width, channels)`. The statistics are computed in float32.
    """

    epsilon = 1e-5

    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=(shape[-1],), initializer="ones")
        self.shift = self.add_weight(name="shift", shape=(shape[-1],), initializer="zeros")

    def call(self, inputs):
        # One pass for mean and mean square; the rest is one multiplication and one addition for each value.
        values = ops.cast(inputs, "float32")
        mean = ops.mean(values, axis=(1, 2), keepdims=True)
        variance = ops.maximum(ops.mean(ops.square(values), axis=(1, 2), keepdims=True) - ops.square(mean), 0.0)
        factor = ops.rsqrt(variance + self.epsilon) * ops.cast(self.scale, "float32")
        offset = ops.cast(self.shift, "float32") - mean * factor
        return inputs * ops.cast(factor, inputs.dtype) + ops.cast(offset, inputs.dtype)

    def compute_output_shape(self, shape):
        # Else Keras traces `call` to find out, for every layer of a model that is loaded.
        return shape


def activation(tensor):
    return layers.LeakyReLU(negative_slope=LEAKY_SLOPE)(tensor)


def join(tensor, condition):
    """Joins a condition `(batch, k)` to feature maps `(batch, h, w, c)` as `k` constant channels."""
    _, height, width, _ = tensor.shape
    tiled = layers.UpSampling2D((height, width))(layers.Reshape((1, 1, condition.shape[-1]))(condition))
    return layers.Concatenate()([tensor, tiled])


def modulate(tensor, condition):
    """Scales and shifts each channel by amounts learnt from the condition; a zero condition changes nothing."""
    channels = tensor.shape[-1]
    amounts = layers.Dense(2 * channels, use_bias=False)(condition)
    scale = layers.Reshape((1, 1, channels))(amounts[:, :channels])
    shift = layers.Reshape((1, 1, channels))(amounts[:, channels:])
    return layers.Add()([tensor, layers.Multiply()([tensor, scale]), shift])


def convolution(tensor, filters, kernel_size, strides=1):
    # No bias: the normalisation that follows would take it out again.
    return layers.Conv2D(
        filters, kernel_size, strides, padding="same", use_bias=False, kernel_initializer=InitialKernel()
    )(tensor)


def transposed_convolution(tensor, filters, kernel_size, strides):
    return layers.Conv2DTranspose(
        filters, kernel_size, strides, padding="same", use_bias=False, kernel_initializer=InitialKernel()
    )(tensor)


def residual_block(tensor):
    """Two 3x3 convolutions, added to what went in (He et al. 2016)."""
    filters = tensor.shape[-1]
    inner = activation(InstanceNormalization()(convolution(tensor, filters, 3)))
    inner = InstanceNormalization()(convolution(inner, filters, 3))
    return layers.Add()([tensor, inner])
