"""The generator: noise and condition to a face."""

import math

import keras
from keras import layers

from facegan.models.decoder import decoder_filters, decoder_stage, to_image
from facegan.models.modulated_generator import build_modulated_generator
from facegan.recipe.networks import BOTTOM_SIZE, ModulatedGenerator, Networks


def build_generator(recipe: Networks, image_size: int, condition_size: int) -> keras.Model:
    """Builds the generator that the recipe names.

    Inputs: noise `(batch, noise_size)`, normally distributed; condition `(batch, condition_size)`.
    Output: `(batch, size, size, 3)` in -1..1, float32.
    """
    if isinstance(recipe.generator, ModulatedGenerator):
        return build_modulated_generator(recipe.generator, image_size, condition_size)
    return _build_decoder_generator(recipe, image_size, condition_size)


def _build_decoder_generator(recipe: Networks, image_size: int, condition_size: int) -> keras.Model:
    """A dense layer, then the decoder, with the condition concatenated between its stages."""
    noise = keras.Input((recipe.generator.noise_size,), name="noise")
    condition = keras.Input((condition_size,), name="condition")
    bottom = (BOTTOM_SIZE, BOTTOM_SIZE, recipe.encoder.stage_filters(image_size)[-1])
    tensor = layers.Concatenate()([noise, condition])
    tensor = layers.Reshape(bottom)(layers.Dense(math.prod(bottom))(tensor))
    for stage, filters in enumerate(decoder_filters(recipe.encoder, image_size)):
        # The first stage receives the condition through the dense layer.
        tensor = decoder_stage(stage, tensor, filters, recipe, condition if stage else None)
    return keras.Model([noise, condition], to_image(tensor, recipe), name="generator")
