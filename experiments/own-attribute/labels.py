"""How well the attribute finder learns a new attribute from a given number of labelled photos.

python experiments/own-attribute/labels.py hidden celeba-mini celeba128 Smiling --labels 100 --labels 1000
"""

from pathlib import Path

import click
import numpy as np

from facegan.data.prepared import PreparedFaces
from facegan.recipe.toml import with_values
from facegan.training.plan import Settings
from facegan.training.pretraining import FinderTraining, fine_tune_attribute_finder
from facegan.training.run import batch_source, build_networks
from facegan.training.transfer import take_weights


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("test", type=click.Path(path_type=Path))
@click.argument("start")
@click.argument("attribute")
@click.option("--labels", multiple=True, type=int, help="Numbers of labelled training photos; all by default.")
@click.option("--images", default=16_000, show_default=True, help="Photos to train on, counting repetitions.")
def main(data, test, start, attribute, labels, images):
    """Trains the finder of START on DATA, and prints its accuracy on the test split of TEST."""
    known = Settings.defaults(start=start)
    recipe = with_values(known.recipe, f"attribute_finder.images={images}", "attribute_finder.batch_size=32")
    faces = PreparedFaces(data)
    settings = known.given(faces.columns, [*known.attributes, attribute], recipe=recipe, precision="float32")
    faces = faces.with_attributes(settings.attributes)
    judged = PreparedFaces(test)
    where = judged.split("test")
    pixels = judged.faces[where].astype("float32") / 127.5 - 1
    for count in labels or [len(faces)]:
        networks = build_networks(faces, settings)
        beginning = take_weights(networks, start)
        source = batch_source(faces, settings, networks.attributes)
        labelled = np.random.default_rng(0).permutation(np.flatnonzero(source.known[:, -1]))
        source.known[labelled[count:], -1] = 0
        fine_tune_attribute_finder(FinderTraining(networks, source, beginning), source, 0, quiet=True)
        positive = networks.attribute_finder.predict(pixels, verbose=0) > 0
        truth = networks.attributes.select(judged.labels[where], judged.columns) > 0
        recalls = [np.where(truth == value, positive == truth, np.nan) for value in (False, True)]
        balanced = np.mean([np.nanmean(each, axis=0) for each in recalls], axis=0).round(3)
        figures = dict(zip(networks.attributes.columns, balanced.tolist(), strict=True))
        click.echo(f"{min(count, len(labelled))} labels, balanced accuracy: {figures}")


if __name__ == "__main__":
    main()
