"""Times one contender in a process of its own; prints a line of JSON. `run.py` starts it."""

import json
import resource
import sys
import time

import numpy as np

ROUNDS = 3
CEILING_SIZE = 4096


def time_of(action):
    """Seconds of the fastest of some rounds: other work on the machine only ever makes it slower."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def torch_step(name):
    import peers
    import torch

    step, batch_size = {"attgan": peers.attgan_step, "stargan": peers.stargan_step}[name]()
    matrix = torch.rand(CEILING_SIZE, CEILING_SIZE)
    return lambda: repeated(step), batch_size, lambda: matrix @ matrix, None


def repeated(step):
    step()
    step()
    return time_of(step)


def keras_step(recipe, size, precision, batch_size, plain):
    """Our step, or the plain one: every network with a forward pass of its own."""
    import keras
    from flops import step_flops
    from keras import ops

    from facegan.attributes import CELEBA_COLUMNS, FIVE_NAMES
    from facegan.augment.differentiable import DRAWS
    from facegan.models.facegan import FaceGAN
    from facegan.models.precision import set_precision
    from facegan.training.backends import make_deterministic
    from facegan.training.step import GANTraining

    make_deterministic()
    set_precision(precision)
    training = GANTraining(FaceGAN(find(recipe), size, FIVE_NAMES, CELEBA_COLUMNS))
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, (batch_size, 8)).astype("float32")
    images = random.integers(0, 256, (batch_size, size, size, 3), "uint8")
    batch = {
        "images": images,
        "labels": labels,
        "known": np.ones_like(labels),
        "targets": 1 - labels,
        "noise": random.standard_normal(
            (batch_size, training.networks.recipe.networks.generator.noise_size), "float32"
        ),
        "mixing": random.random((batch_size, 1, 1, 1), "float32"),
        "augmentation": random.random((batch_size, DRAWS), "float32"),
    }
    matrix = ops.cast(ops.ones((CEILING_SIZE, CEILING_SIZE)), precision)
    seconds = (lambda: repeated(plain_step(training, batch))) if plain else (lambda: shared_step(training, batch))
    return seconds, batch_size, compiled_product(keras.backend.backend(), matrix), step_flops(training.networks)


def find(name):
    """A recipe, or `half`: the paper's networks with half the filters."""
    from facegan.recipe import find_recipe
    from facegan.recipe.toml import with_values

    if name != "half":
        return find_recipe(name)
    narrow = ("networks.encoder.filters=32", "networks.encoder.max_filters=256")
    return with_values(find_recipe("paper"), *narrow)


def shared_step(training, batch):
    """The step as `fit()` runs it."""
    import keras

    class Same(keras.utils.PyDataset):
        def __len__(self):
            return 2 + ROUNDS

        def __getitem__(self, index):
            return (batch,)

    class Clock(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.ends = []

        def on_train_batch_end(self, batch, logs=None):
            assert np.isfinite(float(logs["editor"]))  # waits for the end of the step
            self.ends.append(time.perf_counter())

    clock = Clock()
    training.fit(Same(), epochs=1, shuffle=False, verbose=0, callbacks=[clock])
    return float(np.diff(clock.ends[1:]).min())


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
    if contender["kind"] == "torch":
        seconds_of, batch_size, product, flops = torch_step(contender["name"])
    else:
        options = {name: contender[name] for name in ("recipe", "size", "precision", "batch_size", "plain")}
        seconds_of, batch_size, product, flops = keras_step(**options)
    product()
    # Before and after, so that a change in what else the machine has to do shows in both.
    ceiling = time_of(product)
    seconds = seconds_of()
    ceiling = min(ceiling, time_of(product))
    result = {
        "images_per_second": batch_size / seconds,
        "ceiling_flops": 2 * CEILING_SIZE**3 / ceiling,
        "step_flops_per_image": flops,
        "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1])
