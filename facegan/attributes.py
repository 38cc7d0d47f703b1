"""The attributes of a model, and the condition vectors that its networks take."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from rapidfuzz import process
from rapidfuzz.distance import OSA

from facegan.errors import FaceganError
from facegan.regions import WHOLE
from facegan.standard_attributes import (
    CELEBA_COLUMNS,
    HAIR_COLUMNS,
    OPPOSITE,
    REGIONS,
    STANDARD_ATTRIBUTES,
    STANDARD_NAMES,
    Attribute,
)

_STANDARD_BY_WORD = {attribute.name: attribute for attribute in STANDARD_ATTRIBUTES} | {
    attribute.columns[0].lower(): attribute for attribute in STANDARD_ATTRIBUTES if len(attribute.columns) == 1
}
# A standard attribute may have columns that CelebA lacks.
_KNOWN_COLUMNS = tuple(
    dict.fromkeys([*CELEBA_COLUMNS, *(column for attribute in STANDARD_ATTRIBUTES for column in attribute.columns)])
)


def usual_names(columns: Sequence[str]) -> tuple[str, ...]:
    """Returns the default attributes for data with these label columns.

    These are all attributes that the columns make up, but only the standard ones for CelebA's forty columns.

    >>> usual_names(("Male", "Tattoo"))
    ('gender', 'Tattoo')
    """
    standard = [attribute for attribute in STANDARD_ATTRIBUTES if set(attribute.columns) <= set(columns)]
    used = {column for attribute in standard for column in attribute.columns}
    if set(CELEBA_COLUMNS) <= set(columns):
        used |= set(CELEBA_COLUMNS)
    return (*(attribute.name for attribute in standard), *(column for column in columns if column not in used))


def columns_with(columns: Sequence[str], names: Iterable[str]) -> tuple[str, ...]:
    """Returns a data set's label columns, followed by the columns of a model's attributes that it lacks.

    A column whose name differs from an attribute's only in case takes the attribute's name.

    >>> columns_with(("tattoo", "Male"), ("gender", "glasses", "Tattoo"))
    ('Tattoo', 'Male', 'Eyeglasses')
    """
    own = {column.lower() for column in columns}
    standard = {attribute.name: attribute.columns for attribute in STANDARD_ATTRIBUTES}
    needed = (column for name in names for column in ((name,) if name.lower() in own else standard.get(name, (name,))))
    by_lower = {column.lower(): column for column in needed}
    return (*[by_lower.pop(column.lower(), column) for column in columns], *by_lower.values())


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Returns `"; did you mean 'glasses'?"`, or the list of candidates where none is similar."""
    candidates = sorted(set(candidates))
    close = closest(word, candidates, 0.6)
    return f"; did you mean '{close}'?" if close else f"; available: {', '.join(candidates)}"


def closest(word: str, candidates: Iterable[str], similarity: float) -> str | None:
    """Returns the most similar candidate if its similarity (0 to 1), ignoring case, is at least this."""
    found = process.extractOne(
        word, list(candidates), scorer=OSA.normalized_similarity, processor=str.lower, score_cutoff=similarity
    )
    return found[0] if found else None


def merge_wishes(wishes: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Returns wishes as a dictionary.

    Args:
        wishes: pairs of attribute and value, as in the dictionaries that `Attributes.parse` returns.

    Raises:
        FaceganError: two values for one attribute.
    """
    merged: dict[str, str] = {}
    for name, value in wishes:
        if merged.setdefault(name, value) != value:
            raise FaceganError(f"'{name}' cannot be both '{merged[name]}' and '{value}'")
    return merged


class Attributes:
    """The attributes of a model, in the order of its condition vector.

    Args:
        names: any of the standard attributes (`gender`, `age`, `glasses`, `skin`, `hair`) and any label column by its
            own name. If a column alone makes up a standard attribute, it becomes that: `Eyeglasses` is `glasses`.
        available: the label columns of the data; by default CelebA's forty and those of the standard attributes.

    Attributes:
        items: the `Attribute`s.
        columns: their label columns.
        exclusive: `(len(self),)` bool, the columns of which at most one is 1: the hair colours, even if they were
            selected as single columns.

    Raises:
        FaceganError: an unknown name, a name given twice, or two names that share a column.

    Example:
    >>> attributes = Attributes(["glasses", "hair"])
    >>> attributes.columns
    ('Eyeglasses', 'Black_Hair', 'Blond_Hair', 'Brown_Hair', 'Gray_Hair')
    >>> attributes.parse("glasses=1, blond")
    {'glasses': '1', 'hair': 'blond'}
    >>> attributes.vector({"glasses": "1", "hair": "blond"}).tolist()
    [1.0, 0.0, 1.0, 0.0, 0.0]
    """

    def __init__(self, names: Sequence[str] = STANDARD_NAMES, available: Sequence[str] = _KNOWN_COLUMNS):
        columns_by_lower = {column.lower(): column for column in available}
        self.items: list[Attribute] = []
        for name in names:
            lowered = name.strip().lower()
            if lowered in _STANDARD_BY_WORD and set(_STANDARD_BY_WORD[lowered].columns) <= set(available):
                self.items.append(_STANDARD_BY_WORD[lowered])
            elif lowered in columns_by_lower:
                column = columns_by_lower[lowered]
                self.items.append(Attribute(column, (column,), region=REGIONS.get(column, WHOLE)))
            else:
                known = [item.name for item in STANDARD_ATTRIBUTES if set(item.columns) <= set(available)]
                raise FaceganError(f"unknown attribute '{name.strip()}'" + did_you_mean(name, [*known, *available]))
        self.columns = tuple(column for item in self.items for column in item.columns)
        if len(set(self.columns)) < len(self.columns):
            raise FaceganError(f"attributes '{', '.join(names)}' name the same label column twice")
        if not self.items:
            raise FaceganError("no attribute was named")
        starts = np.cumsum([0] + [len(item.columns) for item in self.items])
        self._slices = {
            item.name: slice(start, end) for item, start, end in zip(self.items, starts, starts[1:], strict=False)
        }
        self.exclusive = np.array([column in HAIR_COLUMNS for column in self.columns])

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes' names."""
        return tuple(item.name for item in self.items)

    def __len__(self) -> int:
        """Returns the length of the condition vector."""
        return len(self.columns)

    def select(self, labels: ArrayLike, columns: Sequence[str]) -> np.ndarray:
        """Takes these attributes' columns out of a label array.

        Args:
            labels: `(count, len(columns))`, 0 or 1.
            columns: the names of the label array's columns.

        Returns:
            `(count, len(self))` float32, 0 or 1, with at most one hair colour (a few CelebA photos have two: the first
            counts).
        """
        vectors = np.asarray(labels)[:, [list(columns).index(column) for column in self.columns]].astype("float32")
        exclusive = vectors[:, self.exclusive]
        vectors[:, self.exclusive] = exclusive * (np.cumsum(exclusive, axis=1) <= 1)
        return vectors

    def parse(self, *wishes: str | Mapping[str, Any]) -> dict[str, str]:
        """Reads `"gender=female, glasses=1, blond"` into `{"gender": "female", "glasses": "1", "hair": "blond"}`.

        Args:
            wishes: such texts, or dictionaries of attributes and values.

        Raises:
            FaceganError: an unknown attribute or value, or two values for one attribute.
        """
        return merge_wishes(pair for part in wishes for pair in self._read_all(part))

    def check_absolute(self, wishes: Mapping[str, str]) -> None:
        """Raises `FaceganError` for the value `opposite`, which is defined for edits only."""
        for name, value in wishes.items():
            if value == OPPOSITE:
                raise FaceganError(f"'{name}={OPPOSITE}' is for edits; it does not describe a face")

    def _read_all(self, wishes: str | Mapping[str, Any]) -> list[tuple[str, str]]:
        """Pairs of attribute and value."""
        if not isinstance(wishes, str):
            return [self._read(name, str(value)) for name, value in wishes.items()]
        texts = [text.strip() for text in wishes.split(",") if text.strip()]
        return [self._read(*text.split("=", 1)) if "=" in text else self._read_bare(text) for text in texts]

    def find(self, name: str) -> Attribute:
        """Returns the attribute with this name, or with a column of this name.

        Raises:
            FaceganError: there is none.
        """
        by_lower = {item.name.lower(): item for item in self.items}
        by_lower |= {item.columns[0].lower(): item for item in self.items if len(item.columns) == 1}
        if name.lower() not in by_lower:
            raise FaceganError(f"unknown attribute '{name}'" + did_you_mean(name, self.names))
        return by_lower[name.lower()]

    def _read(self, name: str, word: str) -> tuple[str, str]:
        item, word = self.find(name.strip()), word.strip()
        value = item.read(word)
        if value is None:
            raise FaceganError(f"unknown value '{word}' for '{item.name}'" + did_you_mean(word, item.values))
        return item.name, value

    def _read_bare(self, word: str) -> tuple[str, str]:
        meanings = {bare: (item.name, value) for item in self.items for bare, value in item.bare_words().items()}
        if word.lower() not in meanings:
            raise FaceganError(f"unknown attribute '{word}'" + did_you_mean(word, meanings))
        return meanings[word.lower()]

    def every_value(self) -> list[tuple[str, str]]:
        """Returns `(attribute, value)` for all values, including those that edits cannot set."""
        return [(item.name, value) for item in self.items for value in item.values]

    def apply(self, vectors: ArrayLike, wishes: Mapping[str, str]) -> np.ndarray:
        """Sets attributes in condition vectors and leaves the others as they are.

        Args:
            vectors: `(..., len(self))`, any numbers.
            wishes: `{attribute: value}`, as returned by `parse`. The value `opposite` switches between two values.

        Returns:
            A new float32 array of the same shape. Setting a hair colour clears the other colours.
        """
        vectors = np.array(vectors, "float32")
        for name, value in wishes.items():
            where = self._slices[name]
            if value == OPPOSITE:
                vectors[..., where] = 1 - vectors[..., where]
                continue
            bits = self.find(name).bits(value)
            if any(bits) and self.exclusive[where].any():
                vectors[..., self.exclusive] = 0
            vectors[..., where] = bits
        return vectors

    def vector(self, wishes: Mapping[str, str]) -> np.ndarray:
        """Returns the condition vector, `(len(self),)` float32, for these wishes; all other entries are 0."""
        return self.apply(np.zeros(len(self)), wishes)

    def spread(self, numbers: Mapping[str, float]) -> np.ndarray:
        """Returns `(len(self),)` float32: each attribute's number in all of its columns; 1 where none is given."""
        spread = np.ones(len(self), "float32")
        for name, number in numbers.items():
            spread[self._slices[name]] = number
        return spread

    def values(self, vector: ArrayLike) -> dict[str, str]:
        """Returns `{attribute: value}` of one condition vector; the inverse of `vector`."""
        indexes = self.value_indexes(np.asarray(vector)[None])[0]
        return {item.name: item.values[index] for item, index in zip(self.items, indexes, strict=True)}

    def value_indexes(self, vectors: ArrayLike) -> np.ndarray:
        """Returns the value of each attribute as an index: `values` of many vectors at once.

        Args:
            vectors: `(count, len(self))`, any numbers, with the threshold at 0.5.

        Returns:
            `(count, len(names))` int, indexes into each attribute's `values`.
        """
        found = []
        for item in self.items:
            bits = np.asarray(vectors)[:, self._slices[item.name]]
            none, best = (0, 1) if len(item.columns) == 1 else (len(item.columns), bits.argmax(axis=1))
            found.append(np.where(bits.max(axis=1) > 0.5, best, none))
        return np.stack(found, axis=1)

    def fully_known(self, known: ArrayLike) -> np.ndarray:
        """Returns for each attribute whether all of its labels are known.

        Args:
            known: `(count, len(self))`, whether the label of each column is known.

        Returns:
            `(count, len(names))` bool.

        >>> Attributes(["glasses", "hair"]).fully_known([[True, True, False, True, True]])
        array([[ True, False]])
        """
        return np.stack([np.all(np.asarray(known)[:, self._slices[name]], axis=1) for name in self.names], axis=1)

    def nearest(self, vectors: ArrayLike) -> np.ndarray:
        """Returns the condition vectors of the values that are nearest to these entries.

        Args:
            vectors: as for `value_indexes`, such as probabilities.

        Returns:
            `(count, len(self))` float32, 0 or 1, with at most one column of each attribute.
        """
        indexes = self.value_indexes(vectors)
        codes = [np.array([item.bits(value) for value in item.values], "float32") for item in self.items]
        return np.concatenate([of_item[index] for of_item, index in zip(codes, indexes.T, strict=True)], axis=1)

    def describe(self, wishes: Mapping[str, str]) -> str:
        """Returns a readable description.

        >>> Attributes().describe({"gender": "female", "glasses": "0", "hair": "blond"})
        'female, no glasses, blond hair'
        """
        return ", ".join(self.find(name).phrase(value) for name, value in wishes.items())

    def matching(self, vectors: np.ndarray, wishes: Mapping[str, str]) -> np.ndarray:
        """Returns which condition vectors have all these values: `(count,)` bool."""
        self.check_absolute(wishes)
        wanted = np.full(len(self), np.nan, "float32")
        for name, value in wishes.items():
            wanted[self._slices[name]] = self.find(name).bits(value)
        return np.all(np.isnan(wanted) | (vectors == wanted), axis=-1)

    def changed(self, vectors: ArrayLike, random: np.random.Generator, among: np.ndarray | None = None) -> np.ndarray:
        """Returns condition vectors in which one or two attributes of each face have another value.

        Every attribute is changed equally often, however rare its values are; with shuffled labels, glasses would be
        rare. One and two changes are equally frequent.

        Args:
            vectors: `(count, len(self))`, the faces' own attributes.
            random: the random number generator.
            among: `(count,)` int, for each face the index of an attribute that must be changed.

        Returns:
            `(count, len(self))` float32.
        """
        own = np.asarray(vectors, "float32")
        changed = own.copy()
        how_many = random.integers(1, 3, len(own))
        order = random.random((len(own), len(self.items)))
        if among is not None:
            order[np.arange(len(own)), among] = -1
        ranks = order.argsort(axis=1).argsort(axis=1)
        for item, place in zip(self.items, ranks.T, strict=True):
            rows, where = np.flatnonzero(place < how_many), self._slices[item.name]
            codes = np.array([item.bits(value) for value in item.values], "float32")
            # From the face's own value, not from the result of the first change: two hair columns would cancel out.
            now = (own[rows, None, where] == codes).all(axis=-1).argmax(axis=1)
            new = codes[(now + random.integers(1, len(codes), len(rows))) % len(codes)]
            if self.exclusive[where].any():
                changed[np.ix_(rows[new.any(axis=1)], self.exclusive)] = 0
            changed[rows, where] = new
        return changed
