"""The generator: noise and condition to a face."""

import math

import keras
from keras import layers

from facegan.models.decoder import decoder_filters, decoder_stage, to_picture
from facegan.models.encoder import BOTTOM_SIZE, stage_filters


def build_generator(preset, image_size, condition_size):
    """A dense layer, then the decoder, with the condition joined between its stages.

    Inputs: noise `(batch, noise_size)`, normally distributed; condition `(batch, condition_size)`.
    Output: `(batch, size, size, 3)` in -1..1, float32.
    """
    noise = keras.Input((preset.noise_size,), name="noise")
    condition = keras.Input((condition_size,), name="condition")
    bottom = (BOTTOM_SIZE, BOTTOM_SIZE, stage_filters(preset, image_size)[-1])
    tensor = layers.Concatenate()([noise, condition])
    tensor = layers.Reshape(bottom)(layers.Dense(math.prod(bottom))(tensor))
    for stage, filters in enumerate(decoder_filters(preset, image_size)):
        # The dense layer has brought the condition to the first stage.
        tensor = decoder_stage(tensor, filters, preset, condition if stage else None)
    return keras.Model([noise, condition], to_picture(tensor, preset), name="generator")
