"""The moving averages in place of the weights, for as long as a picture or a file is made."""

from contextlib import contextmanager

from keras import ops

from facegan.training.backends import synchronise


@contextmanager
def averaged(training):
    """Within the block, `training`'s networks have the moving averages of their weights."""
    synchronise(training)
    weights = [ops.copy(variable.value) for variable in training.trainable_variables]
    for variable, average in zip(training.trainable_variables, training.optimizer.averages):
        variable.assign(average)
    try:
        yield
    finally:
        for variable, weight in zip(training.trainable_variables, weights):
            variable.assign(weight)
