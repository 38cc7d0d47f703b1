"""Before the GAN begins: the attribute finder is trained on the labels of the photos."""

import logging
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
# Photos that are classified together.
BATCH = 256


class FinderTraining(keras.Model):
    """What `fit()` trains: the attribute finder on augmented photos; unknown labels do not count."""

    def __init__(self, finder: keras.Model, shares: np.ndarray) -> None:
        # Its inputs stay float32 whatever the networks compute in.
        super().__init__(dtype="float32")
        self.finder = finder
        self._shares = shares
        self.built = True

    def call(self, batch: dict[str, Tensor], training: bool = False) -> Tensor:
        images = ops.cast(batch["images"], "float32") / 127.5 - 1.0
        return self.finder(augment_images(images, batch["augmentation"]), training=training)

    def compute_loss(self, x: Any, y: tuple[Tensor, Tensor], y_pred: Tensor, *_: Any, **__: Any) -> Tensor:
        return balanced_cross_entropy(*y, y_pred, self._shares)


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
    """Returns how many steps the attribute finder of a recipe is trained for; 0 without one."""
    finder = recipe.attribute_finder
    return 0 if finder is None else max(1, finder.images // finder.batch_size)


def fine_tune_attribute_finder(
    networks: FaceGAN, source: BatchSource, seed: int, quiet: bool = False, pretrained: bool = True
) -> None:
    """Trains a model's attribute finder as its recipe specifies, from ImageNet's weights where it has a backbone.

    Args:
        networks: those with an attribute finder.
        source: of the photos to learn from.
        seed: of order and augmentation.
        quiet: whether to show and log no progress.
        pretrained: whether to begin with ImageNet's weights; otherwise with those that the finder has.

    Raises:
        FaceganError: the package that carries ImageNet's weights is not installed.
    """
    recipe, finder = networks.recipe.attribute_finder, networks.attribute_finder
    assert recipe is not None and finder is not None
    steps = pretraining_steps(networks.recipe)
    if pretrained:
        load_imagenet_weights(finder, recipe.backbone)
    shares = (source.vectors * source.known).sum(axis=0) / np.maximum(source.known.sum(axis=0), 1)
    finder.trainable = True
    training = FinderTraining(finder, shares)
    rate = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 10, steps, warmup_target=recipe.learning_rate, warmup_steps=max(1, int(WARM_UP * steps))
    )
    training.compile(keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY), jit_compile=JIT_COMPILE)
    batches = NumberedBatches(partial(labelled_batch, source, recipe.batch_size, seed), range(steps))
    if not quiet:
        logger.info("training the attribute finder for %d steps", steps)
    with progress_bar(steps, "training the attribute finder", hidden=quiet) as bar:
        fit(training, batches, bar)
    finder.trainable = False


def fill_unknown_labels(networks: FaceGAN, source: BatchSource) -> None:
    """Puts the attribute finder's predictions in the place of labels that are not known.

    Generator and editor need a whole condition for every face. Losses on labels still leave out the unknown ones.

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
        # Of the combinations that agree with what is known, the likeliest one.
        disagreement = source.known[chosen][:, None] * (source.vectors[chosen][:, None] != conditions[None])
        found = likelihoods.predict_on_batch([images, conditions]) - 1e6 * disagreement.sum(axis=-1)
        source.vectors[chosen] = conditions[found.argmax(axis=1)]
