"""Times one contender in a process of its own; prints a line of JSON. `run.py` starts it.

Steps and products of two matrices take turns, so that a change in what else the machine has to do shows in both.
"""

import json
import os
import resource
import statistics
import sys
import time
from pathlib import Path

import numpy as np

WARM_UP = 2
MATRIX = 2048


class Meter:
    """Wall, user and system seconds, and page faults, of each action."""

    def __init__(self):
        self.rows = []

    def start(self):
        self._before = self._now()

    def stop(self):
        self.rows.append([now - before for now, before in zip(self._now(), self._before, strict=True)])

    def time(self, action):
        self.start()
        action()
        self.stop()

    def _now(self):
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return time.perf_counter(), usage.ru_utime, usage.ru_stime, usage.ru_minflt

    def medians(self):
        return [statistics.median(column) for column in zip(*self.rows[WARM_UP:], strict=True)]

    def processor_seconds(self):
        return [user + system for _, user, system, _ in self.rows[WARM_UP:]]


def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def run_torch(contender, steps, products):
    import peers
    import torch

    step, batch_size = {"attgan": peers.attgan_step, "stargan": peers.stargan_step}[contender["name"]]()
    matrix = torch.rand(MATRIX, MATRIX)
    resident = []
    for _ in range(WARM_UP + contender["rounds"]):
        steps.time(step)
        products.time(lambda: matrix @ matrix)
        resident.append(resident_bytes())
    return batch_size, None, resident


def run_keras(contender, steps, products):
    """Our step as `fit()` runs it, or the plain one: every network with a forward pass of its own."""
    use_virtual_devices(contender["devices"])
    import keras
    from flops import step_flops
    from keras import ops
    from random_batch import random_batch

    from facegan.models.facegan import FaceGAN
    from facegan.models.precision import set_precision
    from facegan.standard_attributes import CELEBA_COLUMNS, STANDARD_NAMES
    from facegan.training.backends import make_deterministic
    from facegan.training.devices import parallel
    from facegan.training.step import GANTraining

    size, batch_size, rounds = contender["size"], contender["batch_size"], WARM_UP + contender["rounds"]
    make_deterministic()
    set_precision(contender["precision"])
    matrix = ops.cast(ops.ones((MATRIX, MATRIX)), contender["precision"])
    product, resident = compiled_product(keras.backend.backend(), matrix), []
    with parallel(contender["devices"], batch_size):
        networks = FaceGAN(find(contender["recipe"]), size, STANDARD_NAMES, CELEBA_COLUMNS)
        training = GANTraining(networks, pretrained=False)
        batch = random_batch(networks, batch_size)

        class Same(keras.utils.PyDataset):
            def __len__(self):
                return rounds

            def __getitem__(self, index):
                return (batch,)

        class Alternate(keras.callbacks.Callback):
            def on_train_batch_begin(self, batch, logs=None):
                steps.start()

            def on_train_batch_end(self, batch, logs=None):
                assert np.isfinite(float(logs["editor"]))  # waits for the end of the step
                steps.stop()
                products.time(product)
                resident.append(resident_bytes())

        if contender["plain"]:
            step = plain_step(training, batch)
            for _ in range(rounds):
                steps.time(step)
                products.time(product)
                resident.append(resident_bytes())
        else:
            training.fit(Same(), epochs=1, shuffle=False, verbose=0, callbacks=[Alternate()])
    return batch_size, step_flops(networks), resident


def use_virtual_devices(count):
    """Before a backend starts: the one CPU counts as several."""
    if count == 1:
        return
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={count}"
    if os.environ["KERAS_BACKEND"] == "tensorflow":
        import tensorflow as tf

        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)


def find(name):
    """A recipe, or `half`: the paper's networks with half the filters."""
    from facegan.recipe import find_recipe
    from facegan.recipe.toml import with_values

    if name != "half":
        return find_recipe(name)
    narrow = ("networks.encoder.filters=32", "networks.encoder.max_filters=256")
    return with_values(find_recipe("paper"), *narrow)


def plain_step(training, batch):
    import tensorflow as tf

    @tf.function
    def gradients(name, batch):
        with tf.GradientTape() as tape:
            losses, _ = training.losses(batch)
        return tape.gradient(losses[name], training.network_variables[name])

    @tf.function
    def apply(gradients):
        training.optimizer.apply(gradients, training.trainable_variables)

    tensors = {name: tf.constant(array) for name, array in batch.items()}

    def step():
        # Compiled for themselves, so nothing is shared; TensorFlow leaves out what a network's loss does not need.
        apply([gradient for name in training.network_variables for gradient in gradients(name, tensors)])

    return step


def compiled_product(backend, matrix):
    if backend == "tensorflow":
        import tensorflow as tf

        product = tf.function(lambda: tf.matmul(matrix, matrix))
        return lambda: product()[0, 0].numpy()
    import jax

    product = jax.jit(lambda values: values @ values)
    return lambda: product(matrix).block_until_ready()


def main(arguments):
    contender = json.loads(arguments)
    if contender["keep"]:
        from facegan.memory import keep_memory

        assert keep_memory()
    steps, products = Meter(), Meter()
    run = {"torch": run_torch, "keras": run_keras}[contender["kind"]]
    batch_size, flops, resident = run(contender, steps, products)
    wall, user, system, faults = steps.medians()
    shares = [
        product / step * batch_size * flops / (2 * MATRIX**3) if flops else None
        for step, product in zip(steps.processor_seconds(), products.processor_seconds(), strict=True)
    ]
    result = {
        "images_per_second": batch_size / wall,
        "images_per_processor_second": batch_size / (user + system),
        "system_share": system / (user + system),
        "page_faults": faults,
        "share_of_product": statistics.median(shares) if flops else None,
        "product_flops_per_processor_second": 2 * MATRIX**3 / statistics.median(products.processor_seconds()),
        "step_flops_per_image": flops,
        "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "growth": resident[-1] - resident[len(resident) // 3],
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1])
