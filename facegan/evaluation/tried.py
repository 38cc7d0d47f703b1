"""What the judge saw in faces, and how edits of them went."""

from dataclasses import dataclass, field

import numpy as np

from facegan.evaluation.edits import Edit


@dataclass(frozen=True)
class Judged:
    """Faces and what is to be seen in them.

    Attributes:
        images: `(count, size, size, 3)` uint8.
        conditions: `(count, k)`, the label or what was asked of the generator.
        asked: `(count, attributes)` int, the values that `conditions` stand for.
        seen: `(count, attributes)` int, the values that the judge sees.
        features: `(count, d)`, the judge's.
    """

    images: np.ndarray
    conditions: np.ndarray
    asked: np.ndarray
    seen: np.ndarray
    features: np.ndarray

    def of(self, where):
        """Only the faces of these indexes."""
        parts = (self.images, self.conditions, self.asked, self.seen, self.features)
        return Judged(*(part[where] for part in parts))


@dataclass
class Tried:
    """One edit, tried on some faces.

    Attributes:
        edit: `Edit`.
        where: indexes of the faces among those that it was tried on.
        before, after: `Judged`.
        right: `(count,)` bool, see `edits.edit_accuracy`.
        kept: `(count,)`, see `edits.edit_preservation`.
        kept_by_the_real_thing: `(count,)`, the same with what was asked for pasted in; empty where that cannot be done.
        similarity, same_person: `(count,)`, see `identity`; empty where it was not measured.
    """

    edit: Edit
    where: np.ndarray
    before: Judged
    after: Judged
    right: np.ndarray
    kept: np.ndarray
    kept_by_the_real_thing: np.ndarray = field(default_factory=lambda: np.zeros(0))
    similarity: np.ndarray = field(default_factory=lambda: np.zeros(0))
    same_person: np.ndarray = field(default_factory=lambda: np.zeros(0))
