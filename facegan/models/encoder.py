"""The encoder that the critic and the editor share."""

import keras
from keras import layers

from facegan.models.layers import InstanceNormalization, activation, convolution
from facegan.recipe.networks import Encoder


def build_encoder(recipe: Encoder, image_size: int) -> keras.Model:
    """Builds the network from an image to the feature maps of every stage.

    Input: `(batch, size, size, 3)` in -1..1. Outputs: a list, `(batch, size/2, size/2, filters)` first and
    `(batch, 4, 4, max_filters)` last.
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    tensor, features = image, []
    for stage, filters in enumerate(recipe.stage_filters(image_size)):
        tensor = convolution(tensor, filters, recipe.kernel_size, strides=2)
        if stage or recipe.normalise_first:
            tensor = InstanceNormalization()(tensor)
        tensor = layers.Dropout(recipe.dropout)(activation(tensor))
        features.append(tensor)
    return keras.Model(image, features, name="encoder")
