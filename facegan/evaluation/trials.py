"""Faces with the judge's predictions, and edits applied to them."""

from dataclasses import dataclass

import numpy as np

from facegan.evaluation.edits import SingleEdit


@dataclass(frozen=True)
class JudgedFaces:
    """Faces, their attributes, and the judge's predictions.

    Attributes:
        images: `(count, size, size, 3)` uint8.
        conditions: `(count, k)`, the labels of photos, or the conditions of generated faces.
        labelled: `(count, attributes)` int, the values in `conditions`.
        predicted: `(count, attributes)` int, the values that the judge predicts.
        features: `(count, d)`, the judge's.
    """

    images: np.ndarray
    conditions: np.ndarray
    labelled: np.ndarray
    predicted: np.ndarray
    features: np.ndarray

    def __len__(self) -> int:
        """Returns the number of faces."""
        return len(self.images)

    def at(self, where: np.ndarray) -> "JudgedFaces":
        """Returns the faces at these indexes."""
        arrays = (self.images, self.conditions, self.labelled, self.predicted, self.features)
        return JudgedFaces(*(array[where] for array in arrays))


@dataclass(frozen=True)
class Trial:
    """One edit, applied to some faces.

    Attributes:
        edit: the edit.
        where: `(count,)`, the indexes of these faces among all.
        before: the faces.
        after: the edited faces.
    """

    edit: SingleEdit
    where: np.ndarray
    before: JudgedFaces
    after: JudgedFaces

    @property
    def is_right(self) -> np.ndarray:
        """For each edited face, whether the judge predicts the requested value: `(count,)` bool."""
        return self.after.predicted[:, self.edit.attribute] == self.edit.value

    @property
    def kept(self) -> np.ndarray:
        """For each edited face, the share of the other attributes with an unchanged prediction: `(count,)` in 0..1.

        It is nan for a model with one attribute.
        """
        others = np.arange(self.before.predicted.shape[1]) != self.edit.attribute
        if not others.any():
            return np.full(len(self.before), np.nan)
        return (self.before.predicted == self.after.predicted)[:, others].mean(axis=1)
