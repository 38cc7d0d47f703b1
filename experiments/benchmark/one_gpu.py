"""Times the training step of one recipe on a GPU, as `facegan train` runs it; prints a line of JSON.

    KERAS_BACKEND=jax python experiments/benchmark/one_gpu.py celeba128 128

Between the first and the last timed step nothing waits for the device, so that the slower of host and device counts.
With `--wait-for FOLDER`, it compiles, puts a file `ready-PID` there, and times as soon as there is a `go-PID`,
so that several can compile at once and be timed one by one.
"""

import json
import os
import time
from pathlib import Path

import click
import numpy as np

SIZE = 128


@click.command()
@click.argument("recipe")
@click.argument("batch_size", type=int)
@click.option("--steps", default=100, show_default=True, help="Timed steps.")
@click.option("--precision", default="bfloat16", show_default=True)
@click.option("--wait-for", type=click.Path(path_type=Path), help="A folder to meet others in.")
def main(recipe, batch_size, steps, precision, wait_for):
    """Times the step of RECIPE in batches of BATCH_SIZE at 128 pixels."""
    import jax
    import keras
    from flops import step_flops
    from random_batch import random_batch

    from facegan.models.facegan import FaceGAN
    from facegan.models.fitting import NumberedBatches, fit
    from facegan.models.precision import set_precision
    from facegan.progress import progress_bar
    from facegan.recipe import find_recipe
    from facegan.standard_attributes import CELEBA_COLUMNS, STANDARD_NAMES
    from facegan.training.backends import BATCH_THREADS
    from facegan.training.step import GANTraining

    set_precision(precision)
    networks = FaceGAN(find_recipe(recipe), SIZE, STANDARD_NAMES, CELEBA_COLUMNS)
    training = GANTraining(networks, pretrained=False)
    batch = random_batch(networks, batch_size)
    warm_up, times = 5, []

    class Clock(keras.callbacks.Callback):
        def on_train_batch_end(self, index, logs=None):
            if index == 0:
                assert np.isfinite(float(logs["editor"]))
                times.append(time.perf_counter())
                if wait_for:
                    (wait_for / f"ready-{os.getpid()}").touch()
                    while not (wait_for / f"go-{os.getpid()}").exists():
                        time.sleep(0.2)
            if index in (warm_up, warm_up + steps):
                assert np.isfinite(float(logs["editor"]))  # waits for the device
                times.append(time.perf_counter())

    numbers = range(warm_up + steps + 1)
    batches = NumberedBatches(lambda step: (batch,), numbers, workers=BATCH_THREADS, max_queue_size=2)
    started = time.perf_counter()
    with progress_bar(len(batches), "steps", hidden=True) as bar:
        fit(training, batches, bar, [Clock()])
    seconds = (times[2] - times[1]) / steps
    (device,) = jax.devices()
    result = {
        "recipe": recipe,
        "batch_size": batch_size,
        "precision": precision,
        "flags": os.environ.get("XLA_FLAGS", ""),
        "compile_seconds": round(times[0] - started, 1),
        "step_milliseconds": round(1000 * seconds, 2),
        "images_per_second": round(batch_size / seconds, 1),
        "TFLOP_per_second": round(step_flops(networks) * batch_size / seconds / 1e12, 2),
        "peak_gigabytes": round((device.memory_stats() or {}).get("peak_bytes_in_use", 0) / 1e9, 2),
        "device": device.device_kind,
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
