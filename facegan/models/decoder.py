"""The decoder's stages, used by the generator and, with weights of its own, by the editor."""

from keras import layers

from facegan.models.encoder import stage_filters
from facegan.models.layers import (
    EnlargingPictureConvolution,
    InstanceNormalization,
    PictureConvolution,
    activation,
    enlarging_convolution,
    join,
    modulate,
    transposed_convolution,
)


def decoder_filters(preset, image_size):
    """Filters of each decoder stage, from 4x4 up: as many as the encoder has at the same height and width. At the
    full size, where the encoder has none, as many as at half of it: for `paper` at 128, `[512, 256, 128, 64, 64]`."""
    filters = stage_filters(preset, image_size)
    return [*filters[-2::-1], filters[0]]


def decoder_stage(tensor, filters, preset, condition=None, skip=None):
    """Doubles height and width.

    Args:
        tensor: `(batch, h, w, channels)`.
        filters: channels of the result.
        condition: `(batch, k)`, or None where the condition has come in another way.
        skip: encoder features of the same height and width as `tensor`, joined to it.

    Returns:
        `(batch, 2h, 2w, filters)`.
    """
    if skip is not None:
        tensor = layers.Concatenate()([tensor, skip])
    if condition is not None and preset.condition == "joined":
        tensor = join(tensor, condition)
    if preset.upsampling == "nearest":
        tensor = enlarging_convolution(tensor, filters)
    else:
        tensor = transposed_convolution(tensor, filters, preset.kernel_size, strides=2)
    tensor = InstanceNormalization()(tensor)
    if condition is not None and preset.condition == "modulation":
        tensor = modulate(tensor, condition)
    return activation(tensor)


def to_picture(tensor, preset):
    """The last convolution: `(batch, h, w, 3)` in -1..1, float32 whatever the precision of the rest.

    With `subpixel` the tensor has half the picture's height and width.
    """
    convolution = EnlargingPictureConvolution if preset.subpixel else PictureConvolution
    return layers.Activation("tanh", dtype="float32")(convolution(preset.kernel_size)(tensor))
