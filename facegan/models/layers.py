"""The building blocks that more than one network uses."""

from contextlib import contextmanager

import keras
import numpy as np
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


@keras.saving.register_keras_serializable("facegan")
class PictureConvolution(layers.Conv2D):
    """A convolution to three colours: Keras's own result in half the time on a CPU.

    Kernels work on 16 output channels at least, of which three would be used. So four pixels are made at once, by a
    kernel one larger, at every other place: 12 channels, the kernel at its four offsets.

    Input: `(batch, height, width, channels)`, height and width even. Output: `(batch, height, width, 3)`.
    """

    def __init__(self, kernel_size, **kwargs):
        super().__init__(3, kernel_size, padding="same", **kwargs)

    def get_config(self):
        config = layers.Layer.get_config(self)
        return config | {"kernel_size": self.kernel_size}

    def call(self, inputs):
        offsets = [(down, right) for down in (0, 1) for right in (0, 1)]
        kernels = [ops.pad(self.kernel, ((y, 1 - y), (x, 1 - x), (0, 0), (0, 0))) for y, x in offsets]
        return to_pixels(ops.conv(inputs, ops.concatenate(kernels, axis=-1), strides=2, padding="same")) + self.bias


@keras.saving.register_keras_serializable("facegan")
class EnlargingConvolution(layers.Conv2D):
    """`UpSampling2D()`, which doubles height and width, and then a 3x3 convolution without a bias: the same result, as
    one transposed convolution with a 4x4 kernel and so at its price.

    A transposed convolution with a kernel of its own makes neighbouring pixels by different numbers: stitches, which a
    critic that looks in steps of two hardly sees (Odena et al. 2016).

    Input: `(batch, height, width, channels)`. Output: `(batch, 2 height, 2 width, filters)`.
    """

    def __init__(self, filters, **kwargs):
        super().__init__(filters, 3, padding="same", use_bias=False, **kwargs)

    def get_config(self):
        return layers.Layer.get_config(self) | {"filters": self.filters}

    def call(self, inputs):
        kernel = ops.transpose(ops.flip(ops.convert_to_tensor(self.kernel), axis=(0, 1)), (0, 1, 3, 2))
        # Each place of the input becomes two by two: the kernel at its four offsets, added up.
        offsets = [(y, x) for y in (0, 1) for x in (0, 1)]
        kernel = sum(ops.pad(kernel, ((y, 1 - y), (x, 1 - x), (0, 0), (0, 0))) for y, x in offsets)
        return ops.conv_transpose(inputs, kernel, strides=2, padding="same")

    def compute_output_shape(self, shape):
        return (shape[0], 2 * shape[1], 2 * shape[2], self.filters)


def to_pixels(fours):
    """Four pixels side by side in the channels, `(batch, h, w, 12)`, to their places, `(batch, 2h, 2w, 3)`."""
    _, height, width, _ = fours.shape
    fours = ops.reshape(fours, (-1, height, width, 2, 2, 3))
    return ops.reshape(ops.transpose(fours, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, 3))


def to_fours(pixels):
    """The way back: `(batch, 2h, 2w, 3)` to `(batch, h, w, 12)`."""
    _, height, width, _ = pixels.shape
    pixels = ops.reshape(pixels, (-1, height // 2, 2, width // 2, 2, 3))
    return ops.reshape(ops.transpose(pixels, (0, 1, 3, 2, 4, 5)), (-1, height // 2, width // 2, 12))


@keras.saving.register_keras_serializable("facegan")
class EnlargingPictureConvolution(PictureConvolution):
    """`UpSampling2D()`, which doubles height and width, and then a convolution to three colours: the same result,
    computed at the smaller size.

    One kernel for all four pixels of a place, because four of their own begin as a checkerboard, which training has to
    get rid of first (Odena et al. 2016).

    Input: `(batch, height, width, channels)`. Output: `(batch, 2 height, 2 width, 3)`.
    """

    def call(self, inputs):
        size = self.kernel_size[0]
        # Which of three neighbouring places each of the kernel's rows falls on, for the upper and the lower pixel.
        falls_on = (np.arange(2)[:, None] + np.arange(size) - (size - 1) // 2) // 2 + 1
        rows = ops.convert_to_tensor(falls_on[:, None] == np.arange(3)[:, None], self.compute_dtype)
        kernel = ops.einsum("ayi,bxj,ijco->yxcabo", rows, rows, ops.convert_to_tensor(self.kernel))
        kernel = ops.reshape(kernel, (3, 3, -1, 12))
        return to_pixels(ops.conv(inputs, kernel, padding="same")) + self.bias

    def compute_output_shape(self, shape):
        return (shape[0], 2 * shape[1], 2 * shape[2], 3)


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


def enlarging_convolution(tensor, filters):
    return EnlargingConvolution(filters, kernel_initializer=InitialKernel())(tensor)


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
