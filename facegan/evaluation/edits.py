"""Which edits are tried on which faces, and what counts as a right one. Numbers only; the judge has spoken already."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Edit:
    """An attribute set to a value.

    Attributes:
        attribute: its place among the model's attributes.
        value: the place among that attribute's values.
        wish: `"glasses=1"`.
    """

    attribute: int
    value: int
    wish: str


def all_edits(attributes):
    """Every value of every attribute, but for "none of the others" (hair=other), which nobody asks for."""
    edits = []
    for place, item in enumerate(attributes.items):
        edits += [Edit(place, value, f"{item.name}={name}") for value, name in enumerate(item.editable_values)]
    return edits


def faces_to_edit(edit, labelled, seen, limit, random):
    """The faces that an edit is tried on: not yet as asked for, by their label and by the judge.

    Where label and judge disagree already, nobody could tell what an edit did.

    Args:
        edit: `Edit`.
        labelled, seen: `(count, attributes)` int, which value each attribute has by label and by the judge's eyes.
        limit: how many at most.
        random: `numpy.random.Generator`, which chooses them.

    Returns:
        Sorted indexes.
    """
    labelled, seen = labelled[:, edit.attribute], seen[:, edit.attribute]
    fitting = np.flatnonzero((labelled == seen) & (labelled != edit.value))
    return np.sort(random.permutation(fitting)[:limit])


def edit_accuracy(edit, after):
    """Of each edited face whether the judge sees what was asked for: `(count,)` bool.

    Args:
        edit: `Edit`.
        after: `(count, attributes)` int, the values that the judge sees in the edited faces.
    """
    return after[:, edit.attribute] == edit.value


def edit_preservation(edit, before, after):
    """Of each edited face the share of the other attributes in which the judge sees the same as before.

    Args:
        edit: `Edit`.
        before, after: `(count, attributes)` int, the values that the judge sees.

    Returns:
        `(count,)` in 0..1; nan for a model of one attribute.
    """
    others = np.arange(before.shape[1]) != edit.attribute
    return (before == after)[:, others].mean(axis=1) if others.any() else np.full(len(before), np.nan)


def macro_mean(figures, edits):
    """The mean over attributes of the mean over each attribute's edits, so that four hair colours count as one.

    Args:
        figures: one for each edit; nan where there was no face to try it on.
        edits: `Edit`s.

    Returns:
        A float; nan where there is no figure at all.

    >>> macro_mean([0.2, 0.4, 0.9], [Edit(0, 0, "a=0"), Edit(0, 1, "a=1"), Edit(1, 1, "b=1")])
    0.6
    """
    by_attribute = {}
    for figure, edit in zip(figures, edits, strict=True):
        if not np.isnan(figure):
            by_attribute.setdefault(edit.attribute, []).append(figure)
    means = [np.mean(each) for each in by_attribute.values()]
    return round(float(np.mean(means)), 6) if means else float("nan")
