"""The baseline: a plain, unconditional DCGAN (Radford et al. 2015).

    python experiments/dcgan/train.py mini64 run_dcgan --images 40000

Writes `first.png` and `last.png` (after the first and the last epoch), `logs/` for TensorBoard, and `figures.json` with
the kernel distance to test faces in the judge's features, as `facegan evaluate` measures it.
"""

import json
from pathlib import Path

import click
import keras
import numpy as np
from keras import layers, ops

from facegan.data.prepared import PreparedFaces
from facegan.evaluation.distances import kernel_distance, standardise
from facegan.evaluation.judge_training import judge_of
from facegan.evaluation.measurements import MOST_COMPARED
from facegan.images import denormalise, save_image, to_images
from facegan.models.precision import choose_precision, set_precision
from facegan.sheets import grid
from facegan.training.backends import JIT_COMPILE, TrainStep, synchronise
from facegan.training.optimizer import NetworkAdam
from facegan.training.tensorboard import EventWriter

NOISE = 100
FILTERS = 64
BATCH = 64
SHOWN = 32
LOG_EVERY = 20


def build_generator(size):
    noise = keras.Input((NOISE,))
    filters = FILTERS * size // 16
    tensor = layers.Reshape((4, 4, filters))(layers.Dense(16 * filters)(noise))
    while tensor.shape[1] < size // 2:
        tensor = layers.ReLU()(layers.BatchNormalization()(tensor))
        filters //= 2
        tensor = layers.Conv2DTranspose(filters, 5, 2, padding="same")(tensor)
    tensor = layers.ReLU()(layers.BatchNormalization()(tensor))
    tensor = layers.Conv2DTranspose(3, 5, 2, padding="same")(tensor)
    return keras.Model(noise, layers.Activation("tanh", dtype="float32")(tensor), name="generator")


def build_discriminator(size):
    images = keras.Input((size, size, 3))
    tensor, filters = images, FILTERS
    while tensor.shape[1] > 4:
        tensor = layers.Conv2D(filters, 5, 2, padding="same")(tensor)
        if filters > FILTERS:
            tensor = layers.BatchNormalization()(tensor)
        tensor, filters = layers.LeakyReLU(negative_slope=0.2)(tensor), 2 * filters
    logit = layers.Dense(1, dtype="float32")(layers.Flatten()(tensor))
    return keras.Model(images, logit, name="discriminator")


class DCGAN(TrainStep, keras.Model):
    """Both networks' cross-entropies from one forward pass; each updates its own weights."""

    def __init__(self, size):
        super().__init__()
        self.generator, self.discriminator = build_generator(size), build_discriminator(size)
        self.built = True
        count = len(self.trainable_variables)
        self.compile(optimizer=NetworkAdam([2e-4] * count, 0.5, 0.999, 0.0), jit_compile=JIT_COMPILE)
        self.optimizer.build(self.trainable_variables)

    @property
    def network_variables(self):
        return {
            "discriminator": self.discriminator.trainable_variables,
            "generator": self.generator.trainable_variables,
        }

    def losses(self, batch):
        real = ops.cast(batch["images"], "float32") / 127.5 - 1.0
        generated = self.generator(batch["noise"], training=True)
        real_logit = self.discriminator(real, training=True)
        generated_logit = self.discriminator(generated, training=True)
        losses = {
            "discriminator": ops.mean(ops.softplus(-real_logit)) + ops.mean(ops.softplus(generated_logit)),
            "generator": ops.mean(ops.softplus(-generated_logit)),
        }
        return losses, losses


class Batches(keras.utils.PyDataset):
    def __init__(self, faces, steps):
        super().__init__()
        self._faces, self._steps, self._train = faces, steps, faces.split("train")

    def __len__(self):
        return self._steps

    def __getitem__(self, step):
        random = np.random.default_rng([0, step])
        images = self._faces.faces[np.sort(random.choice(self._train, BATCH, replace=False))]
        return ({"images": images, "noise": random.standard_normal((BATCH, NOISE), "float32")},)


def generated(model, count):
    noise = np.random.default_rng(7).standard_normal((count, NOISE), "float32")
    parts = [model.generator(noise[start : start + BATCH], training=False) for start in range(0, count, BATCH)]
    return denormalise(np.concatenate([ops.convert_to_numpy(part) for part in parts]))


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--images", default=40_000, show_default=True, help="Photos to train on.")
def main(data, out, images):
    faces = PreparedFaces(data)
    judge = judge_of(faces)
    keras.utils.set_random_seed(0)
    set_precision(choose_precision("auto"))
    model = DCGAN(faces.size)
    steps, per_epoch = images // BATCH, len(faces.split("train")) // BATCH
    writer = EventWriter(out / "logs")

    def watch(step, logs):
        if step % LOG_EVERY == 0:
            writer.scalars(step, {name: float(value) for name, value in logs.items()})
        if step + 1 in (min(per_epoch, steps), steps):
            synchronise(model)
            name = "last" if step + 1 == steps else "first"
            save_image(grid(to_images(generated(model, SHOWN)), 8), out / f"{name}.png")

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=watch)
    model.fit(Batches(faces, steps), shuffle=False, verbose=0, callbacks=[callback])
    set_precision("float32")
    test = faces.split("test")[:MOST_COMPARED]
    features = [judge.classify(each).features for each in (generated(model, len(test)), faces.faces[test])]
    figures = {"kid_judge": kernel_distance(*standardise(*features)), "images_seen": images}
    (out / "figures.json").write_text(json.dumps(figures))
    click.echo(figures)


if __name__ == "__main__":
    main()
