"""A critic on frozen ImageNet features (Projected GANs, Sauer et al. 2021).

The frozen half turns an image into four feature maps: those of an EfficientNet-lite, mixed across channels and scales
by fixed random convolutions, so that the generator cannot fool single channels. The trained half consists of small
heads that score each map. The frozen half is not saved in model files; it is rebuilt from the ImageNet weights.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from facegan.features.efficientnet import build_efficientnet_lite, scale_filters
from facegan.models.layers import InitialKernel, InstanceNormalization, Shape, activation
from facegan.recipe.objective import FeatureCritic
from facegan.tensors import Tensor

MIXED_CHANNELS = 64
SMALLEST = 4  # pixels


@keras.saving.register_keras_serializable("facegan")
class SpectralConv2D(layers.Layer):
    """A convolution whose kernel, as a matrix, has a largest singular value of one (Miyato et al. 2018).

    The singular value is estimated by one power iteration per training step.

    Args:
        filters: channels of the output.
        kernel_size: height and width of the kernel.
        strides: the stride in both directions; padding is `"same"`.
    """

    def __init__(self, filters: int, kernel_size: int, strides: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides

    def get_config(self) -> dict[str, Any]:
        own = {"filters": self.filters, "kernel_size": self.kernel_size, "strides": self.strides}
        return super().get_config() | own

    def build(self, shape: Shape) -> None:
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.kernel_size, self.kernel_size, shape[-1], self.filters),
            initializer=InitialKernel(),
        )
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")
        self.singular_vector = self.add_weight(
            name="singular_vector", shape=(1, self.filters), initializer="random_normal", trainable=False
        )

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        matrix = ops.reshape(ops.cast(self.kernel, "float32"), (-1, self.filters))
        # No gradient passes through the iteration.
        fixed = ops.stop_gradient(matrix)
        left = _unit(ops.matmul(ops.cast(self.singular_vector, "float32"), ops.transpose(fixed)))
        right = _unit(ops.matmul(left, fixed))
        if training:
            self.singular_vector.assign(right)
        largest = ops.sum(ops.matmul(left, matrix) * right)
        kernel = ops.cast(self.kernel / ops.cast(largest, self.kernel.dtype), self.compute_dtype)
        convolved = ops.conv(inputs, kernel, self.strides, padding="same")
        return convolved + ops.cast(self.bias, convolved.dtype)

    def compute_output_shape(self, shape: Shape) -> Shape:
        batch, height, width, _ = shape
        return (batch, -(-height // self.strides), -(-width // self.strides), self.filters)


def _unit(vector: Tensor) -> Tensor:
    return vector * ops.rsqrt(ops.sum(ops.square(vector)) + 1e-12)


@keras.saving.register_keras_serializable("facegan")
class UnitScale(layers.Layer):
    """Scales each image's feature map to a mean square of one, so that no scale dominates initially."""

    def call(self, inputs: Tensor) -> Tensor:
        values = ops.cast(inputs, "float32")
        factor = ops.rsqrt(ops.mean(ops.square(values), axis=(1, 2, 3), keepdims=True) + 1e-6)
        return inputs * ops.cast(factor, inputs.dtype)


@keras.saving.register_keras_serializable("facegan")
class MinibatchDeviation(layers.Layer):
    """Adds a channel with the minibatch standard deviation (Progressive GANs, Karras et al. 2018, section 3).

    It is the standard deviation over the batch, averaged over all positions and channels: one number, the same
    everywhere. With it, the critic penalises a generator whose faces resemble each other.

    Input: `(batch, height, width, channels)`. Output: one channel more.
    """

    def call(self, inputs: Tensor) -> Tensor:
        values = ops.cast(inputs, "float32")
        deviation = ops.mean(ops.sqrt(ops.var(values, axis=0) + 1e-8))
        channel = ops.cast(deviation, inputs.dtype) * ops.ones_like(inputs[..., :1])
        return ops.concatenate([inputs, channel], axis=-1)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], shape[-1] + 1)


def build_feature_projector(recipe: FeatureCritic, image_size: int, pretrained: bool = True) -> keras.Model:
    """Builds the frozen half.

    Args:
        recipe: the recipe's feature critic, which names the backbone.
        image_size: height and width of the images.
        pretrained: whether to load ImageNet weights; random ones are for tests.

    Returns:
        A model from images `(batch, size, size, 3)` in -1..1 to five outputs: four maps of 64 channels, `size / 4`
        first and `size / 32` last, and the pooled features of the two smallest scales, `(batch, channels)`, float32.

    Raises:
        FaceganError: the package with the ImageNet weights is not installed.
    """
    backbone = build_efficientnet_lite(recipe.backbone, image_size, pretrained)
    random = np.random.default_rng(0)
    mixed: list[Tensor] = []
    above = None
    for scale in reversed(backbone.outputs):
        tensor = UnitScale()(_random_convolution(UnitScale()(scale), 1, random))
        if above is not None:
            tensor = layers.Add()([tensor, layers.UpSampling2D(interpolation="bilinear")(above)])
        above = _random_convolution(tensor, 3, random)
        mixed.insert(0, UnitScale()(above))
    pooled = [layers.GlobalAveragePooling2D(dtype="float32")(scale) for scale in backbone.outputs[-2:]]
    projector = keras.Model(
        backbone.input, [*mixed, layers.Concatenate(dtype="float32")(pooled)], name="feature_projector"
    )
    projector.trainable = False
    return projector


def _normalised(tensor: Tensor) -> Tensor:
    """Instance normalisation, except for a single position, which it would set to zero."""
    return InstanceNormalization()(tensor) if tensor.shape[1] > 1 else tensor


def feature_shapes(recipe: FeatureCritic, image_size: int) -> list[tuple[int, ...]]:
    """The shapes of the projector's outputs, without the batch."""
    sizes = [image_size // stride for stride in (4, 8, 16, 32)]
    return [*((size, size, MIXED_CHANNELS) for size in sizes), (sum(scale_filters(recipe.backbone)[-2:]),)]


def _random_convolution(tensor: Tensor, kernel_size: int, random: np.random.Generator) -> Tensor:
    """A fixed convolution whose kernel NumPy draws, so that it is the same on every backend."""
    channels = tensor.shape[-1]
    shape = (kernel_size, kernel_size, channels, MIXED_CHANNELS)
    kernel = random.standard_normal(shape) * np.sqrt(1.0 / (kernel_size**2 * channels))
    layer = layers.Conv2D(MIXED_CHANNELS, kernel_size, padding="same", use_bias=False)
    output = layer(tensor)
    layer.set_weights([kernel.astype("float32")])
    return output


def build_feature_critic(recipe: FeatureCritic, feature_shapes: Sequence[Shape], condition_size: int) -> keras.Model:
    """Builds the trained half.

    Inputs: the outputs of the projector.
    Outputs, float32:
        scores `(batch, positions)`: for 4x4 positions of each map; the higher, the more real.
        logits `(batch, condition_size)`: is each label column 1?
    """
    inputs = [keras.Input(shape) for shape in feature_shapes]
    scores = []
    for scale, tensor in enumerate(inputs[:-1]):
        # Named by scale and size for models that grow.
        tensor = activation(SpectralConv2D(recipe.filters, 1)(tensor), f"scale_{scale}_{tensor.shape[1]}")
        # Without normalisation, the gradient through several spectrally normalised layers almost vanishes.
        while tensor.shape[1] > SMALLEST:
            tensor = _normalised(SpectralConv2D(recipe.filters, 4, strides=2)(tensor))
            tensor = activation(tensor, f"scale_{scale}_{tensor.shape[1]}")
        # No normalisation here, because it would remove the deviation, which is constant.
        tensor = activation(SpectralConv2D(recipe.filters, 3)(MinibatchDeviation()(tensor)))
        scores.append(layers.Flatten(dtype="float32")(SpectralConv2D(1, 1, dtype="float32")(tensor)))
    pooled = activation(layers.Dense(256)(layers.LayerNormalization()(inputs[-1])))
    logits = layers.Dense(condition_size, dtype="float32")(pooled)
    return keras.Model(inputs, [layers.Concatenate(dtype="float32")(scores), logits], name="feature_critic")
