"""Layers that several networks use."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from facegan.tensors import Tensor

LEAKY_SLOPE = 0.2
Shape = tuple[int, ...]


@keras.saving.register_keras_serializable("facegan")
class InitialKernel(keras.initializers.GlorotUniform):
    """Keras's default initializer; zeros within `awaiting_weights`, where weights are loaded from a file."""

    _awaiting = False

    def __call__(self, shape: Shape, dtype: str | None = None) -> Tensor:
        return ops.zeros(shape, dtype) if InitialKernel._awaiting else super().__call__(shape, dtype)


@contextmanager
def awaiting_weights() -> Iterator[None]:
    """Networks built within the block skip random initialisation of convolutions, a third of a model's loading time."""
    before, InitialKernel._awaiting = InitialKernel._awaiting, True
    try:
        yield
    finally:
        InitialKernel._awaiting = before


@keras.saving.register_keras_serializable("facegan")
class InstanceNormalization(layers.Layer):
    """Normalises every channel of every image, then scales and shifts it (Ulyanov et al. 2016).

    Unlike batch normalisation it keeps the images of a batch independent. The gradient penalty requires this, because
    it penalises the gradient for each image.

    Input and output: `(batch, height, width, channels)`. The statistics are computed in float32.
    """

    epsilon = 1e-5

    def build(self, shape: Shape) -> None:
        self.scale = self.add_weight(name="scale", shape=(shape[-1],), initializer="ones")
        self.shift = self.add_weight(name="shift", shape=(shape[-1],), initializer="zeros")

    def call(self, inputs: Tensor) -> Tensor:
        # One pass for mean and mean square, then one multiplication and one addition per value.
        values = ops.cast(inputs, "float32")
        mean = ops.mean(values, axis=(1, 2), keepdims=True)
        variance = ops.maximum(ops.mean(ops.square(values), axis=(1, 2), keepdims=True) - ops.square(mean), 0.0)
        factor = ops.rsqrt(variance + self.epsilon) * ops.cast(self.scale, "float32")
        offset = ops.cast(self.shift, "float32") - mean * factor
        return inputs * ops.cast(factor, inputs.dtype) + ops.cast(offset, inputs.dtype)

    def compute_output_shape(self, shape: Shape) -> Shape:
        # Otherwise Keras traces `call` to infer it, for every layer of a model that is loaded.
        return shape


@keras.saving.register_keras_serializable("facegan")
class ToRGB(layers.Conv2D):
    """A convolution to three colours: Keras's own result in half the time on a CPU.

    Kernels compute 16 output channels at least, of which three would be used. So four pixels are computed at once, by a
    kernel one pixel larger with a stride of two: 12 channels, the kernel at its four offsets.

    Input: `(batch, height, width, channels)`, height and width even. Output: `(batch, height, width, 3)`.
    """

    def __init__(self, kernel_size: int, **kwargs: Any) -> None:
        super().__init__(3, kernel_size, padding="same", **kwargs)

    def get_config(self) -> dict[str, Any]:
        return layers.Layer.get_config(self) | {"kernel_size": self.kernel_size}

    def call(self, inputs: Tensor) -> Tensor:
        offsets = [(down, right) for down in (0, 1) for right in (0, 1)]
        kernels = [ops.pad(self.kernel, ((y, 1 - y), (x, 1 - x), (0, 0), (0, 0))) for y, x in offsets]
        blocks = ops.conv(inputs, ops.concatenate(kernels, axis=-1), strides=2, padding="same")
        return depth_to_space(blocks) + self.bias


@keras.saving.register_keras_serializable("facegan")
class UpsampleConv2D(layers.Conv2D):
    """Nearest-neighbour upsampling by two, then a 3x3 convolution without a bias, computed at the smaller size.

    The result is the same for less than half the price. Unlike a transposed convolution with a kernel of its own, it
    cannot produce checkerboard artifacts (Odena et al. 2016).

    Input: `(batch, height, width, channels)`. Output: `(batch, 2 height, 2 width, filters)`.
    """

    def __init__(self, filters: int, **kwargs: Any) -> None:
        super().__init__(filters, 3, padding="same", use_bias=False, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return layers.Layer.get_config(self) | {"filters": self.filters}

    def call(self, inputs: Tensor) -> Tensor:
        return upsampling_convolution(inputs, ops.convert_to_tensor(self.kernel))

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (shape[0], 2 * shape[1], 2 * shape[2], self.filters)


def upsampling_convolution(inputs: Tensor, kernel: Tensor) -> Tensor:
    """The function of `UpsampleConv2D`, with `kernel` `(3, 3, channels, filters)`."""
    # Each input position becomes 2x2 output pixels, and each of these has 2x2 neighbours: of the three rows of the
    # kernel, two fall on the same one.
    upper, lower = kernel[:1], kernel[2:]
    rows = (ops.concatenate([upper, kernel[1:2] + lower]), ops.concatenate([upper + kernel[1:2], lower]))
    kernels = []
    for half in rows:
        left, right = half[:, :1], half[:, 2:]
        kernels.append(ops.concatenate([left, half[:, 1:2] + right], axis=1))
        kernels.append(ops.concatenate([left + half[:, 1:2], right], axis=1))
    return _four_pixels(inputs, ops.concatenate(kernels, axis=-1), (-1, 0))


@keras.saving.register_keras_serializable("facegan")
class Conv2DTranspose(layers.Conv2DTranspose):
    """Keras's own result with strides of two and no bias; on a CPU, JAX computes it as a plain convolution.

    XLA takes ten times as long there for transposed ones. Each input position becomes 2x2 output pixels, each of which
    needs every other row and column of the kernel; so four kernels half as large, side by side, give the same result.

    Input: `(batch, height, width, channels)`. Output: `(batch, 2 height, 2 width, filters)`.
    """

    def __init__(self, filters: int, kernel_size: int, **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, strides=2, padding="same", use_bias=False, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return layers.Layer.get_config(self) | {"filters": self.filters, "kernel_size": self.kernel_size}

    def call(self, inputs: Tensor) -> Tensor:
        if not _jax_on_cpu():
            return super().call(inputs)
        size = self.kernel_size[0]
        before = max(size - 2, 0) // 2
        # Where the kernels of upper and lower pixels begin, and which row of the whole kernel each of their rows is.
        starts = (-((size - 1 - before) // 2), -((size - 2 - before) // 2))
        row = [before + pixel - 2 * (start + np.arange((size + 1) // 2)) for pixel, start in enumerate(starts)]
        rows = ops.convert_to_tensor(np.array(row)[..., None] == np.arange(size), self.compute_dtype)
        kernel = ops.einsum("ayi,bxj,ijoc->yxcabo", rows, rows, ops.convert_to_tensor(self.kernel))
        return _four_pixels(inputs, ops.reshape(kernel, (*kernel.shape[:3], -1)), starts)


@keras.saving.register_keras_serializable("facegan")
class Conv2D(layers.Conv2D):
    """Keras's own result without a bias; on a CPU, JAX computes it differently where the kernel exceeds the result.

    With strides of two, XLA takes twenty-five times as long there for the gradient of the inputs. Blocks of 2x2 pixels
    as channels, and a kernel half as large, give the same result.

    Input: `(batch, height, width, channels)`, height and width even.
    """

    def __init__(self, filters: int, kernel_size: int, strides: int = 1, **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, strides, padding="same", use_bias=False, **kwargs)

    def get_config(self) -> dict[str, Any]:
        own = {"filters": self.filters, "kernel_size": self.kernel_size, "strides": self.strides}
        return layers.Layer.get_config(self) | own

    def call(self, inputs: Tensor) -> Tensor:
        size = self.kernel_size[0]
        if self.strides != (2, 2) or size <= inputs.shape[1] // 2 or not _jax_on_cpu():
            return super().call(inputs)
        before, blocks = max(size - 2, 0) // 2, (size + 1) // 2
        padding = (before, 2 * blocks - 2 - before)
        missing = (0, 2 * blocks - size)
        kernel = ops.pad(ops.convert_to_tensor(self.kernel), (missing, missing, (0, 0), (0, 0)))
        kernel = ops.reshape(kernel, (blocks, 2, blocks, 2, *kernel.shape[2:]))
        kernel = ops.reshape(ops.transpose(kernel, (0, 2, 1, 3, 4, 5)), (blocks, blocks, -1, self.filters))
        padded = ops.pad(inputs, ((0, 0), padding, padding, (0, 0)))
        return ops.conv(space_to_depth(padded), kernel, padding="valid")


def _jax_on_cpu() -> bool:
    if keras.backend.backend() != "jax":
        return False
    import jax

    return jax.default_backend() == "cpu"


def _four_pixels(inputs: Tensor, kernel: Tensor, starts: tuple[int, int]) -> Tensor:
    """Four convolutions at once: each input position becomes 2x2 output pixels.

    Args:
        inputs: `(batch, height, width, channels)`.
        kernel: `(size, size, channels, 4 filters)`.
        starts: where the kernels of the upper and of the lower pixels begin, relative to the input position; likewise
            from left to right.
    """
    _, height, width, _ = inputs.shape
    padding = (-starts[0], kernel.shape[0] - 1 + starts[1])
    padded = ops.pad(inputs, ((0, 0), padding, padding, (0, 0)))
    corners = ops.split(ops.conv(padded, kernel, padding="valid"), 4, axis=-1)
    offsets = (0, starts[1] - starts[0])
    places = [(down, right) for down in offsets for right in offsets]
    pixels = [
        corner[:, down : down + height, right : right + width]
        for corner, (down, right) in zip(corners, places, strict=True)
    ]
    return depth_to_space(ops.concatenate(pixels, axis=-1))


def space_to_depth(pixels: Tensor) -> Tensor:
    """Moves blocks of 2x2 pixels into channels, `(batch, 2h, 2w, channels)` to `(batch, h, w, 4 channels)`."""
    _, height, width, channels = pixels.shape
    pixels = ops.reshape(pixels, (-1, height // 2, 2, width // 2, 2, channels))
    return ops.reshape(ops.transpose(pixels, (0, 1, 3, 2, 4, 5)), (-1, height // 2, width // 2, 4 * channels))


def depth_to_space(blocks: Tensor) -> Tensor:
    """Moves channels into blocks of 2x2 pixels, `(batch, h, w, 4 channels)` to `(batch, 2h, 2w, channels)`."""
    _, height, width, depth = blocks.shape
    blocks = ops.reshape(blocks, (-1, height, width, 2, 2, depth // 4))
    return ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, depth // 4))


def activation(tensor: Tensor, name: str | None = None) -> Tensor:
    """LeakyReLU with the paper's negative slope."""
    return layers.LeakyReLU(negative_slope=LEAKY_SLOPE, name=name)(tensor)


def concatenate_condition(tensor: Tensor, condition: Tensor) -> Tensor:
    """Concatenates a condition `(batch, k)` with feature maps `(batch, h, w, c)` as `k` constant channels."""
    _, height, width, _ = tensor.shape
    tiled = layers.UpSampling2D((height, width))(layers.Reshape((1, 1, condition.shape[-1]))(condition))
    return layers.Concatenate()([tensor, tiled])


def film(tensor: Tensor, condition: Tensor) -> Tensor:
    """Feature-wise linear modulation (Perez et al. 2018): a learnt scale and shift of each channel.

    A condition of zeros changes nothing.
    """
    channels = tensor.shape[-1]
    amounts = layers.Dense(2 * channels, use_bias=False)(condition)
    scale = layers.Reshape((1, 1, channels))(amounts[:, :channels])
    shift = layers.Reshape((1, 1, channels))(amounts[:, channels:])
    return layers.Add()([tensor, layers.Multiply()([tensor, scale]), shift])


def convolution(tensor: Tensor, filters: int, kernel_size: int, strides: int = 1) -> Tensor:
    """A convolution without a bias."""
    # No bias: the normalisation that follows would remove it.
    return Conv2D(filters, kernel_size, strides, kernel_initializer=InitialKernel())(tensor)


def residual_block(tensor: Tensor) -> Tensor:
    """Two 3x3 convolutions, added to their input (He et al. 2016)."""
    filters = tensor.shape[-1]
    inner = activation(InstanceNormalization()(convolution(tensor, filters, 3)))
    inner = InstanceNormalization()(convolution(inner, filters, 3))
    return layers.Add()([tensor, inner])
