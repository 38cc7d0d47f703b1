"""The start of a run: encoder and classifiers learn what attributes look like, before there is anything to edit.

It is cheap, a forward and a backward pass of the encoder alone, and edits follow the classifier: until it tells
attributes apart, the editor has nothing to learn from and makes speckle.
"""

import sys

import click
import keras
import numpy as np
from keras import layers, ops
from PIL import Image

from facegan.data.hair import HairDonors, with_hair_of
from facegan.losses import balanced_cross_entropy
from facegan.photos.align import Alignment
from facegan.training.backends import JIT_COMPILE
from facegan.training.batches import Batches

# What the other classifiers learn with: Adam's rate, the share of photos in the hair of others, and how far photos are
# turned, in radians, and scaled.
CLASSIFIERS_RATE = 1e-3
WITH_HAIR = 0.5
LARGEST_ANGLE = 0.126
LARGEST_ZOOM = 0.08
# How many batches tell how often each column is 1.
SHARES_FROM = 64


def discriminating(networks):
    """Encoder and match head of a `FaceGAN` as one model.

    Input: faces `(batch, size, size, 3)`, 0 to 255. Output: logits `(batch, k)` that each column is 1.
    """
    discriminator, columns = networks.discriminator, len(networks.attributes)
    # Without the score, which nothing is asked of yet.
    seen = keras.Model(discriminator.inputs, discriminator.outputs[2])
    images, normalised = _photos(networks)
    bottom = networks.encoder(normalised)[-1]
    # Asked whether every column is true, the head says which ones are.
    every = ops.repeat(ops.ones_like(bottom[:, 0, 0, :1], "float32"), columns, axis=-1)
    return keras.Model(images, seen([bottom, every]))


def classifying(networks):
    """The classifiers of a `FaceGAN` as one model, like `discriminating`; its output is `(batch, classifiers, k)`.

    They see photos in another light and with noise, while they learn.
    """
    images, normalised = _photos(networks)
    lit = layers.RandomContrast(0.2, value_range=(-1, 1))(normalised)
    return keras.Model(images, networks.classifiers(layers.GaussianNoise(0.1)(lit)))


def _photos(networks):
    images = keras.Input((networks.image_size, networks.image_size, 3))
    return images, layers.Rescaling(1 / 127.5, offset=-1)(images)


def _cross_entropy(labels, logits):
    return ops.mean(ops.softplus(logits) - labels * logits, axis=-1)


def _of_each_classifier(source, steps):
    """The loss of several answers for each face, `(batch, classifiers, k)`; on every host the same.

    Every column's two values weigh the same. Else who has seen few people with glasses says of half of all that they
    wear none, and an edit that shall take these off has little left to do.
    """
    first = _Varied(source, 0, min(steps, SHARES_FROM))
    loss = balanced_cross_entropy(np.mean([labels for _, labels in first], axis=(0, 1)))
    return lambda labels, logits: loss(ops.expand_dims(labels, 1), logits)


class _Labelled(Batches):
    def __getitem__(self, index):
        (batch,) = super().__getitem__(index)
        return batch["images"], batch["labels"]


class _Varied(_Labelled):
    """The same photos, half of them in the hair of others; a little turned and scaled. (Keras's layers that do so are not
    compiled for GPUs.)"""

    def __init__(self, source, *steps):
        super().__init__(source, *steps)
        self._source = source
        self._donors = HairDonors(source.vectors, source.attributes.columns)

    def __getitem__(self, index):
        images, labels = super().__getitem__(index)
        random = np.random.default_rng(index)
        for place in np.flatnonzero(random.random(len(images)) < WITH_HAIR) if self._donors.around.any() else ():
            other = self._donors.draw(labels[place], random)
            images[place] = with_hair_of(images[place], self._source.photo(other), random)
            labels[place, self._donors.around] = self._source.vectors[other, self._donors.around]
        return np.stack([_turned(image, random) for image in images]), labels


def _turned(image, random):
    size = len(image)
    angle, side = random.uniform(-LARGEST_ANGLE, LARGEST_ANGLE), size * random.uniform(1 - LARGEST_ZOOM, 1 + LARGEST_ZOOM)
    return np.asarray(Alignment.centred_at(size / 2, size / 2, side, angle).crop(Image.fromarray(image), size))


def learn_to_classify(networks, source, part, quiet):
    """Trains a new model's encoder and match head on the labels of photos, as many as the preset says; and then the
    classifiers apart from the discriminator, if there are any.

    Args:
        networks: `FaceGAN` whose match head has a logit for each column. What its record does not name as begun anew has
            learnt already.
        source: `BatchSource`.
        part: see `BatchSource.at`.
        quiet: no progress bar.
    """
    preset, anew = networks.preset, networks.record["begun_anew"]
    steps = preset.classified_images // source.batch_size
    if steps and "encoder" in anew:
        rate = preset.discriminator_rate
        photos = _Labelled(source, 0, steps, part)
        _learn(discriminating(networks), _cross_entropy, rate, "first, encoder and classifier", preset, photos, quiet)
    if steps and "classifiers" in anew:
        networks.classifiers.trainable = True
        rate = keras.optimizers.schedules.CosineDecay(CLASSIFIERS_RATE, steps)
        photos = _Varied(source, 0, steps, part)
        loss = _of_each_classifier(source, steps)
        _learn(classifying(networks), loss, rate, "first, the other classifiers", preset, photos, quiet)
        networks.classifiers.trainable = False


def _learn(model, loss, rate, label, preset, photos, quiet):
    model.compile(keras.optimizers.Adam(rate, preset.beta_1, preset.beta_2), loss, jit_compile=JIT_COMPILE)
    with click.progressbar(length=len(photos), label=label, file=sys.stderr, hidden=quiet, show_eta=True) as bar:
        tick = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: bar.update(1))
        model.fit(photos, shuffle=False, verbose=0, callbacks=[tick])
