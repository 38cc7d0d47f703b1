"""Trains small glasses classifiers on few real positives, with and without edited copies, and tests them on photos.

facegan augment mini128 glasses128 --set glasses=1 --share 0.05
python experiments/augmentation/run.py glasses128
"""

import json
from pathlib import Path

import click
import keras
import numpy as np
from keras import layers

from facegan.data.prepared import PreparedFaces

COLUMN = "Eyeglasses"
# With 0, edited copies alone.
POSITIVES = (0, 20, 50, 200)
NEGATIVES, COPIES = 2000, 500
SIZE, BATCH, STEPS = 64, 64, 400
NAMES = ("average precision", "area under the curve", "balanced accuracy")


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--seeds", default=3, show_default=True)
def main(data, seeds):
    """Uses the training faces of DATA, which `facegan augment` wrote, and tests on its test faces."""
    faces = PreparedFaces(data)
    wears = faces.labels[:, faces.columns.index(COLUMN)].astype(bool)
    edited = np.char.startswith(np.array(faces.sources)[faces.origins], "edited ")
    train, test = faces.split("train"), faces.split("test")
    real = train[~edited[train]]
    test_images = shrunk(faces, test)
    rows = []
    for positives in POSITIVES:
        for seed in range(seeds):
            random = np.random.default_rng([positives, seed])
            chosen = random.permutation(real[wears[real]])[:positives]
            negatives = random.permutation(real[~wears[real]])[:NEGATIVES]
            copies = random.permutation(train[edited[train]])[:COPIES]
            for with_copies in (False, True)[not positives :]:
                groups = [group for group in (chosen, copies if with_copies else []) if len(group)]
                scores = train_classifier(faces, groups, negatives, seed)(test_images)
                rows.append(
                    {"positives": positives, "copies": with_copies, "seed": seed, **measures(scores, wears[test])}
                )
                print(json.dumps(rows[-1]), flush=True)
    for kind in sorted({(row["positives"], row["copies"]) for row in rows}):
        of = [row for row in rows if (row["positives"], row["copies"]) == kind]
        figures = {
            name: [round(float(f([row[name] for row in of])), 3) for f in (np.mean, np.min, np.max)] for name in NAMES
        }
        print(json.dumps({"positives": kind[0], "copies": kind[1], "mean, least, most": figures}), flush=True)


def shrunk(faces, rows):
    """Returns faces as float32 from -1 to 1, `(count, 64, 64, 3)`."""
    factor = faces.size // SIZE
    blocks = faces.faces[np.sort(rows)].reshape(-1, SIZE, factor, SIZE, factor, 3)
    return blocks.mean((2, 4), dtype="float32") / 127.5 - 1


def train_classifier(faces, groups, negatives, seed):
    """Trains on batches of which half are negatives, and the groups of positives share the other half equally.

    Returns:
        A function from images to scores.
    """
    keras.utils.set_random_seed(seed)
    convolutions = [
        layer
        for filters in (16, 32, 64, 128)
        for layer in (
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
        )
    ]
    classifier = keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 3)),
            layers.RandomFlip("horizontal"),
            layers.RandomTranslation(0.05, 0.05, fill_mode="nearest"),
            layers.RandomBrightness(0.2, (-1, 1)),
            *convolutions,
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    rate = keras.optimizers.schedules.CosineDecay(2e-3, STEPS)
    classifier.compile(keras.optimizers.AdamW(rate, weight_decay=1e-2), "binary_crossentropy")
    pools = [shrunk(faces, group) for group in groups]
    others = shrunk(faces, negatives)
    random = np.random.default_rng(seed)

    def batches():
        while True:
            drawn = [pool[random.integers(len(pool), size=BATCH // 2 // len(pools))] for pool in pools]
            images = np.concatenate([*drawn, others[random.integers(len(others), size=BATCH // 2)]])
            yield images, (np.arange(BATCH) < BATCH // 2).astype("float32")[:, None]

    classifier.fit(batches(), steps_per_epoch=STEPS, verbose=0)
    return lambda images: classifier.predict(images, batch_size=256, verbose=0)[:, 0]


def measures(scores, truth):
    """Average precision, area under the ROC curve, and balanced accuracy at a score of one half."""
    order = np.argsort(-scores, kind="stable")
    hits = truth[order]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    ranks = np.argsort(np.argsort(scores, kind="stable"), kind="stable")
    positives, negatives = truth.sum(), (~truth).sum()
    above = ranks[truth].sum() - positives * (positives - 1) / 2
    figures = (
        precision[hits].mean(),
        above / (positives * negatives),
        ((scores > 0.5)[truth].mean() + (scores <= 0.5)[~truth].mean()) / 2,
    )
    return dict(zip(NAMES, map(float, figures), strict=True))


if __name__ == "__main__":
    main()
