"""What a run will take, estimated from a few of its steps. Writes nothing."""

import resource
import sys
import time
from dataclasses import dataclass

import keras

from facegan.training.batches import Batches
from facegan.training.devices import parallel
from facegan.training.run import batch_source, build_training, steps_per_epoch

# The first steps trace and compile; the others are timed.
WARM_UP_STEPS = 2
TIMED_STEPS = 4


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Attributes:
        parameters: `{network: how many}`.
        steps: of the whole run.
        seconds_per_step: the mean of a few timed steps.
        peak_memory: of this process so far, in bytes.
        checkpoint: size of one checkpoint, in bytes.
    """

    parameters: dict
    steps: int
    seconds_per_step: float
    peak_memory: int
    checkpoint: int


class _Clock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.times = []

    def on_train_batch_end(self, batch, logs=None):
        float(logs["editor"])  # waits for the step
        self.times.append(time.perf_counter())


def estimate(faces, settings, images=None, devices=1):
    """Times a few steps of a run.

    Args:
        faces: as for `facegan.training.run.train`, and so are the others.
        settings: `Settings`.
        images: how many photos in all.
        devices: how many share a batch.

    Returns:
        `Estimate`.

    Raises:
        FaceganError: fewer training photos than a batch holds, or not as many devices.
    """
    steps_per_epoch(faces, settings.batch_size)
    train = faces.part("train")
    clock = _Clock()
    with parallel(devices, settings.batch_size):
        training = build_training(faces, settings)
        networks = training.networks
        training.fit(
            Batches(batch_source(faces, settings, networks.attributes), 0, WARM_UP_STEPS + TIMED_STEPS),
            epochs=1,
            shuffle=False,
            verbose=0,
            callbacks=[clock],
        )
    timed = clock.times[WARM_UP_STEPS - 1 :]
    images = images or settings.recipe.epochs * len(train)
    # The operating system counts in kilobytes, except on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return Estimate(
        parameters={name: network.count_params() for name, network in networks.subnetworks.items()},
        steps=max(1, images // settings.batch_size),
        seconds_per_step=(timed[-1] - timed[0]) / (len(timed) - 1),
        peak_memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        checkpoint=sum(
            v.numpy().nbytes
            for v in [*training.trainable_variables, *training.state_variables, *training.optimizer.variables]
        ),
    )
