"""Replaces the weights by their moving averages while an image or a file is made."""

from collections.abc import Iterator
from contextlib import contextmanager

from keras import ops

from facegan.training.backends import synchronise
from facegan.training.step import GANTraining


@contextmanager
def averaged(training: GANTraining) -> Iterator[None]:
    """Within the block, the networks of `training` have the moving averages of their weights."""
    synchronise(training)
    weights = [ops.copy(variable.value) for variable in training.trainable_variables]
    for variable, average in zip(training.trainable_variables, training.optimizer.averages, strict=True):
        variable.assign(average)
    try:
        yield
    finally:
        for variable, weight in zip(training.trainable_variables, weights, strict=True):
            variable.assign(weight)
