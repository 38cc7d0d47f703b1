"""The start of a run: encoder and classifier learn what attributes look like, before there is anything to edit.

It is cheap, a forward and a backward pass of the encoder alone, and edits follow the classifier: until it tells
attributes apart, the editor has nothing to learn from and makes speckle.
"""

import sys

import click
import keras
import numpy as np
from keras import layers

from facegan.training.backends import JIT_COMPILE
from facegan.training.batches import Batches


def classifier(networks):
    """Encoder and match head of a `FaceGAN` as one model.

    Inputs: `images` `(batch, size, size, 3)` uint8; `condition` `(batch, k)`.
    Output: logits `(batch, k)` that face and condition agree in each column.
    """
    size, discriminator = networks.image_size, networks.discriminator
    images = keras.Input((size, size, 3), name="images")
    condition = keras.Input((len(networks.attributes),), name="condition")
    # Without the score, which nothing is asked of yet.
    seen = keras.Model(discriminator.inputs, discriminator.outputs[2])
    bottom = networks.encoder(layers.Rescaling(1 / 127.5, offset=-1)(images))[-1]
    return keras.Model({"images": images, "condition": condition}, seen([bottom, condition]))


class _Labelled(Batches):
    def __getitem__(self, index):
        (batch,) = super().__getitem__(index)
        # Asked whether every column is true, the head answers which ones are.
        return {"images": batch["images"], "condition": np.ones_like(batch["labels"])}, batch["labels"]


def learn_to_classify(networks, source, part, quiet):
    """Trains a new model's encoder and match head on the labels of photos, as many as the preset says.

    Args:
        networks: `FaceGAN` whose match head has a logit for each column.
        source: `BatchSource`.
        part: see `BatchSource.at`.
        quiet: no progress bar.
    """
    preset = networks.preset
    steps = preset.classified_images // source.batch_size
    if not steps:
        return
    model = classifier(networks)
    model.compile(
        keras.optimizers.Adam(preset.discriminator_rate, preset.beta_1, preset.beta_2),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=JIT_COMPILE,
    )
    label = "first, encoder and classifier"
    with click.progressbar(length=steps, label=label, file=sys.stderr, hidden=quiet, show_eta=True) as bar:
        tick = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: bar.update(1))
        model.fit(_Labelled(source, 0, steps, part), shuffle=False, verbose=0, callbacks=[tick])
