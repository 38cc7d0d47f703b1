"""A generator whose convolutions are modulated by a latent vector (StyleGAN2, Karras et al. 2020)."""

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from facegan.models.layers import InitialKernel, Shape, activation, upsampling_convolution
from facegan.recipe.networks import BOTTOM_SIZE, ModulatedGenerator
from facegan.tensors import Tensor


@keras.saving.register_keras_serializable("facegan")
class ModulatedConv2D(layers.Layer):
    """A 3x3 convolution whose input channels the latent vector scales, with demodulated outputs.

    Scaling inputs and outputs instead of the kernel gives the same result with one kernel for the whole batch. The
    demodulation divides by the norm of each output's scaled kernel (equation 3 of the paper). It depends only on an
    image's latent vector, not on its content or on the batch.

    Inputs: a list of feature maps `(batch, height, width, channels)` and the latent vector `(batch, latent_size)`.
    Output: `(batch, height, width, filters)`; twice the height and width with `upsample`.

    Args:
        filters: channels of the output.
        upsample: whether to double height and width before the convolution.
    """

    def __init__(self, filters: int, upsample: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters, self.upsample = filters, upsample

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"filters": self.filters, "upsample": self.upsample}

    def build(self, shapes: tuple[Shape, Shape]) -> None:
        (*_, channels), (_, latent_size) = shapes
        self.kernel = self.add_weight(name="kernel", shape=(3, 3, channels, self.filters), initializer=InitialKernel())
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")
        self.scale_kernel = self.add_weight(
            name="scale_kernel", shape=(latent_size, channels), initializer=InitialKernel()
        )
        self.scale_bias = self.add_weight(name="scale_bias", shape=(channels,), initializer="ones")

    def call(self, inputs: Tensor) -> Tensor:
        tensor, latent = inputs
        scale = ops.matmul(latent, self.scale_kernel) + self.scale_bias
        kernel = ops.convert_to_tensor(self.kernel)
        # The norm is computed in float32, because squares of small numbers underflow in 16 bits.
        squares = ops.sum(ops.square(ops.cast(kernel, "float32")), axis=(0, 1))
        length = ops.matmul(ops.square(ops.cast(scale, "float32")), squares)
        convolved = tensor * scale[:, None, None, :]
        convolved = (
            upsampling_convolution(convolved, kernel) if self.upsample else ops.conv(convolved, kernel, padding="same")
        )
        return convolved * ops.cast(ops.rsqrt(length + 1e-8), convolved.dtype)[:, None, None, :] + self.bias

    def compute_output_shape(self, shapes: tuple[Shape, Shape]) -> Shape:
        batch, height, width, _ = shapes[0]
        factor = 2 if self.upsample else 1
        return (batch, factor * height, factor * width, self.filters)


@keras.saving.register_keras_serializable("facegan")
class NoiseInjection(layers.Layer):
    """Adds noise to feature maps, with a learnt strength for each channel (StyleGAN, Karras et al. 2019, section 3.2).

    Without it, fine detail such as hair must be computed from the coarse maps, and resembles a fixed pattern. Here the
    noise is not drawn anew: every pixel shows one entry of the face's noise vector, or its negative, and `seed` decides
    which. So a noise vector always gives the same face, on every backend and in exported models.

    The strengths start just above zero: at zero, their expected gradient vanishes, because the noise is symmetric.

    Inputs: a list of feature maps `(batch, height, width, channels)` and the noise `(batch, noise_size)`.
    Output: the feature maps.

    Args:
        seed: 0 or more; layers with different seeds arrange the entries differently.
    """

    def __init__(self, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"seed": self.seed}

    def build(self, shapes: tuple[Shape, Shape]) -> None:
        (_, height, width, channels), (_, noise_size) = shapes
        self.strength = self.add_weight(
            name="strength", shape=(channels,), initializer=keras.initializers.Constant(0.01)
        )
        entries = np.random.default_rng(self.seed).integers(2 * noise_size, size=(height, width))
        self.entries = entries.astype("int32")

    def call(self, inputs: Tensor) -> Tensor:
        tensor, noise = inputs
        pixels = ops.take(ops.concatenate([noise, -noise], axis=-1), self.entries, axis=-1)
        return tensor + self.strength * pixels[..., None]

    def compute_output_shape(self, shapes: tuple[Shape, Shape]) -> Shape:
        return shapes[0]


@keras.saving.register_keras_serializable("facegan")
class UnitVariance(layers.Layer):
    """Scales each vector of the batch to a mean square of one."""

    def call(self, inputs: Tensor) -> Tensor:
        return inputs * ops.rsqrt(ops.mean(ops.square(inputs), axis=-1, keepdims=True) + 1e-8)


def build_modulated_generator(recipe: ModulatedGenerator, image_size: int, condition_size: int) -> keras.Model:
    """Builds the generator.

    The smallest feature maps come from the noise alone (FastGAN, Liu et al. 2021), not from a learned constant, with
    which a few layouts recurred in all faces. Noise and condition enter the mapping network separately, so that neither
    dominates. From 8x8 on, noise is also added to the feature maps. The image is the sum of contributions at every size
    (the skip architecture in StyleGAN2's figure 7).

    Inputs: noise `(batch, noise_size)`, normally distributed; condition `(batch, condition_size)`, 0 or 1.
    Output: `(batch, size, size, 3)`, float32, in -1..1 or a little beyond: a saturated tanh would pass no gradient.
    """
    noise = keras.Input((recipe.noise_size,), name="noise")
    condition = keras.Input((condition_size,), name="condition")
    # From 0 or 1 to -1 or 1, so that both values of a column carry the same weight.
    embedded = UnitVariance()(layers.Dense(recipe.latent_size)(layers.Rescaling(2.0, -1.0)(condition)))
    unit_noise = UnitVariance()(noise)
    latent = layers.Concatenate()([unit_noise, embedded])
    for _ in range(2):
        latent = activation(layers.Dense(recipe.latent_size, kernel_initializer="he_normal")(latent))
    latent = UnitVariance()(latent)

    filters = recipe.filters[0]
    tensor = layers.Dense(BOTTOM_SIZE**2 * filters, kernel_initializer="lecun_normal")(unit_noise)
    tensor = layers.Reshape((BOTTOM_SIZE, BOTTOM_SIZE, filters))(tensor)
    tensor = activation(ModulatedConv2D(filters)([tensor, latent]))
    image = _contribution(tensor)
    for stage in range(1, int(math.log2(image_size // BOTTOM_SIZE)) + 1):
        filters = recipe.filters[min(stage, len(recipe.filters) - 1)]
        for place, upsample in enumerate((True, False)):
            tensor = ModulatedConv2D(filters, upsample)([tensor, latent])
            tensor = activation(NoiseInjection(2 * stage + place)([tensor, noise]))
        image = layers.UpSampling2D(interpolation="bilinear", dtype="float32")(image)
        # Named for models that grow.
        name = f"image_{BOTTOM_SIZE * 2**stage}"
        image = layers.Add(dtype="float32", name=name)([image, _contribution(tensor)])
    return keras.Model([noise, condition], image, name="generator")


def _contribution(tensor: Tensor) -> Tensor:
    # Untrained faces are nearly gray, because strong colours would have to be unlearnt.
    initializer = keras.initializers.VarianceScaling(0.02)
    return layers.Conv2D(3, 1, kernel_initializer=initializer, dtype="float32")(tensor)
