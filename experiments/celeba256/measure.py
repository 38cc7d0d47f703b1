"""Compares a model with the one that it grew from: KID at the small size, and how sharp edges are at the large one."""

import json
from pathlib import Path

import click
import numpy as np
from PIL import Image

from facegan.data.prepared import PreparedFaces
from facegan.evaluation.distances import kernel_distance, standardise
from facegan.features.efficientnet import build_efficientnet_lite
from facegan.images import to_array, to_images
from facegan.inference import load
from facegan.sheets import sheet

SHOWN = 8


def resized(images, size):
    """Images `(count, side, side, 3)` uint8 at another size."""
    resample = Image.Resampling.BOX if size < images.shape[1] else Image.Resampling.BILINEAR
    return to_array(image.resize((size, size), resample) for image in to_images(images))


def edges(images):
    """The mean slope of brightness, in grey levels per pixel."""
    grey = images.astype("float32").mean(axis=-1)
    down, right = np.gradient(grey, axis=(1, 2))
    return float(np.hypot(down, right).mean())


@click.command()
@click.argument("small", type=click.Path(path_type=Path))
@click.argument("grown", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--count", default=400)
@click.option("--seed", default=0)
@click.option("--out", type=click.Path(path_type=Path), default="compared.png", show_default=True)
def main(small, grown, data, count, seed, out):
    """Prints figures for the models SMALL and GROWN on test photos of DATA, prepared at the size of GROWN."""
    faces = PreparedFaces(data)
    size, half = faces.size, faces.size // 2
    photos = faces.faces[faces.split("test")[:count]]
    # The same noise and conditions for both.
    made = {"small": load(small), "grown": load(grown)}
    made = {name: to_array(model.generate({}, count=count, seed=seed)) for name, model in made.items()}
    backbone = build_efficientnet_lite("lite2", 128, True)

    def features(images):
        inputs = resized(images, 128).astype("float32") / 127.5 - 1.0
        return np.asarray(backbone.predict(inputs, batch_size=50, verbose=0)[-1]).mean(axis=(1, 2))

    enlarged = resized(made["small"], size)
    large = {"small, enlarged": enlarged, "grown": made["grown"], "photos": photos}
    halved = {
        "small": made["small"],
        "grown, halved": resized(made["grown"], half),
        "photos, halved": resized(photos, half),
    }
    figures = {f"edges at {size} pixels": {name: round(edges(images), 2) for name, images in large.items()}}
    for side, sets in ((half, halved), (size, large)):
        *others, real = map(features, sets.values())
        figures[f"KID at {side} pixels"] = {
            name: round(kernel_distance(*standardise(each, real)), 3) for name, each in zip(sets, others, strict=False)
        }
    print(json.dumps(figures, indent=2))
    columns = {f"{half} pixels, enlarged": enlarged, f"grown to {size}": made["grown"]}
    rows = [[Image.fromarray(images[index]) for images in columns.values()] for index in range(SHOWN)]
    sheet(list(zip(*rows, strict=True)), row_labels=list(columns)).save(out)


if __name__ == "__main__":
    main()
