import numpy as np
import pytest

from facegan.attributes import Attributes
from facegan.evaluation.edits import Edit, all_edits, edit_accuracy, edit_preservation, faces_to_edit, macro_mean

LABELLED = np.array([[0, 0], [0, 1], [1, 0], [0, 2], [0, 0]])
SEEN = np.array([[0, 0], [1, 1], [1, 0], [0, 2], [0, 1]])


def test_every_value_but_hairs_other_is_asked_for():
    wishes = [edit.wish for edit in all_edits(Attributes(["glasses", "hair", "Smiling"]))]
    assert wishes == [
        "glasses=0", "glasses=1", "hair=black", "hair=blond", "hair=brown", "hair=gray", "Smiling=0", "Smiling=1",
    ]  # fmt: skip


def test_faces_to_edit_are_not_as_asked_and_no_matter_of_dispute():
    find = lambda edit, limit: faces_to_edit(edit, LABELLED, SEEN, limit, np.random.default_rng(0)).tolist()
    assert find(Edit(0, 1, ""), 9) == [0, 3, 4]
    assert find(Edit(0, 0, ""), 9) == [2]
    assert find(Edit(1, 1, ""), 9) == [0, 2, 3]
    assert len(find(Edit(1, 1, ""), 2)) == 2


def test_accuracy_and_preservation_are_about_different_attributes():
    before, after = np.array([[0, 0, 0], [0, 1, 2]]), np.array([[1, 0, 1], [0, 1, 2]])
    assert edit_accuracy(Edit(0, 1, ""), after).tolist() == [True, False]
    assert edit_preservation(Edit(0, 1, ""), before, after).tolist() == [0.5, 1.0]
    assert np.isnan(edit_preservation(Edit(0, 1, ""), before[:, :1], after[:, :1])).all()


def test_four_hair_colours_count_as_one_attribute():
    edits = [Edit(0, 0, ""), Edit(0, 1, ""), *(Edit(1, value, "") for value in range(4))]
    assert macro_mean([1.0, 0.5, 0, 0, 0, 0.4], edits) == pytest.approx((0.75 + 0.1) / 2)
    assert macro_mean([1.0, float("nan"), 0, 0, 0, 0.4], edits) == pytest.approx((1 + 0.1) / 2)
    assert np.isnan(macro_mean([float("nan")], edits[:1]))


def test_value_indexes_are_the_values():
    attributes = Attributes()
    vectors = np.random.default_rng(0).random((50, len(attributes)))
    indexes = attributes.value_indexes(vectors)
    for vector, row in zip(vectors, indexes):
        names = [item.values[place] for item, place in zip(attributes.items, row)]
        assert dict(zip(attributes.names, names)) == attributes.values(vector)
