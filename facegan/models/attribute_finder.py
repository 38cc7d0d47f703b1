"""The attribute finder: a classifier for photos without labels, whose predictions also train generator and editor."""

import keras
from keras import layers

from facegan.features.efficientnet import build_efficientnet_lite
from facegan.recipe.objective import AttributeFinder


def build_attribute_finder(recipe: AttributeFinder, image_size: int, condition_size: int) -> keras.Model:
    """Builds the network. It is frozen, except while `facegan.training.pretraining` trains it.

    Input: `(batch, size, size, 3)` in -1..1. Output: `(batch, condition_size)` logits that each column is 1, float32.

    Args:
        recipe: the recipe's attribute finder, which names the backbone.
        image_size: height and width of the images.
        condition_size: the number of label columns.
    """
    # The weights are loaded later, from a file or from ImageNet.
    backbone = build_efficientnet_lite(recipe.backbone, image_size, False)
    pooled = layers.GlobalAveragePooling2D(dtype="float32")(backbone.outputs[-1])
    logits = layers.Dense(condition_size, dtype="float32")(layers.Dropout(0.2, dtype="float32")(pooled))
    finder = keras.Model(backbone.input, logits, name="attribute_finder")
    finder.trainable = False
    return finder
