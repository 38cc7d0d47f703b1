"""Decoder stages, used by the generator and, with separate weights, by the editor."""

from keras import layers

from facegan.models.layers import (
    Conv2DTranspose,
    InitialKernel,
    InstanceNormalization,
    ToRGB,
    UpsampleConv2D,
    activation,
    concatenate_condition,
    film,
)
from facegan.recipe.networks import Encoder, Networks
from facegan.tensors import Tensor


def decoder_filters(recipe: Encoder, image_size: int) -> list[int]:
    """Filters of each decoder stage from 4x4 up: those of the encoder at the same size.

    The stage at full size, where the encoder has none, has as many as the one before: for `paper` at 128,
    `[512, 256, 128, 64, 64]`.
    """
    filters = recipe.stage_filters(image_size)
    return [*filters[-2::-1], filters[0]]


def decoder_stage(
    stage: int,
    tensor: Tensor,
    filters: int,
    recipe: Networks,
    condition: Tensor | None = None,
    skip: Tensor | None = None,
) -> Tensor:
    """Doubles height and width.

    Args:
        stage: its number, counted from 0 at 4x4; it names the result, `stage_0`, for models that grow.
        tensor: `(batch, h, w, channels)`.
        filters: channels of the result.
        recipe: the model's networks.
        condition: `(batch, k)`, or None if the stage does not receive the condition.
        skip: encoder features of the same height and width as `tensor`, concatenated with it.

    Returns:
        `(batch, 2h, 2w, filters)`.
    """
    if skip is not None:
        tensor = layers.Concatenate()([tensor, skip])
    if condition is not None and recipe.decoder.conditioning == "concatenation":
        tensor = concatenate_condition(tensor, condition)
    if recipe.decoder.upsampling == "nearest":
        tensor = UpsampleConv2D(filters, kernel_initializer=InitialKernel())(tensor)
    else:
        tensor = Conv2DTranspose(filters, recipe.encoder.kernel_size, kernel_initializer=InitialKernel())(tensor)
    tensor = InstanceNormalization()(tensor)
    if condition is not None and recipe.decoder.conditioning == "film":
        tensor = film(tensor, condition)
    return activation(tensor, f"stage_{stage}")


def to_image(tensor: Tensor, recipe: Networks) -> Tensor:
    """The last convolution: `(batch, size, size, 3)` in -1..1, float32 whatever the precision of the other layers."""
    return layers.Activation("tanh", dtype="float32")(ToRGB(recipe.encoder.kernel_size)(tensor))
