"""The attribute finder: a classifier for photos without labels, whose predictions also train generator and editor."""

import keras
from keras import layers

from facegan.features.efficientnet import build_efficientnet_lite
from facegan.recipe.objective import AttributeFinder, ClassifierEnsemble
from facegan.tensors import Tensor

# Of the classifiers of an ensemble.
FILTERS = 32
MAX_FILTERS = 192
SMALLEST = 4  # pixels


def build_attribute_finder(
    recipe: AttributeFinder | ClassifierEnsemble, image_size: int, condition_size: int
) -> keras.Model:
    """Builds the network. It is frozen, except while `facegan.training.pretraining` trains it.

    Input: `(batch, size, size, 3)` in -1..1. Output: `(batch, condition_size)` logits that each column is 1, float32.

    Args:
        recipe: names the backbone, or the size of the ensemble.
        image_size: height and width of the images.
        condition_size: how many label columns.
    """
    if isinstance(recipe, ClassifierEnsemble):
        finder = _build_ensemble(recipe.classifiers, image_size, condition_size)
    else:
        # The weights of a file or of ImageNet follow.
        backbone = build_efficientnet_lite(recipe.backbone, image_size, False)
        pooled = layers.GlobalAveragePooling2D(dtype="float32")(backbone.outputs[-1])
        logits = layers.Dense(condition_size, dtype="float32")(layers.Dropout(0.2, dtype="float32")(pooled))
        finder = keras.Model(backbone.input, logits, name="attribute_finder")
    finder.trainable = False
    return finder


def _build_ensemble(count: int, image_size: int, condition_size: int) -> keras.Model:
    """The mean of several classifiers' logits.

    The first three of each six receive faces at half their size, the others at full size, with few filters where images
    are large; of each three, the first kernel has 3, 5 or 7 pixels.
    """
    images = keras.Input((image_size, image_size, 3), name="images")
    scales = [(layers.AveragePooling2D(2)(images), FILTERS), (images, FILTERS // 2)]
    logits = [_classifier(*scales[index // 3 % 2], 3 + 2 * (index % 3), condition_size) for index in range(count)]
    mean = layers.Average(dtype="float32")(logits) if count > 1 else logits[0]
    return keras.Model(images, mean, name="attribute_finder")


def _classifier(tensor: Tensor, filters: int, kernel_size: int, condition_size: int) -> Tensor:
    tensor = _convolution(tensor, filters, kernel_size, 2)
    while tensor.shape[1] > SMALLEST:
        filters = min(2 * filters, MAX_FILTERS)
        tensor = _convolution(_convolution(tensor, filters, 3, 2), filters, 3, 1)
    features = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(tensor))
    return layers.Dense(condition_size, dtype="float32")(features)


def _convolution(tensor: Tensor, filters: int, kernel_size: int, strides: int) -> Tensor:
    tensor = layers.Conv2D(filters, kernel_size, strides, padding="same", use_bias=False)(tensor)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(tensor))
