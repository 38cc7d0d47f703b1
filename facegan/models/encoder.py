"""The encoder that the discriminator and the editor share."""

import math

import keras
from keras import layers

from facegan.models.layers import InstanceNormalization, activation, convolution, to_fours

BOTTOM_SIZE = 4


def stage_filters(preset, image_size):
    """Filters of each encoder stage from the picture down to 4x4: for `paper` at 128, `[64, 128, 256, 512, 512]`.
    With `subpixel` as many as for pictures of half the height and width."""
    stages = int(math.log2(image_size // BOTTOM_SIZE)) - preset.subpixel
    return [min(preset.filters * 2**stage, preset.max_filters) for stage in range(stages)]


def build_encoder(preset, image_size):
    """From a picture to the feature maps of every stage.

    Input: `(batch, size, size, 3)` in -1..1. Outputs: a list, `(batch, size/2, size/2, filters)` first (`size/4` with
    `subpixel`) and `(batch, 4, 4, max_filters)` last.
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    tensor = to_fours(image) if preset.subpixel else image
    features = []
    for stage, filters in enumerate(stage_filters(preset, image_size)):
        tensor = convolution(tensor, filters, preset.kernel_size, strides=2)
        if stage or preset.first_normalised:
            tensor = InstanceNormalization()(tensor)
        tensor = activation(tensor)
        tensor = layers.Dropout(preset.dropout)(tensor)
        features.append(tensor)
    return keras.Model(image, features, name="encoder")
