"""The generator: noise and condition to a face."""

import keras
from keras import layers

from facegan.models.decoder import decoder_stage, to_picture
from facegan.models.encoder import BOTTOM_SIZE, stage_filters


def build_generator(preset, image_size, condition_size):
    """A dense layer, then the decoder, with the condition joined between its stages.

    Inputs: noise `(batch, noise_size)`, normally distributed; condition `(batch, condition_size)`.
    Output: `(batch, size, size, 3)` in -1..1, float32.
    """
    noise = keras.Input((preset.noise_size,), name="noise")
    condition = keras.Input((condition_size,), name="condition")
    filters = stage_filters(preset, image_size)[::-1]
    tensor = layers.Concatenate()([noise, condition])
    tensor = layers.Dense(BOTTOM_SIZE * BOTTOM_SIZE * filters[0])(tensor)
    tensor = layers.Reshape((BOTTOM_SIZE, BOTTOM_SIZE, filters[0]))(tensor)
    for stage, stage_channels in enumerate(filters):
        # The dense layer has brought the condition to the first stage.
        tensor = decoder_stage(tensor, stage_channels, preset, condition if stage else None)
    return keras.Model([noise, condition], to_picture(tensor, preset), name="generator")
