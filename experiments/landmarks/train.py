"""The network that locates eyes, nose and mouth in an upright face: `landmarks.keras`, which `export.py` exports.

    facegan prepare celeba-mini mini128
    python experiments/landmarks/train.py mini128 landmarks

It learns from two sources in equal parts. Photos of the training split have no labelled landmarks: MTCNN predicts them,
as the mean over a face and its mirror image. The landmarks of drawn faces are known exactly; MTCNN, which was trained
on photos alone, misses them by a twentieth of the eyes' distance. All faces are rotated, scaled and shifted at random.
MTCNN's predictions are kept in OUT. At the end the script measures the network on photos of the validation split and on
other drawn faces.
"""

import json
import math
from pathlib import Path

import click
import keras
import numpy as np
from keras import layers
from PIL import Image, ImageFilter

from facegan.data.drawn import draw, face_at, landmarks
from facegan.data.prepared import PreparedFaces
from facegan.photos.align import Alignment
from facegan.photos.detect import find_faces
from facegan.photos.landmarks import MIRRORED, SIZE

# The size in pixels of the image for MTCNN.
ENLARGED = 256
BATCH = 32
RATE = 2e-3
DRAWN = 4000
# No test draws faces with this seed.
DRAWN_SEED = 77
FINEST = SIZE // 4
# Filters, stride and dilation of each convolution.
LAYERS = ((24, 2, 1), (48, 2, 1), (48, 1, 1), (48, 1, 2), (48, 1, 4), (48, 1, 8), (48, 1, 1))


def build_network():
    """Faces `(batch, SIZE, SIZE, 3)`, 0 to 255, to landmarks `(batch, 5, 2)` as fractions of the side.

    Each landmark is the expected position under a map of probabilities, which is finer than the map's resolution
    (integral pose regression, Sun et al. 2018).
    """
    image = keras.Input((SIZE, SIZE, 3))
    tensor = layers.Rescaling(1 / 127.5, offset=-1)(image)
    for filters, strides, spread in LAYERS:
        tensor = layers.Conv2D(filters, 3, strides, "same", dilation_rate=spread, use_bias=False)(tensor)
        tensor = layers.ReLU()(layers.BatchNormalization(momentum=0.95)(tensor))
    maps = layers.Permute((2, 1))(layers.Reshape((FINEST**2, 5))(layers.Conv2D(5, 1)(tensor)))
    places = (np.arange(FINEST) + 0.5) / FINEST
    mean = layers.Dense(2, use_bias=False, trainable=False, name="mean_place")
    found = mean(layers.Softmax()(maps))
    mean.set_weights([np.stack(np.meshgrid(places, places), -1).reshape(-1, 2)])
    return keras.Model(image, found)


def by_mtcnn(picture):
    """MTCNN's landmarks `(5, 2)` as fractions of the side, averaged with its mirror image; None without a face."""
    large = picture.resize((ENLARGED, ENLARGED), Image.Resampling.BICUBIC)
    seen = []
    for each in (large, large.transpose(Image.Transpose.FLIP_LEFT_RIGHT)):
        found = find_faces(each)
        if not found:
            return None
        seen.append(max(found, key=lambda face: face.confidence).landmarks / ENLARGED)
    return (seen[0] + (1, 0) + seen[1][MIRRORED] * (-1, 1)) / 2


def labelled_photos(faces, split, count, file):
    """Indexes of faces, up to half of them with glasses, and their landmarks; cached in a file."""
    if not file.exists():
        where = np.random.default_rng(0).permutation(faces.split(split))
        with_glasses = faces.labels[where, faces.columns.index("Eyeglasses")] == 1
        where = np.concatenate([where[with_glasses][: count // 2], where[~with_glasses]])[:count]
        with click.progressbar(where, label="MTCNN predicts landmarks") as bar:
            found = [by_mtcnn(Image.fromarray(faces.faces[index])) for index in bar]
        seen = [place for place, points in enumerate(found) if points is not None]
        np.savez(file, where=where[seen], points=np.stack([found[place] for place in seen]))
    kept = np.load(file)
    return [
        (Image.fromarray(faces.faces[index]), points)
        for index, points in zip(kept["where"], kept["points"], strict=True)
    ]


def drawn_faces(first, count):
    """Drawn faces, every other one without hard edges, and their landmarks."""
    shown = [face_at(DRAWN_SEED, index) for index in range(first, first + count)]
    pictures = [draw(face, 128) for face in shown]
    pictures[::2] = [picture.filter(ImageFilter.GaussianBlur(1)) for picture in pictures[::2]]
    return [(picture, landmarks(face)) for face, picture in zip(shown, pictures, strict=True)]


def disturbed(picture, points, random):
    """The face with random rotation, scale, translation and lighting, as after a first, rough alignment."""
    if random.random() < 0.5:
        picture, points = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), points[MIRRORED] * (-1, 1) + (1, 0)
    angle, side = random.normal(0, math.radians(9)), picture.width * random.uniform(0.8, 1.3)
    x, y = picture.width / 2 + random.normal(0, 0.05, 2) * picture.width
    across, down = side * math.cos(angle), side * math.sin(angle)
    place = Alignment(across, down, x - (across - down) / 2, y - (across + down) / 2)
    pixels = np.asarray(place.crop(picture, SIZE), "float32")
    pixels = (pixels - 128) * random.uniform(0.7, 1.2) + 128 + random.uniform(-30, 30)
    pixels = pixels + random.normal(0, 1, pixels.shape) * random.uniform(0, 8)
    in_crop = (points * picture.width - (place.left, place.top)) @ [[across, -down], [down, across]] / side**2
    return pixels.clip(0, 255), in_crop


class Disturbed(keras.utils.PyDataset):
    """`steps` batches, indexed by step, half of each from either source."""

    def __init__(self, sources, steps):
        super().__init__()
        self._sources, self._steps = sources, steps

    def __len__(self):
        return self._steps

    def __getitem__(self, index):
        random = np.random.default_rng([1, index])
        chosen = [self._sources[place % 2][random.integers(len(self._sources[place % 2]))] for place in range(BATCH)]
        pictures, points = zip(*(disturbed(*each, random) for each in chosen), strict=True)
        return np.stack(pictures), np.stack(points).astype("float32")


def errors(network, source):
    """The larger error of both eyes, relative to their distance, for each face of a source after a random change."""
    random = np.random.default_rng(2)
    pictures, points = (np.stack(each) for each in zip(*(disturbed(*each, random) for each in source), strict=True))
    found = network.predict(pictures, verbose=0)
    between = np.linalg.norm(points[:, 0] - points[:, 1], axis=1)
    return np.linalg.norm(found - points, axis=2)[:, :2].max(axis=1) / between


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--photos", default=2000, show_default=True, help="The number of faces from the training split.")
@click.option("--steps", default=6000, show_default=True)
def main(data, out, photos, steps):
    keras.utils.set_random_seed(0)
    faces = PreparedFaces(data)
    out.mkdir(parents=True, exist_ok=True)
    real = labelled_photos(faces, "train", photos, out / "training.npz")
    unseen = labelled_photos(faces, "validation", 300, out / "validation.npz")
    network = build_network()
    network.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps)), "mean_absolute_error")
    network.fit(Disturbed([real, drawn_faces(0, DRAWN)], steps), verbose=2)
    # Without the optimizer's state, which is twice as large.
    keras.Model(network.inputs, network.outputs).save(out / "landmarks.keras")
    measured = {
        name: {
            f"within {limit} of the eyes' distance": float(np.mean(found <= limit)) for limit in (0.03, 0.05)
        } | {"median": float(np.median(found)), "faces": len(found)}
        for name, found in {
            "photos, by MTCNN": errors(network, unseen),
            "drawn": errors(network, drawn_faces(DRAWN, 300)),
        }.items()
    }  # fmt: skip
    (out / "figures.json").write_text(json.dumps(measured, indent=2))
    click.echo(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
