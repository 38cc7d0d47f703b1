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
from facegan.evaluation.trials import JudgedFaces, Trial
from facegan.inference import FaceModel
from facegan.model_files import find_model
from facegan.models.compiled import CompiledNetworks
from facegan.models.saving import load_networks, save_model

FACTORS = np.linspace(1, 2, 9)


@click.command()
@click.argument("model")
@click.argument("data")
@click.argument("judge")
@click.argument("out")
@click.option("--recognised", default=0.65, show_default=True, help="The share of photos in which each edit shows.")
@click.option("--photos", default=100, show_default=True, help="The maximum for each edit.")
def main(model, data, judge, out, recognised, photos):
    """Calibrates MODEL by JUDGE on the validation photos of DATA, and writes it to OUT."""
    networks, faces, judge = load_networks(find_model(model), "float32"), PreparedFaces(data), load_judge(judge)
    face_model, attributes = FaceModel(CompiledNetworks(networks)), networks.attributes
    columns = [judge.columns.index(column) for column in attributes.columns]

    def judged(images, conditions):
        probabilities, features = judge.classify(images)
        predicted = attributes.value_indexes(probabilities[:, columns])
        return JudgedFaces(images, conditions, attributes.value_indexes(conditions), predicted, features)

    rows = faces.fully_labelled("validation", attributes.columns)
    before = judged(faces.faces[rows], attributes.select(faces.labels[rows], faces.columns))
    layers = [layer for layer in networks.editor.layers if isinstance(layer, keras.layers.Dense)]
    trained = [layer.get_weights() for layer in layers]
    random = np.random.default_rng(0)
    factors = np.ones(len(attributes))
    for edit in all_edits(attributes):
        where = faces_to_edit(edit, before.labelled, before.predicted, photos, random)
        own = before.at(where)
        item = attributes.items[edit.attribute]
        # An attribute with several columns has one for each value.
        column = attributes.columns.index(item.columns[edit.value if len(item.columns) > 1 else 0])
        for factor in FACTORS[factors[column] <= FACTORS]:
            factors[column] = factor
            for layer, weights in zip(layers, trained, strict=True):
                layer.set_weights([array * factors[:, None] for array in weights])
            edited = face_model.edit(own.images, edit.wish, source=own.conditions)
            trial = Trial(edit, where, own, judged(edited, own.conditions))
            share = trial.is_right.mean()
            click.echo(f"{edit.label:14} {factor:.3f}  recognised {share:.2f}  others kept {trial.kept.mean():.3f}")
            if share >= recognised:
                break
    click.echo(", ".join(f"{name} {factor:g}" for name, factor in zip(attributes.columns, factors, strict=True)))
    save_model(networks, out)


if __name__ == "__main__":
    main()
