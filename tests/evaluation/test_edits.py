import numpy as np
import pytest

from facegan.attributes import Attributes
from facegan.edits import Edit
from facegan.evaluation.edits import SingleEdit, all_edits, faces_to_edit, macro_mean
from facegan.evaluation.trials import JudgedFaces, Trial

LABELLED = np.array([[0, 0], [0, 1], [1, 0], [0, 2], [0, 0]])
PREDICTED = np.array([[0, 0], [1, 1], [1, 0], [0, 2], [0, 1]])


def test_every_value_but_other_hair_is_an_edit():
    labels = [edit.label for edit in all_edits(Attributes(["glasses", "hair", "Smiling"]))]
    assert labels == [
        "glasses=0", "glasses=1", "hair=black", "hair=blond", "hair=brown", "hair=gray", "Smiling=0", "Smiling=1",
    ]  # fmt: skip


def test_faces_to_edit_do_not_have_the_value_and_are_undisputed():
    def find(edit, limit):
        return faces_to_edit(edit, LABELLED, PREDICTED, limit, np.random.default_rng(0)).tolist()

    assert find(SingleEdit(0, 1, Edit()), 9) == [0, 3, 4]
    assert find(SingleEdit(0, 0, Edit()), 9) == [2]
    assert find(SingleEdit(1, 1, Edit()), 9) == [0, 2, 3]
    assert len(find(SingleEdit(1, 1, Edit()), 2)) == 2


def judged(predicted):
    return JudgedFaces(np.zeros((len(predicted), 1, 1, 3), "uint8"), predicted, predicted, predicted, predicted)


def test_accuracy_and_preservation_are_about_different_attributes():
    before, after = np.array([[0, 0, 0], [0, 1, 2]]), np.array([[1, 0, 1], [0, 1, 2]])
    trial = Trial(SingleEdit(0, 1, Edit()), np.arange(2), judged(before), judged(after))
    assert trial.is_right.tolist() == [True, False]
    assert trial.kept.tolist() == [0.5, 1.0]
    alone = Trial(SingleEdit(0, 1, Edit()), np.arange(2), judged(before[:, :1]), judged(after[:, :1]))
    assert np.isnan(alone.kept).all()


def test_four_hair_colours_count_as_one_attribute():
    edits = [SingleEdit(0, 0, Edit()), SingleEdit(0, 1, Edit()), *(SingleEdit(1, value, Edit()) for value in range(4))]
    assert macro_mean([1.0, 0.5, 0, 0, 0, 0.4], edits) == pytest.approx((0.75 + 0.1) / 2)
    assert macro_mean([1.0, float("nan"), 0, 0, 0, 0.4], edits) == pytest.approx((1 + 0.1) / 2)
    assert np.isnan(macro_mean([float("nan")], edits[:1]))


def test_value_indexes_are_the_values():
    attributes = Attributes()
    vectors = np.random.default_rng(0).random((50, len(attributes)))
    indexes = attributes.value_indexes(vectors)
    for vector, row in zip(vectors, indexes, strict=True):
        names = [item.values[place] for item, place in zip(attributes.items, row, strict=True)]
        assert dict(zip(attributes.names, names, strict=True)) == attributes.values(vector)
