"""Scales how strongly a trained editor reacts to each label column, so that every edit shows at strength 1.

    python experiments/release/calibrate.py trained.keras release128 judge.keras calibrated.keras

For each column, the smallest factor is chosen with which the judge recognises each of the column's edits in most photos
of the validation split. The factor multiplies the column's weights in the editor's FiLM layers, so the file has no new
values, and can be trained further. Test photos are not used.
"""

import click
import keras
import numpy as np

from facegan.data.prepared import PreparedFaces
from facegan.evaluation.edits import all_edits, faces_to_edit
from facegan.evaluation.judge import load_judge
from facegan.images import denormalise, normalise
from facegan.models.saving import load_networks, save_model

FACTORS = (1.0, 1.125, 1.25, 1.375, 1.5, 1.625, 1.75, 1.875, 2.0)
BATCH = 16


@click.command()
@click.argument("model")
@click.argument("data")
@click.argument("judge")
@click.argument("out")
@click.option("--recognised", default=0.65, show_default=True, help="The share of photos in which each edit shows.")
@click.option("--photos", default=100, show_default=True, help="The maximum for each edit.")
def main(model, data, judge, out, recognised, photos):
    """Calibrates MODEL by JUDGE on the validation photos of DATA, and writes it to OUT."""
    networks, faces, judge = load_networks(model, "float32"), PreparedFaces(data), load_judge(judge)
    attributes = networks.attributes
    rows = faces.fully_labelled("validation", attributes.columns)
    images, labels = faces.faces[rows], attributes.select(faces.labels[rows], faces.columns)
    columns = [judge.columns.index(column) for column in attributes.columns]

    def predicted(images):
        return attributes.value_indexes(judge.classify(images).probabilities[:, columns])

    layers = [layer for layer in networks.editor.layers if isinstance(layer, keras.layers.Dense)]
    trained = [layer.get_weights() for layer in layers]
    before, random = predicted(images), np.random.default_rng(0)
    factors = np.ones(len(attributes))
    for edit in all_edits(attributes):
        where = faces_to_edit(edit, attributes.value_indexes(labels), before, photos, random)
        name, value = edit.wish.split("=")
        targets = attributes.apply(labels[where], {name: value})
        item = attributes.items[edit.attribute]
        # An attribute with several columns has one for each value.
        column = attributes.columns.index(item.columns[edit.value if len(item.columns) > 1 else 0])
        for factor in FACTORS:
            if factor < factors[column]:
                continue
            factors[column] = factor
            for layer, weights in zip(layers, trained, strict=True):
                layer.set_weights([array * factors[:, None] for array in weights])
            edited = [
                networks.edit(normalise(images[part]), labels[part], target)
                for part, target in zip(_parts(where), _parts(targets), strict=True)
            ]
            after = predicted(denormalise(np.concatenate([keras.ops.convert_to_numpy(each) for each in edited])))
            others = np.arange(len(attributes.items)) != edit.attribute
            share = (after[:, edit.attribute] == edit.value).mean()
            kept = (after[:, others] == before[where][:, others]).mean()
            click.echo(f"{edit.wish:14} {factor:.2f}  recognised {share:.2f}  others kept {kept:.3f}")
            if share >= recognised:
                break
    click.echo(", ".join(f"{name} {factor:g}" for name, factor in zip(attributes.columns, factors, strict=True)))
    save_model(networks, out)


def _parts(array):
    return [array[start : start + BATCH] for start in range(0, len(array), BATCH)]


if __name__ == "__main__":
    main()
