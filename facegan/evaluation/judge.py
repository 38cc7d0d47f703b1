"""The judge: a classifier of its own, which says what is to be seen in a face, and never trains the GAN.

It differs from the discriminator in architecture (residual, with batch normalisation and average pooling), in loss
(every column's two values weigh the same) and in augmentation (shifts, zoom, light, noise, the eyes and the hair of others), so
that an edit which merely pleases the discriminator does not please it. Both may have seen faces with the eyes of others; the
judge's are a wide band with its colours matched in part, the discriminator's (`training.eyes`) a small part with no seam.
The classifiers that an editor may have to convince as well (`models.classifiers`) average over places, have the judge's loss,
and have seen faces in the hair of others (`data.hair`), too; they have other weights and augmentation, no residual blocks, and
three of six see faces at half the size.
"""

import math
import sys
from pathlib import Path

import click
import keras
import numpy as np
from keras import layers

from facegan.attributes import EYE_COLUMNS
from facegan.data.hair import HairDonors, with_hair_of
from facegan.errors import FaceganError
from facegan.evaluation.eyes import with_eyes_of
from facegan.files import atomic_write
from facegan.losses import balanced_cross_entropy
from facegan.models.precision import choose_precision, set_precision

JUDGE_FILE = "judge.keras"
VERSION = 3
GLASSES = "Eyeglasses"
# How many training faces it sees, again and again. On photos as they are, 128,000 made it no better than 64,000.
IMAGES = 160_000
BATCH = 64
FILTERS = 32  # of the first block
BLOCKS_FROM = 32  # pixels
RATE = 1e-3
WEIGHT_DECAY = 1e-2
# Of the faces it learns from, so many have the eyes of others, and so many, whether these or not, the hair.
WITH_EYES, WITH_HAIR = 0.5, 0.5
# With fewer validation faces than this on either side, the border between yes and no stays where training put it.
FEWEST_FOR_BORDER = 10


@keras.saving.register_keras_serializable("facegan")
class Judge(keras.Model):
    """Says of faces which label columns are true of them.

    Args:
        image_size: height and width of the faces.
        columns: the label columns' names.
        borders: for each column, the logit from which it counts as true; zeros by default.
        data: `info` of the `PreparedFaces` it was trained on.
        version: of its training; figures by different ones cannot be compared.
    """

    def __init__(self, image_size, columns, borders=None, data=None, version=1, **kwargs):
        super().__init__(**kwargs)
        self.version = version
        self.image_size = image_size
        self.columns = tuple(columns)
        self.borders = np.zeros(len(columns)) if borders is None else np.asarray(borders, "float64")
        self._data = {"data": data}
        self.network = build_network(image_size, len(columns))
        self.built = True

    @property
    def data(self):
        return self._data["data"]

    def get_config(self):
        return {
            "name": self.name,
            "image_size": self.image_size,
            "columns": list(self.columns),
            "borders": self.borders.tolist(),
            "data": self.data,
            "version": self.version,
        }

    def call(self, images, training=False):
        """Logits `(batch, columns)` of faces `(batch, size, size, 3)`, 0 to 255."""
        return self.network(images, training=training)[0]

    def see(self, images):
        """What is to be seen in faces.

        Args:
            images: `(count, size, size, 3)` uint8.

        Returns:
            Probabilities `(count, columns)` float64, moved so that 0.5 is each column's border between yes and no;
            and the features they come from, `(count, 256)` float64.
        """
        logits, features = self.look_at(images)
        return 1 / (1 + np.exp(self.borders - logits)), features

    def look_at(self, images):
        """Logits `(count, columns)` and features `(count, 256)`, float64: the mean over each face and its mirror image.

        Both show the same attributes, and their mean is right a little oftener, and changes less where a face is moved or
        saved as JPEG.
        """
        looks = [self.network.predict(way, batch_size=BATCH, verbose=0) for way in (images, images[:, :, ::-1])]
        return [np.mean(pair, axis=0, dtype="float64") for pair in zip(*looks)]


def build_network(image_size, columns):
    """Faces `(batch, size, size, 3)`, 0 to 255, to logits `(batch, columns)` and features `(batch, 256)`, float32."""
    images = keras.Input((image_size, image_size, 3), name="images")
    tensor = layers.Rescaling(1 / 127.5, offset=-1)(images)
    for augmentation in (
        layers.RandomFlip("horizontal"),
        layers.RandomTranslation(0.06, 0.06, fill_mode="nearest"),
        layers.RandomZoom(0.08, fill_mode="nearest"),
        layers.RandomBrightness(0.1, value_range=(-1, 1)),
        layers.RandomContrast(0.2, value_range=(-1, 1)),
        # Faint speckle, which GANs like to make, is no sign of anything.
        layers.GaussianNoise(0.05),
    ):
        tensor = augmentation(tensor)
    # Down to 32x32, where the blocks begin.
    for halving in range(int(math.log2(image_size // BLOCKS_FROM)), 0, -1):
        tensor = layers.ReLU()(_convolution(tensor, 2 * FILTERS >> halving, 3, 2))
    for stage in range(4):
        tensor = _residual_block(tensor, FILTERS << stage, 1 if stage == 0 else 2)
    features = layers.Activation("linear", dtype="float32")(layers.GlobalAveragePooling2D()(tensor))
    logits = layers.Dense(columns, dtype="float32")(layers.Dropout(0.3, dtype="float32")(features))
    return keras.Model(images, [logits, features])


def _convolution(tensor, filters, kernel_size, strides):
    tensor = layers.Conv2D(filters, kernel_size, strides, padding="same", use_bias=False)(tensor)
    return layers.BatchNormalization(momentum=0.95)(tensor)


def _residual_block(tensor, filters, strides):
    inner = layers.ReLU()(_convolution(tensor, filters, 3, strides))
    inner = _convolution(inner, filters, 3, 1)
    return layers.ReLU()(layers.Add()([inner, _convolution(tensor, filters, 1, strides)]))


def judge_of(faces):
    """The judge that belongs to a data set, kept as `judge.keras` in its folder; the first time, it is trained.

    Raises:
        FaceganError: the file in that place is none, or one of other data; or it cannot be written.
    """
    path = faces.path / JUDGE_FILE
    if not path.exists():
        judge = train_judge(faces)
        with atomic_write(path) as temporary:
            keras.saving.save_model(judge, temporary)
    return load_judge(path, faces)


def load_judge(path, faces):
    """A judge from its file. Raises `FaceganError` unless it was trained on these faces."""
    try:
        judge = keras.saving.load_model(Path(path), compile=False)
    except Exception as error:
        # What a damaged file raises is up to Keras, h5py and zipfile.
        raise FaceganError(f"{path} is no judge that can be read; remove it, and it is trained anew") from error
    if not isinstance(judge, Judge) or judge.data != faces.info or judge.version != VERSION:
        raise FaceganError(
            f"{path} was not trained on these faces, or by another version of facegan; remove it, and it is trained anew"
        )
    return judge


def train_judge(faces, images=IMAGES, seed=0):
    """Trains a judge of all label columns on the training part; the validation part places the borders.

    Args:
        faces: `PreparedFaces`.
        images: how many faces it sees.
        seed: of weights, order and augmentation.

    Returns:
        A `Judge`, in float32.
    """
    training, validation = faces.part("train"), faces.part("validation")
    keras.utils.set_random_seed(seed)
    set_precision(choose_precision("auto"))
    learner = Judge(faces.size, faces.columns)
    set_precision("float32")
    steps = max(1, images // BATCH)
    learner.compile(
        keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(RATE, steps), weight_decay=WEIGHT_DECAY),
        loss=balanced_cross_entropy(faces.labels[training].mean(axis=0)),
        # XLA would compile the augmentation for longer than it takes.
        jit_compile=keras.backend.backend() == "jax",
    )
    with click.progressbar(length=steps, label="training the judge, once", file=sys.stderr, show_eta=True) as bar:
        tick = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: bar.update(1))
        learner.fit(_Faces(faces, training, steps, seed), shuffle=False, verbose=0, callbacks=[tick])
    judge = Judge(faces.size, faces.columns, data=faces.info, version=VERSION)
    judge.set_weights(learner.get_weights())
    logits, _ = judge.look_at(faces.faces[validation])
    judge.borders = np.array([best_border(*pair) for pair in zip(logits.T, faces.labels[validation].T)])
    return judge


class _Faces(keras.utils.PyDataset):
    """`steps` batches of faces and labels, drawn by number; most faces have the eyes or the hair of another one."""

    def __init__(self, faces, chosen, steps, seed):
        super().__init__()
        self._faces, self._chosen, self._steps, self._seed = faces, chosen, steps, seed
        self._eyes = np.isin(faces.columns, EYE_COLUMNS)
        wearing = faces.labels[:, faces.columns.index(GLASSES)] == 1 if GLASSES in faces.columns else []
        self._with_glasses = np.intersect1d(chosen, np.flatnonzero(wearing))
        self._donors = HairDonors(faces.labels[chosen], faces.columns)

    def __len__(self):
        return self._steps

    def __getitem__(self, index):
        random = np.random.default_rng([self._seed, index])
        where = np.sort(random.choice(self._chosen, BATCH))
        images, labels = np.array(self._faces.faces[where]), self._faces.labels[where].astype("float32")
        for place in range(BATCH):
            if random.random() < WITH_HAIR and self._donors.around.any():
                other = self._chosen[self._donors.draw(labels[place], random)]
                images[place] = with_hair_of(images[place], self._faces.faces[other], random)
                labels[place, self._donors.around] = self._faces.labels[other, self._donors.around]
            if random.random() < WITH_EYES and self._eyes.any():
                # Every other one wears glasses, rare as they are.
                from_those = self._with_glasses if len(self._with_glasses) and random.random() < 0.5 else self._chosen
                other = random.choice(from_those)
                images[place] = with_eyes_of(images[place], self._faces.faces[other], random)
                labels[place, self._eyes] = self._faces.labels[other, self._eyes]
        return images, labels


def best_border(logits, labels):
    """The logit that parts 0 from 1 with the best balanced accuracy, the mean of both values' shares of right answers.

    Args:
        logits: `(count,)`.
        labels: `(count,)`, 0 or 1.

    Returns:
        A border between two neighbouring logits; 0 where one value hardly occurs.

    >>> best_border(np.array([-3.0, -1.0, 1.0, 2.0] * 10), np.array([0, 0, 0, 1] * 10))
    1.5
    """
    positive = np.sum(labels)
    if min(positive, len(labels) - positive) < FEWEST_FOR_BORDER:
        return 0.0
    order = np.argsort(logits)
    ordered, truth = logits[order], labels[order]
    between = ordered[1:] > ordered[:-1]
    # With the border after the first n: those among them that are 0, and those after them that are 1, are right.
    right_0 = np.cumsum(1 - truth.astype("int64"))[:-1] / (len(labels) - positive)
    right_1 = 1 - np.cumsum(truth.astype("int64"))[:-1] / positive
    best = int(np.argmax(np.where(between, right_0 + right_1, -1)))
    return float(ordered[best] + ordered[best + 1]) / 2
