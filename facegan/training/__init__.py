"""Training: the objectives, the step, the batches, checkpoints, logs and the run that joins them."""

from facegan.environment import configure_keras

configure_keras()
