"""Training of the attribute finder on the labels of the photos, before the GAN."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from facegan.augment.differentiable import DRAWS, augment_images
from facegan.features.efficientnet import load_imagenet_weights
from facegan.losses import balanced_cross_entropy
from facegan.models.compiled import Compiled
from facegan.models.facegan import FaceGAN
from facegan.models.fitting import NumberedBatches, fit
from facegan.progress import progress_bar
from facegan.recipe import Recipe
from facegan.tensors import Tensor
from facegan.training.backends import JIT_COMPILE
from facegan.training.batches import BatchSource

logger = logging.getLogger(__name__)

WEIGHT_DECAY = 1e-2
WARM_UP = 0.1  # of the steps
# The number of photos that are classified together.
BATCH = 256


class FinderTraining(keras.Model):
    """What `fit()` trains: the attribute finder on augmented photos; unknown labels do not count.

    Args:
        networks: the networks, with an attribute finder.
        source: the photos.
        pretrained: whether to start from ImageNet weights; otherwise from the finder's own.

    Raises:
        FaceganError: the package with the ImageNet weights is not installed.
    """

    def __init__(self, networks: FaceGAN, source: BatchSource, pretrained: bool = True) -> None:
        # The inputs stay float32, whatever the precision of the networks.
        super().__init__(dtype="float32")
        recipe, finder = networks.recipe.attribute_finder, networks.attribute_finder
        assert recipe is not None and finder is not None
        self.finder, self.batch_size, self.steps = finder, recipe.batch_size, pretraining_steps(networks.recipe)
        self._frequencies = (source.vectors * source.known).sum(axis=0) / np.maximum(source.known.sum(axis=0), 1)
        if pretrained:
            load_imagenet_weights(finder, recipe.backbone)
        rate = keras.optimizers.schedules.CosineDecay(
            recipe.learning_rate / 10,
            self.steps,
            warmup_target=recipe.learning_rate,
            warmup_steps=max(1, int(WARM_UP * self.steps)),
        )
        self.compile(keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY), jit_compile=JIT_COMPILE)
        with unfrozen(finder):
            self.optimizer.build(finder.trainable_variables)
        self.built = True

    def call(self, batch: dict[str, Tensor], training: bool = False) -> Tensor:
        images = ops.cast(batch["images"], "float32") / 127.5 - 1.0
        return self.finder(augment_images(images, batch["augmentation"]), training=training)

    def compute_loss(self, x: Any, y: tuple[Tensor, Tensor], y_pred: Tensor, *_: Any, **__: Any) -> Tensor:
        return balanced_cross_entropy(*y, y_pred, self._frequencies)


@contextmanager
def unfrozen(network: keras.Model) -> Iterator[None]:
    """A context in which a frozen network is trained."""
    network.trainable = True
    yield
    network.trainable = False


def labelled_batch(source: BatchSource, batch_size: int, seed: int, step: int) -> tuple:
    """Photos with labels, drawn at random: the same seed and step give the same batch."""
    random = np.random.default_rng([seed, 4, step])
    chosen = np.sort(random.choice(len(source.images), batch_size))
    batch = {
        "images": source.faces.faces[source.images[chosen]],
        "augmentation": random.random((batch_size, DRAWS), "float32"),
    }
    return batch, (source.vectors[chosen], source.known[chosen])


def pretraining_steps(recipe: Recipe) -> int:
    """Returns the number of steps that train a recipe's attribute finder; 0 without one."""
    finder = recipe.attribute_finder
    return 0 if finder is None else max(1, finder.images // finder.batch_size)


def fine_tune_attribute_finder(
    training: FinderTraining,
    source: BatchSource,
    seed: int,
    first_step: int = 0,
    quiet: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> None:
    """Trains a model's attribute finder as its recipe specifies.

    Args:
        training: the finder in training.
        source: the photos.
        seed: of order and augmentation.
        first_step: the number of steps completed before.
        quiet: whether to show and log no progress.
        callbacks: further Keras callbacks.
    """
    steps = range(first_step, training.steps)
    if not steps:
        return
    batches = NumberedBatches(partial(labelled_batch, source, training.batch_size, seed), steps)
    label = "training the attribute finder"
    if not quiet:
        logger.info("%s for %d steps", label, len(steps))
    with (
        progress_bar(training.steps, label, hidden=quiet, initial=first_step) as bar,
        unfrozen(training.finder),
    ):
        fit(training, batches, bar, callbacks)


def fill_unknown_labels(networks: FaceGAN, source: BatchSource) -> None:
    """Replaces unknown labels by the attribute finder's predictions.

    Generator and editor need a complete condition for every face. Losses on labels still ignore unknown ones.

    Args:
        networks: without an attribute finder, unknown labels stay 0.
        source: its `vectors` are changed.
    """
    rows = np.flatnonzero((source.known == 0).any(axis=1))
    if networks.attribute_finder is None or not len(rows):
        return
    conditions, likelihoods = networks.conditions(), Compiled(networks, "likelihoods")
    for start in progress_bar(range(0, len(rows), BATCH), "predicting unknown labels"):
        chosen = rows[start : start + BATCH]
        images = source.faces.faces[source.images[chosen]].astype("float32") / 127.5 - 1.0
        # The most likely combination among those that agree with the known labels.
        disagreement = source.known[chosen][:, None] * (source.vectors[chosen][:, None] != conditions[None])
        found = likelihoods.predict_on_batch([images, conditions]) - 1e6 * disagreement.sum(axis=-1)
        source.vectors[chosen] = conditions[found.argmax(axis=1)]
