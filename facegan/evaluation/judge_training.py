"""Trains the judge, with its own loss and batches."""

import logging
import math
import os
from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from facegan.data.prepared import PreparedFaces
from facegan.errors import FaceganError
from facegan.evaluation.judge import INPUT_SIZE, JUDGE_FILE, Judge, load_judge
from facegan.evaluation.judge_augmentation import augment
from facegan.files import atomic_write, reserve
from facegan.models.fitting import NumberedBatches, fit
from facegan.models.precision import choose_precision, set_precision
from facegan.progress import progress_bar
from facegan.tensors import Tensor

logger = logging.getLogger(__name__)

# The total number of training photos, with repetitions.
IMAGES = 200_000
BATCH_SIZE = 64
# AdamW's peak learning rate for a batch of 64; it grows with the square root of the batch size.
RATE = 3e-4
WARM_UP = 0.05  # of all steps
WEIGHT_DECAY = 0.02
CLIP_NORM = 1.0
# Columns such as hair colour are subjective, so a network that is certain of them has memorised them.
LABEL_SMOOTHING = 0.05
# A column with fewer validation faces of either value keeps a threshold of 0.
FEWEST_FOR_THRESHOLD = 10
UNKNOWN = -1.0
SEED = 0  # of weights, order and augmentation
# Threads that augment faces; Pillow and NumPy release the interpreter lock.
_MOST_THREADS = 12


def judge_of(faces: PreparedFaces) -> Judge:
    """Returns the judge of a data set from `judge.keras` in its folder; trains it on first use.

    Raises:
        FaceganError: the file cannot be read or written, contains a judge for other faces, or the package with the
            ImageNet weights is not installed.
    """
    path = faces.path / JUDGE_FILE
    if not path.exists():
        # Before training, which takes an hour: checks that it can be saved, and that no other process trains it.
        with reserve(faces.path):
            judge = train_judge(faces)
            with atomic_write(path) as temporary:
                keras.saving.save_model(judge, temporary)
    judge = load_judge(path)
    if judge.data != faces.info:
        raise FaceganError(f"the judge in {path} was trained on other faces; delete the file to train a new one")
    return judge


def train_judge(
    faces: PreparedFaces,
    images: int = IMAGES,
    batch_size: int = BATCH_SIZE,
    precision: str = "auto",
    input_size: int = INPUT_SIZE,
) -> Judge:
    """Trains a judge of all label columns on the training split; the validation split determines the thresholds.

    Args:
        faces: labelled faces. Unknown labels are ignored.
        images: the number of photos to train on, with repetitions.
        batch_size: photos in a step.
        precision: `"float32"`, `"bfloat16"` or `"auto"`. The judge that is returned computes in float32.
        input_size: the side to which faces are resized, a multiple of 32.

    Raises:
        FaceganError: the package with the ImageNet weights is not installed.
    """
    training, validation = faces.split("train"), faces.split("validation")
    keras.utils.set_random_seed(SEED)
    set_precision(choose_precision(precision))
    learner = Judge(faces.size, faces.columns, input_size=input_size, pretrained=True)
    set_precision("float32")
    steps = max(1, images // batch_size)
    learner.compile(
        _optimizer(steps, batch_size),
        loss=masked_cross_entropy(_frequencies(faces, training)),
        # On TensorFlow, XLA's compilation would take longer than it saves.
        jit_compile=keras.backend.backend() == "jax",
    )
    order = photo_order(training, steps * batch_size, SEED).reshape(steps, batch_size)
    batches = NumberedBatches(
        lambda step: augmented_batch(faces, order[step], np.random.default_rng([SEED, step])),
        range(steps),
        workers=max(1, min(_MOST_THREADS, (os.cpu_count() or 1) - 1)),
        max_queue_size=32,
    )
    logger.info("training the judge for %d steps", steps)
    with progress_bar(steps, "training the judge") as bar:
        fit(learner, batches, bar)
    judge = Judge(faces.size, faces.columns, data=faces.info, input_size=input_size)
    judge.set_weights(learner.get_weights())
    logits, _ = judge.logits_and_features(faces.faces[validation])
    labels, known = faces.labels[validation], faces.known[validation].astype(bool)
    judge.thresholds = np.array(
        [
            best_threshold(logits[known[:, column], column], labels[known[:, column], column])
            for column in range(len(faces.columns))
        ]
    )
    return judge


def _optimizer(steps: int, batch_size: int) -> keras.optimizers.Optimizer:
    warm_up = round(WARM_UP * steps)
    rate = RATE * math.sqrt(batch_size / BATCH_SIZE)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warm_up), warmup_target=rate, warmup_steps=max(1, warm_up)
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY, global_clipnorm=CLIP_NORM)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def _frequencies(faces: PreparedFaces, chosen: np.ndarray) -> np.ndarray:
    """How often each column is 1 where it is known."""
    labels, known = faces.labels[chosen], faces.known[chosen].astype(bool)
    return np.sum(labels * known, axis=0) / np.maximum(known.sum(axis=0), 1)


def masked_cross_entropy(frequencies: np.ndarray) -> Callable:
    """Builds a binary cross-entropy with smoothed labels that ignores unknown labels and gives rare values more weight.

    The weight of a value is the inverse square root of its frequency (Mahajan et al. 2018, for sampling). With equal
    weights a rare value is hardly learnt; with full balancing its few photos are memorised.

    Args:
        frequencies: `(columns,)`, how often each column is 1.

    Returns:
        A function of labels `(batch, columns)`, 0, 1 or `UNKNOWN`, and logits of the same shape: `(batch,)` losses.
    """
    frequencies = np.clip(frequencies, 0.01, 0.99).astype("float32")
    # The mean weight of a column is 1.
    total = np.sqrt(frequencies) + np.sqrt(1 - frequencies)
    of_ones, of_zeros = 1 / (np.sqrt(frequencies) * total), 1 / (np.sqrt(1 - frequencies) * total)

    def loss(labels: Tensor, logits: Tensor) -> Tensor:
        known = ops.cast(labels != UNKNOWN, "float32")
        labels = ops.cast(labels, "float32")
        weights = known * (labels * of_ones + (1 - labels) * of_zeros)
        smoothed = labels * (1 - LABEL_SMOOTHING) + 0.5 * LABEL_SMOOTHING
        errors = weights * (ops.softplus(logits) - smoothed * logits)
        return ops.sum(errors, axis=-1) / ops.maximum(ops.sum(known, axis=-1), 1.0)

    return loss


def photo_order(chosen: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Returns `count` of the chosen photos, in repeated random permutations."""
    random = np.random.default_rng(seed)
    return np.concatenate([random.permutation(chosen) for _ in range(math.ceil(count / len(chosen)))])[:count]


def augmented_batch(
    faces: PreparedFaces, where: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Augments the photos at these indexes.

    Returns:
        Images `(batch, size, size, 3)` uint8 and labels `(batch, columns)` float32, 0, 1 or `UNKNOWN`.
    """
    # Sequential reads of a memory-mapped file are faster.
    where = np.sort(where)
    images = np.stack([augment(image, random) for image in faces.faces[where]])
    labels = np.where(faces.known[where], faces.labels[where].astype("float32"), UNKNOWN)
    return images, labels.astype("float32")


def best_threshold(logits: np.ndarray, labels: np.ndarray) -> float:
    """Returns the logit that separates 0 from 1 with the best mean of accuracy and balanced accuracy.

    The best accuracy alone would never predict a rare value. The best balanced accuracy, the mean of both values'
    recalls, would classify every fourth person as pale, and does not generalise better to other people.

    Args:
        logits: `(count,)`.
        labels: `(count,)`, 0 or 1.

    Returns:
        A threshold between two neighbouring logits; 0 where one value is too rare.

    >>> best_threshold(np.array([-3.0, -1.0, 1.0, 2.0] * 10), np.array([0, 0, 0, 1] * 10))
    1.5
    """
    positive = int(np.sum(labels))
    frequency = positive / max(1, len(labels))
    if min(positive, len(labels) - positive) < FEWEST_FOR_THRESHOLD:
        return 0.0
    order = np.argsort(logits)
    ordered, truth = logits[order], labels[order].astype("int64")
    between = ordered[1:] > ordered[:-1]
    # With the threshold after the first n, the zeros among them and the ones after them are correct.
    recall_0 = np.cumsum(1 - truth)[:-1] / (len(labels) - positive)
    recall_1 = 1 - np.cumsum(truth)[:-1] / positive
    score = (1 - frequency + 0.5) * recall_0 + (frequency + 0.5) * recall_1
    best = int(np.argmax(np.where(between, score, -1)))
    return float(ordered[best] + ordered[best + 1]) / 2
