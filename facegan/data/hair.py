"""Faces in the hair of others, so that a classifier learns what hair alone is (after CutMix, Yun et al. 2019).

In photos, gray hair is that of the old, and mostly of men. A classifier that has seen nothing else takes it for both: of
young faces laid into real gray hair, it found one in twelve young. No edit of hair could keep an age that hair decides.
"""

import numpy as np

from facegan.attributes import HAIR_COLUMNS
from facegan.regions import soft_oval

# Those that what surrounds a face decides about; all others are about the face.
AROUND_COLUMNS = (
    *HAIR_COLUMNS, "Bald", "Bangs", "Receding_Hairline", "Straight_Hair", "Wavy_Hair",
    "Wearing_Earrings", "Wearing_Hat", "Wearing_Necklace", "Wearing_Necktie",
)  # fmt: skip
# What has to be the same of both: hair tells a gender, and the face's colours become those of the other's skin.
ALIKE_COLUMNS = ("Male", "Pale_Skin")

# Of faces aligned as CelebA's are: the middle of the face below the hairline, half its width and half its height, each
# up to so much more or less; as shares of the picture's side.
_MIDDLE = np.array([0.5, 0.6])
_HALF = np.array([0.21, 0.29])
_JITTER = 0.12
_SOFTNESS = 0.35  # of the border, as a share of the half
_LEAST_MATCHED = 0.6  # of the difference between both skins


def with_hair_of(face, other, random):
    """A face in what surrounds another one: hair, neck and background.

    Args:
        face, other: `(size, size, 3)` uint8, aligned as CelebA's are.
        random: `numpy.random.Generator`: how large the face is cut out, and how far its colours are matched.

    Returns:
        `(size, size, 3)` uint8.
    """
    half = _HALF * (1 + random.uniform(-_JITTER, _JITTER, 2))
    taken = soft_oval(len(face), _MIDDLE, half, 2, _SOFTNESS)[..., None]
    inside = taken[..., 0] > 0.5
    shift = np.median(other[inside], axis=0) - np.median(face[inside], axis=0)
    matched = face + random.uniform(_LEAST_MATCHED, 1) * shift
    return np.clip(other + taken * (matched - other), 0, 255).astype("uint8")


class HairDonors:
    """Whose hair a face may be given.

    Args:
        labels: `(count, columns)`, 0 or 1, of the faces that may give theirs.
        columns: the columns' names.

    Attributes:
        around: which columns go with the hair: `(columns,)` bool; none of them where no colour of hair is labelled.
    """

    def __init__(self, labels, columns):
        hair = np.isin(columns, HAIR_COLUMNS)
        self.around = np.isin(columns, AROUND_COLUMNS) & hair.any()
        self._alike = np.isin(columns, ALIKE_COLUMNS)
        # For each kind of people, and each colour that occurs among them: where they are.
        self._having = {}
        for place, row in enumerate(labels.astype(bool)):
            colours = self._having.setdefault(bytes(row[self._alike]), {})
            colours.setdefault(bytes(row[hair]), []).append(place)

    def draw(self, row, random):
        """The place of one, every colour as likely as any other; None if nobody is of the same gender and skin.

        Args:
            row: `(columns,)`, the labels of the face that is to have the hair.
            random: `numpy.random.Generator`.
        """
        colours = list(self._having.get(bytes(row.astype(bool)[self._alike]), {}).values())
        return random.choice(colours[random.integers(len(colours))]) if colours else None
