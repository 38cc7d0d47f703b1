"""Measures KID of generated faces in three feature spaces: the judge's, lite2's for ImageNet, and dlib's descriptors.

    python experiments/release/distances.py release128 judge.keras celeba128 further/model.keras old.npy

Each model generates a face from the labels of each of some validation photos, and these are compared with the photos.
An `.npy` file contains such faces by a model that this version cannot read: `(count, size, size, 3)` uint8.
"""

import json
from pathlib import Path

import click
import numpy as np

from facegan import identity
from facegan.data.prepared import PreparedFaces
from facegan.evaluation.distances import kernel_distance, standardise
from facegan.evaluation.judge import load_judge
from facegan.features.efficientnet import build_efficientnet_lite
from facegan.images import to_array
from facegan.inference import load

SEED = 1


@click.command()
@click.argument("data")
@click.argument("judge")
@click.argument("models", nargs=-1, required=True)
@click.option("--count", default=600, show_default=True, help="The number of photos.")
@click.option("--save", type=click.Path(path_type=Path), help="A folder for the generated faces as `.npy` files.")
def main(data, judge, models, count, save):
    """Compares MODELS with validation photos of DATA, by JUDGE among others."""
    faces, judge = PreparedFaces(data), load_judge(judge)
    rows = faces.fully_labelled("validation", faces.columns)
    rows = np.sort(np.random.default_rng(0).permutation(rows)[:count])
    backbone = build_efficientnet_lite("lite2", faces.size, True)

    def features(images):
        inputs = images.astype("float32") / 127.5 - 1.0
        return {
            "judge": judge.logits_and_features(images)[1],
            "lite2": np.asarray(backbone.predict(inputs, batch_size=50, verbose=0)[-1]).mean(axis=(1, 2)),
            "dlib": identity.descriptors(images),
        }

    photos = features(faces.faces[rows])
    for name in models:
        if name.endswith(".npy"):
            images = np.load(name, allow_pickle=False)
        else:
            model = load(name)
            conditions = model.attributes.select(faces.labels[rows], faces.columns)
            images = to_array(model.generate_each(conditions.astype("float32"), SEED))
        if save is not None:
            save.mkdir(parents=True, exist_ok=True)
            np.save(save / f"{Path(name).stem}.npy", images)
        found = features(images)
        distances = {space: kernel_distance(*standardise(found[space], photos[space])) for space in photos}
        click.echo(json.dumps({"model": name, **{space: round(each, 4) for space, each in distances.items()}}))


if __name__ == "__main__":
    main()
