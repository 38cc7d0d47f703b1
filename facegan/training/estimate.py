"""Estimates time and memory of a run from a few of its steps; writes nothing."""

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from facegan.data.prepared import PreparedFaces
from facegan.models.fitting import fit
from facegan.progress import progress_bar
from facegan.training.checkpoints import variables_of
from facegan.training.devices import parallel
from facegan.training.plan import Settings, learnt_attributes, steps_per_epoch
from facegan.training.pretraining import finder_needs_training, pretraining_steps
from facegan.training.run import batch_source, build_training, numbered_batches

# The first steps trace and compile; the others are timed.
WARM_UP_STEPS = 2
TIMED_STEPS = 4


@dataclass(frozen=True)
class Estimate:
    """The estimated cost of a run.

    Attributes:
        parameters: `{network: number of parameters}`.
        steps: the steps of the whole run.
        pretraining_steps: the steps that train the attribute finder before it.
        seconds_per_step: the mean of a few timed steps.
        peak_memory: the peak of this process so far, in bytes.
        checkpoint: the size of one checkpoint, in bytes.
    """

    parameters: dict[str, int]
    steps: int
    pretraining_steps: int
    seconds_per_step: float
    peak_memory: int
    checkpoint: int


def estimate(
    faces: PreparedFaces,
    settings: Settings,
    images: int | None = None,
    devices: int = 1,
    start: str | Path | None = None,
) -> Estimate:
    """Times a few steps of the run that `facegan.training.run.train` would start with the same arguments.

    Raises:
        FaceganError: there are too few training photos for a batch or too few devices, or `start` does not fit.
    """
    faces = faces.with_attributes(settings.attributes)
    steps_per_epoch(faces, settings, learnt_attributes(settings, start))
    times = []
    last = WARM_UP_STEPS + TIMED_STEPS - 1

    def wait(batch: int, logs: dict[str, Any]) -> None:
        # Not in between, because a run does not wait for every step either.
        if batch in (WARM_UP_STEPS - 1, last):
            float(logs["editor"])
            times.append(time.perf_counter())

    with parallel(devices, settings.batch_size):
        training = build_training(faces, settings, start)
        networks = training.networks
        source = batch_source(faces, settings, networks.attributes)
        batches = numbered_batches(source, range(last + 1))
        with progress_bar(len(batches), "timing steps") as bar:
            fit(training, batches, bar, [keras.callbacks.LambdaCallback(on_train_batch_end=wait)])
    began, ended = times
    pretraining = pretraining_steps(settings.recipe) if finder_needs_training(networks, training.beginning) else 0
    images = images or settings.recipe.epochs * len(faces.split("train"))
    # In kilobytes, except on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return Estimate(
        parameters={name: network.count_params() for name, network in networks.subnetworks.items()},
        steps=max(1, images // settings.batch_size),
        pretraining_steps=pretraining,
        seconds_per_step=(ended - began) / TIMED_STEPS,
        peak_memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        checkpoint=sum(variable.numpy().nbytes for variable in variables_of(training).values()),
    )
