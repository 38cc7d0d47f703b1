"""Classifiers apart from the discriminator: they know photos alone, and say what these and edited faces look like.

Whoever has to please one classifier finds changes that only this one sees. What several of them see, each with other eyes,
others see, too (Liu et al. 2017, transferable adversarial examples: here it is what one wants).
"""

import keras
from keras import layers

FILTERS = 32
MAX_FILTERS = 192
SMALLEST = 4  # pixels


def build_classifiers(count, image_size, columns):
    """`count` classifiers as one network.

    The first three see faces at half their size, the next three as they are, narrow where pictures are large; of each
    three, one through a first kernel of 3 pixels, one of 5, one of 7. What they have learnt stays: their weights are not
    trainable but at the start of a run (`facegan.training.start`).

    Input: `(batch, size, size, 3)` in -1..1. Output: `(batch, count, columns)` logits that a column is 1, float32.
    """
    images = keras.Input((image_size, image_size, 3), name="images")
    seen = [(layers.AveragePooling2D(2)(images), FILTERS), (images, FILTERS // 2)]
    logits = [_classifier(*seen[index // 3 % 2], 3 + 2 * (index % 3), columns) for index in range(count)]
    classifiers = keras.Model(images, layers.Concatenate(axis=1, dtype="float32")(logits), name="classifiers")
    classifiers.trainable = False
    return classifiers


def _classifier(tensor, filters, kernel_size, columns):
    tensor = _convolution(tensor, filters, kernel_size, 2)
    while tensor.shape[1] > SMALLEST:
        filters = min(2 * filters, MAX_FILTERS)
        tensor = _convolution(_convolution(tensor, filters, 3, 2), filters, 3, 1)
    features = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(tensor))
    return layers.Reshape((1, columns), dtype="float32")(layers.Dense(columns, dtype="float32")(features))


def _convolution(tensor, filters, kernel_size, strides):
    tensor = layers.Conv2D(filters, kernel_size, strides, padding="same", use_bias=False)(tensor)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(tensor))
