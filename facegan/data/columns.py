"""Rules by which the columns of a CSV become label columns, and which labels stay unknown.

| title of the column | cells | label columns |
|---|---|---|
| `gender`, `sex` | female, woman, f; male, man, m; numbers are refused, data sets disagree about them | Male |
| `age` | old, young; or years: 50 and more is old, under 35 is young, the years between are unknown | Young |
| `glasses` | no, NoGlasses; yes, ReadingGlasses, Sunglasses | Eyeglasses |
| `skin` | pale, normal | Pale_Skin |
| `hair`, `haircolor`, `hair_color`, `hair_colour` | black, blond, brown, gray; red, other | the four hair colours |
| anything else | 1, 1.0, true, yes, on; 0, 0.0, -1, false, no, off | a column of this title |

An empty cell is an unknown label. If there is a column `X_conf` for a column `X`, labels with a confidence below 0.9
are unknown. Any other column of numbers is a measurement and is not used.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from facegan.attributes import did_you_mean
from facegan.errors import FaceganError
from facegan.standard_attributes import CELEBA_COLUMNS, OFF_WORDS, ON_WORDS, STANDARD_ATTRIBUTES, Attribute

# Names that --attributes and --set can hold.
_USABLE = re.compile(r"[^,=\"\x00-\x1f\x7f\x85\u2028\u2029]+")
LEAST_CONFIDENCE = 0.9
CONFIDENCE = "_conf"
_BY_TITLE = {title: attribute for attribute in STANDARD_ATTRIBUTES for title in (attribute.name, *attribute.titles)}
# Words for an unknown label, in any column.
_UNKNOWN = ("", "unknown", "n/a", "nan")
_CELEBA_BY_LOWER = {column.lower(): column for column in CELEBA_COLUMNS}


class Titles:
    """Which columns of label files to ignore, and which to rename.

    Args:
        ignore: titles of columns.
        rename: `{title: new title}`.
    """

    def __init__(self, ignore: Iterable[str] = (), rename: Mapping[str, str] | None = None):
        self._new: dict[str, str | None] = {**(rename or {}), **dict.fromkeys(ignore)}
        self._unused = set(self._new)
        self._met: set[str] = set()

    def __call__(self, title: str) -> str | None:
        """Returns the title to use for a column, or None if it is ignored; `FaceganError` if it cannot be selected."""
        self._unused.discard(title)
        self._met.add(title)
        title_to_use = self._new.get(title, title)
        if title_to_use is not None and not _USABLE.fullmatch(title_to_use):
            raise FaceganError(
                f"the column {title_to_use!r} cannot be an attribute: its name is empty or has a comma, an equals sign,"
                " a quote or a line break; rename it with --rename OLD=NEW or leave it out with --ignore"
            )
        return title_to_use

    def check(self) -> None:
        """Raises `FaceganError` if a title to ignore or rename is in no label file."""
        for title in sorted(self._unused):
            raise FaceganError(f"no label file has the column '{title}'" + did_you_mean(title, self._met))


def label_columns(title: str) -> tuple[str, ...]:
    """Returns the label columns that a CSV column of this title stands for.

    >>> label_columns("sex"), label_columns("smiling"), label_columns("Tattoo")
    (('Male',), ('Smiling',), ('Tattoo',))
    """
    attribute = _attribute(title)
    return attribute.columns if attribute else (_CELEBA_BY_LOWER.get(title.lower(), title),)


def is_measurement(title: str, cells: Sequence[str]) -> bool:
    """Returns whether a column holds numbers that are neither labels nor ages in years."""
    attribute = _attribute(title)
    return _is_numeric(cells) and (attribute is None or attribute.years is None)


def read_labels(title: str, cells: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Reads a column of a CSV.

    Args:
        title: of the column.
        cells: its text, one for each face.

    Returns:
        `(count, len(label_columns(title)))` uint8, 0 or 1; and `(count,)` bool, whether the labels are known.

    Raises:
        CellError: a cell that cannot be read.
    """
    attribute = _attribute(title)
    aged = attribute if attribute and attribute.years and _is_numeric(cells) else None
    labels = np.zeros((len(cells), len(label_columns(title))), "uint8")
    known = np.ones(len(cells), bool)
    for index, cell in enumerate(cells):
        try:
            bits = None if cell.lower() in _UNKNOWN else _by_age(cell, aged) if aged else _bits(title, attribute, cell)
        except ValueError as error:
            raise CellError(index, str(error)) from error
        if bits is None:
            known[index] = False
        else:
            labels[index] = bits
    return labels, known


class CellError(FaceganError):
    """A cell of a CSV that cannot be read."""

    def __init__(self, index: int, reason: str):
        super().__init__(reason)
        self.index = index


def confident(cells: Sequence[str]) -> np.ndarray:
    """Returns which cells of a column of confidences are high enough: `(count,)` bool."""
    return np.array([(_number(cell) or 0) >= LEAST_CONFIDENCE for cell in cells])


def _attribute(title: str) -> Attribute | None:
    return _BY_TITLE.get(title.lower())


def _bits(title: str, attribute: Attribute | None, cell: str) -> list[int] | None:
    """Returns the 0/1 entries for a cell, or None if the label is unknown."""
    word = cell.lower()
    if _number(word) in (0, 1, -1):
        word = str(int(float(word)))
    if attribute is None:
        if word not in ON_WORDS + OFF_WORDS:
            raise ValueError(
                f"cannot read '{cell}'; labels are 1 and 0 or yes and no; give each of several values a column of its"
                " own, or leave the column out with --ignore"
            )
        return [int(word in ON_WORDS)]
    known = attribute.cells.get(word, word)
    if known is None:
        return None
    if len(attribute.columns) == 1 and not attribute.is_switch and _number(word) is not None:
        raise ValueError(
            f"'{cell}' is ambiguous, because data sets number {attribute.name} differently; write"
            f" {' and '.join(attribute.values)}, or use --rename {title}={attribute.columns[0]} if 1 is"
            f" {attribute.values[-1]}"
        )
    value = attribute.read(known)
    if value is None:
        raise ValueError(f"unknown value '{cell}' for '{attribute.name}'" + did_you_mean(cell, attribute.values))
    return attribute.bits(value)


def _by_age(cell: str, attribute: Attribute) -> list[int] | None:
    value = attribute.at_age(float(cell))
    return None if value is None else attribute.bits(value)


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _is_numeric(cells: Sequence[str]) -> bool:
    """Whether all cells are numbers and some are none of 0, 1 and -1."""
    numbers = [_number(cell) for cell in cells if cell.lower() not in _UNKNOWN]
    return None not in numbers and not {-1, 0, 1}.issuperset(numbers)
