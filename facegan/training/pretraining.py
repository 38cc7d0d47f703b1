"""Training of the attribute finder on the labels of the photos, before the GAN."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from facegan.augment.differentiable import DifferentiableAugmentation, augment_images
from facegan.features.efficientnet import load_imagenet_weights
from facegan.losses import balanced_cross_entropy, preservation_loss
from facegan.models.attribute_finder import build_attribute_finder
from facegan.models.facegan import FaceGAN
from facegan.models.fitting import NumberedBatches, fit
from facegan.progress import progress_bar
from facegan.recipe import Recipe
from facegan.tensors import Tensor
from facegan.training.backends import JIT_COMPILE
from facegan.training.batches import BatchSource
from facegan.training.beginning import Beginning

logger = logging.getLogger(__name__)

WEIGHT_DECAY = 1e-2
WARM_UP = 0.1  # of the steps
# The number of photos that are classified together.
BATCH = 256


class FinderTraining(keras.Model):
    """What `fit()` trains: the attribute finder on augmented photos; unknown labels do not count.

    A finder that gains attributes is trained on photos that have labels of these. Where a label of another attribute is
    unknown, its former self is the teacher (learning without forgetting, Li and Hoiem 2016).

    Args:
        networks: the networks, with an attribute finder.
        source: the photos.
        beginning: how the networks began.
        pretrained: whether a new finder starts from ImageNet weights; otherwise, or if it has grown, from its own.

    Attributes:
        photos: for each attribute to learn, the indexes of the photos with a known label.
        teacher: a copy of the finder before the training; None for a new finder.

    Raises:
        FaceganError: the package with the ImageNet weights is not installed.
    """

    def __init__(self, networks: FaceGAN, source: BatchSource, beginning: Beginning, pretrained: bool = True) -> None:
        # The inputs stay float32, whatever the precision of the networks.
        super().__init__(dtype="float32")
        recipe, finder = networks.recipe.attribute_finder, networks.attribute_finder
        assert recipe is not None and finder is not None
        self.finder, self.batch_size, self.steps = finder, recipe.batch_size, pretraining_steps(networks.recipe)
        self._frequencies = (source.conditions * source.known).sum(axis=0) / np.maximum(source.known.sum(axis=0), 1)
        new = beginning.new_attributes
        self.photos = source.labelled(new or source.attributes.names)
        self.teacher: keras.Model | None = None
        if "attribute_finder" not in beginning.random_networks:
            self._learnt = sum(len(item.columns) for item in networks.attributes.items if item.name not in new)
            self.teacher = build_attribute_finder(recipe, networks.image_size, len(networks.attributes))
            self.teacher.set_weights(finder.get_weights())
        elif pretrained and not beginning.grown:
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
        images = augment_images(images, batch["augmentation"])
        logits = self.finder(images, training=training)
        return logits if self.teacher is None else ops.stack([logits, self.teacher(images, training=False)])

    def compute_loss(self, x: Any, y: tuple[Tensor, Tensor], y_pred: Tensor, *_: Any, **__: Any) -> Tensor:
        if self.teacher is None:
            return balanced_cross_entropy(*y, y_pred, self._frequencies)
        logits, before = ops.unstack(y_pred, 2)
        kept = [array[:, : self._learnt] for array in (logits, before, y[1])]
        return balanced_cross_entropy(*y, logits, self._frequencies) + preservation_loss(*kept)


@contextmanager
def unfrozen(network: keras.Model) -> Iterator[None]:
    """A context in which a frozen network is trained."""
    network.trainable = True
    yield
    network.trainable = False


def labelled_batch(
    source: BatchSource, photos: Sequence[np.ndarray], batch_size: int, seed: int, step: int
) -> tuple[dict[str, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Photos with labels, drawn at random: the same seed and step give the same batch.

    Args:
        source: of all photos.
        photos: those that have a label of each attribute. All attributes are drawn equally often, however many photos
            have a label for them.
        batch_size: how many photos.
        seed: of the run.
        step: its number.
    """
    random = np.random.default_rng([seed, 4, step])
    items = random.integers(0, len(photos), batch_size)
    chosen = np.sort([random.choice(photos[item]) for item in items])
    batch = {"images": source.faces.faces[source.images[chosen]]}
    batch |= DifferentiableAugmentation().changed(batch, random)
    return batch, (source.conditions[chosen], source.known[chosen])


def pretraining_steps(recipe: Recipe) -> int:
    """Returns the number of steps that train a recipe's attribute finder; 0 without one."""
    finder = recipe.attribute_finder
    return 0 if finder is None else max(1, finder.images // finder.batch_size)


def finder_needs_training(networks: FaceGAN, beginning: Beginning) -> bool:
    """Returns whether there is an attribute finder that is new, has grown or has new attributes."""
    is_new = "attribute_finder" in beginning.random_networks
    return networks.attribute_finder is not None and (is_new or bool(beginning.new_attributes))


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
    batches = NumberedBatches(partial(labelled_batch, source, training.photos, training.batch_size, seed), steps)
    label = "training the attribute finder"
    if not quiet:
        logger.info("%s for %d steps", label, len(steps))
    with progress_bar(training.steps, label, hidden=quiet, initial=first_step) as bar, unfrozen(training.finder):
        fit(training, batches, bar, callbacks)


def fill_unknown_labels(networks: FaceGAN, source: BatchSource) -> None:
    """Replaces unknown labels by the attribute finder's predictions.

    Generator and editor need a complete condition for every face. Losses on labels still ignore unknown ones, except of
    an attribute without any known label: there, the predictions count as labels.

    Args:
        networks: without an attribute finder, unknown labels stay 0. The combinations become those of all photos.
        source: its `conditions` and `known` are changed.
    """
    rows = np.flatnonzero((source.known == 0).any(axis=1))
    if networks.attribute_finder is None or not len(rows):
        return
    for start in progress_bar(range(0, len(rows), BATCH), "predicting unknown labels"):
        chosen = rows[start : start + BATCH]
        images = source.faces.faces[source.images[chosen]].astype("float32") / 127.5 - 1.0
        probabilities = ops.convert_to_numpy(ops.sigmoid(networks.attribute_finder.predict_on_batch(images)))
        labels = np.where(source.known[chosen], source.conditions[chosen], probabilities)
        source.conditions[chosen] = source.attributes.nearest(labels)
    source.known[:, ~source.known.any(axis=0)] = 1
    networks.count_combinations(source.conditions)
