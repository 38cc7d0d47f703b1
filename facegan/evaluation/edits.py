"""The edits that are measured, the faces that each is applied to, and the mean over edits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facegan.attributes import Attributes
from facegan.edits import Edit


@dataclass(frozen=True)
class SingleEdit:
    """One attribute set to one value.

    Attributes:
        attribute: its index among the model's attributes.
        value: the index among that attribute's values.
        wish: the edit that sets it.
    """

    attribute: int
    value: int
    wish: Edit

    @property
    def label(self) -> str:
        """Its name in reports: `"glasses=1"`."""
        return str(self.wish)


def all_edits(attributes: Attributes) -> list[SingleEdit]:
    """Returns an edit for every value of every attribute, except "none of the others" (`hair=other`)."""
    return [
        SingleEdit(attribute, value, Edit({item.name: name}))
        for attribute, item in enumerate(attributes.items)
        for value, name in enumerate(item.editable_values)
    ]


def faces_to_edit(
    edit: SingleEdit, labelled: np.ndarray, predicted: np.ndarray, limit: int, random: np.random.Generator
) -> np.ndarray:
    """Chooses the faces for an edit: those without the value, according to both their label and the judge.

    Where label and judge disagree before the edit, its effect cannot be measured.

    Args:
        edit: the edit.
        labelled: `(count, attributes)` int, the labelled value of each attribute; the judge's where it is unknown.
        predicted: the same, predicted by the judge.
        limit: the maximum number of faces.
        random: the random number generator for the choice.

    Returns:
        Sorted indexes.
    """
    labelled, predicted = labelled[:, edit.attribute], predicted[:, edit.attribute]
    fitting = np.flatnonzero((labelled == predicted) & (labelled != edit.value))
    return np.sort(random.permutation(fitting)[:limit])


def macro_mean(figures: Sequence[float], edits: Sequence[SingleEdit]) -> float:
    """Returns the mean over attributes of the mean over each attribute's edits, so that four hair colours count as one.

    Args:
        figures: one for each edit; nan for an edit without faces.
        edits: the edits.

    Returns:
        The mean; nan if there are no figures.

    >>> edits = [SingleEdit(attribute, value, Edit()) for attribute, value in [(0, 0), (0, 1), (1, 1)]]
    >>> macro_mean([0.2, 0.4, 0.9], edits)
    0.6
    """
    by_attribute: dict[int, list[float]] = {}
    for figure, edit in zip(figures, edits, strict=True):
        if not np.isnan(figure):
            by_attribute.setdefault(edit.attribute, []).append(figure)
    means = [np.mean(each) for each in by_attribute.values()]
    return round(float(np.mean(means)), 6) if means else float("nan")
