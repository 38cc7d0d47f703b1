"""The vocabulary: which attributes there are, what people call their values, and the vectors that networks see.

An *attribute* is what a person asks for (`hair`, `glasses`, `Smiling`). A *column* is one 0/1 entry of a label
file (`Black_Hair`). Most attributes are one column; `hair` is four, of which at most one is 1.
"""

from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from facegan.errors import FaceganError

CELEBA_COLUMNS = tuple(
    """5_o_Clock_Shadow Arched_Eyebrows Attractive Bags_Under_Eyes Bald Bangs Big_Lips Big_Nose Black_Hair
    Blond_Hair Blurry Brown_Hair Bushy_Eyebrows Chubby Double_Chin Eyeglasses Goatee Gray_Hair Heavy_Makeup
    High_Cheekbones Male Mouth_Slightly_Open Mustache Narrow_Eyes No_Beard Oval_Face Pale_Skin Pointy_Nose
    Receding_Hairline Rosy_Cheeks Sideburns Smiling Straight_Hair Wavy_Hair Wearing_Earrings Wearing_Hat
    Wearing_Lipstick Wearing_Necklace Wearing_Necktie Young""".split()
)
HAIR_COLUMNS = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair")
# Those that a band across the face decides about; all others are about the rest of it.
EYE_COLUMNS = ("Eyeglasses", "Narrow_Eyes", "Bags_Under_Eyes", "Arched_Eyebrows", "Bushy_Eyebrows")

OFF_WORDS = ("0", "no", "off", "false", "-1")
ON_WORDS = ("1", "yes", "on", "true")


@dataclass(frozen=True)
class Attribute:
    """One thing a person can ask for.

    Attributes:
        name: what it is called on the command line.
        columns: its label columns.
        values: the names of its values. With one column, `(value for 0, value for 1)`; with more, one value
            for each column that is 1, and a last one for "all are 0".
    """

    name: str
    columns: tuple
    values: tuple = ("0", "1")

    def bits(self, value):
        """The 0/1 entries of this attribute's columns that `value` stands for."""
        chosen = self.values.index(value)
        if len(self.columns) == 1:
            return [chosen]
        return [int(chosen == index) for index in range(len(self.columns))]

    @property
    def wishable(self):
        """The values that people ask for: all but "none of the others" (hair=other)."""
        return self.values if len(self.columns) == 1 else self.values[:-1]

    def value(self, bits):
        """The name of the value that these entries come nearest to (any numbers; 0.5 is the border)."""
        bits = np.asarray(bits, "float32")
        if len(self.columns) == 1:
            return self.values[int(bits[0] > 0.5)]
        return self.values[int(bits.argmax())] if bits.max() > 0.5 else self.values[-1]


FIVE = (
    Attribute("gender", ("Male",), ("female", "male")),
    Attribute("age", ("Young",), ("old", "young")),
    Attribute("glasses", ("Eyeglasses",)),
    Attribute("skin", ("Pale_Skin",)),
    Attribute("hair", HAIR_COLUMNS, ("black", "blond", "brown", "gray", "other")),
)
FIVE_NAMES = tuple(attribute.name for attribute in FIVE)
_FIVE_BY_NAME = {attribute.name: attribute for attribute in FIVE}

# Other words for a value, by attribute.
_SYNONYMS = {
    "skin": {"pale": "1", "normal": "0"},
    "glasses": {"none": "0"},
    "hair": {"blonde": "blond", "grey": "gray", "none": "other"},
    "gender": {"woman": "female", "man": "male", "0": "female", "1": "male"},
    "age": {"0": "old", "1": "young"},
}
# Words that say attribute and value in one.
_BARE_WORDS = {"pale": ("skin", "1"), "eyeglasses": ("glasses", "1")}


def did_you_mean(word, candidates):
    """`"; did you mean 'glasses'?"`, or the list of what there is when nothing comes near."""
    candidates = sorted(set(candidates))
    lowered = {candidate.lower(): candidate for candidate in candidates}
    close = get_close_matches(word.lower(), lowered, n=1)
    if close:
        return f"; did you mean '{lowered[close[0]]}'?"
    return f"; there is: {', '.join(candidates)}"


class Attributes:
    """The attributes a model knows, in the order of its condition vector.

    Args:
        names: any of the five (`gender`, `age`, `glasses`, `skin`, `hair`) and any label column by its own name.
        available: the label columns there are. CelebA's forty by default.

    Raises:
        FaceganError: an unknown name, one named twice, or two names that share a column.

    Example:

    >>> attributes = Attributes(["glasses", "hair"])
    >>> attributes.columns
    ('Eyeglasses', 'Black_Hair', 'Blond_Hair', 'Brown_Hair', 'Gray_Hair')
    >>> attributes.parse("glasses=1, blond")
    {'glasses': '1', 'hair': 'blond'}
    >>> attributes.vector({"glasses": "1", "hair": "blond"}).tolist()
    [1.0, 0.0, 1.0, 0.0, 0.0]
    """

    def __init__(self, names=FIVE_NAMES, available=CELEBA_COLUMNS):
        columns_by_lower = {column.lower(): column for column in available}
        self.items = []
        for name in names:
            lowered = name.strip().lower()
            if lowered in _FIVE_BY_NAME and set(_FIVE_BY_NAME[lowered].columns) <= set(available):
                self.items.append(_FIVE_BY_NAME[lowered])
            elif lowered in columns_by_lower:
                self.items.append(Attribute(columns_by_lower[lowered], (columns_by_lower[lowered],)))
            else:
                known = [five.name for five in FIVE if set(five.columns) <= set(available)]
                raise FaceganError(f"unknown attribute '{name.strip()}'" + did_you_mean(name, known + list(available)))
        self.columns = tuple(column for item in self.items for column in item.columns)
        if len(set(self.columns)) < len(self.columns):
            raise FaceganError(f"attributes '{', '.join(names)}' name the same label column twice")
        if not self.items:
            raise FaceganError("no attribute was named")
        starts = np.cumsum([0] + [len(item.columns) for item in self.items])
        self._slices = {item.name: slice(a, b) for item, a, b in zip(self.items, starts, starts[1:])}
        # Hair colours exclude each other even where someone chose them as single columns.
        self._exclusive = np.array([column in HAIR_COLUMNS for column in self.columns])

    @property
    def names(self):
        return tuple(item.name for item in self.items)

    def __len__(self):
        """The length of the condition vector."""
        return len(self.columns)

    def select(self, labels, columns):
        """Takes this vocabulary's columns out of a label array.

        Args:
            labels: `(count, len(columns))`, 0 or 1.
            columns: what the label array's columns are called.

        Returns:
            `(count, len(self))` float32, 0 or 1, with at most one hair colour (CelebA has a few photos with two:
            the first counts).
        """
        vectors = np.asarray(labels)[:, [list(columns).index(column) for column in self.columns]].astype("float32")
        exclusive = vectors[:, self._exclusive]
        vectors[:, self._exclusive] = exclusive * (np.cumsum(exclusive, axis=1) <= 1)
        return vectors

    def parse(self, text):
        """Reads `"gender=female, glasses=1, blond"` into `{"gender": "female", "glasses": "1", "hair": "blond"}`.

        Raises:
            FaceganError: an unknown attribute or value, or one attribute given two values.
        """
        wishes = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, separator, value = (piece.strip() for piece in part.partition("="))
            name, value = self._one(name, value) if separator else self._bare(part)
            if wishes.get(name, value) != value:
                raise FaceganError(f"'{name}' is asked to be both '{wishes[name]}' and '{value}'")
            wishes[name] = value
        return wishes

    def _called(self, name):
        """The attribute that a person calls `name`. Raises `FaceganError` if there is none."""
        by_lower = {item.name.lower(): item for item in self.items}
        # A column's own name works for the attribute it makes up: Eyeglasses=1 is glasses=1.
        by_lower |= {item.columns[0].lower(): item for item in self.items if len(item.columns) == 1}
        if name.lower() not in by_lower:
            raise FaceganError(f"unknown attribute '{name}'" + did_you_mean(name, self.names))
        return by_lower[name.lower()]

    def _one(self, name, value):
        item = self._called(name)
        word = value.lower()
        word = _SYNONYMS.get(item.name, {}).get(word, word)
        if word not in item.values and item.values == ("0", "1"):
            word = "1" if word in ON_WORDS else "0" if word in OFF_WORDS else word
        if word not in item.values:
            raise FaceganError(f"unknown value '{value}' for '{item.name}'" + did_you_mean(value, item.values))
        return item.name, word

    def _bare(self, word):
        meanings = {
            value: (item.name, value)
            for item in self.items
            for value in item.values
            if value not in ("0", "1", "other")
        }
        meanings |= {
            synonym: (name, value)
            for name in set(self.names) & set(_SYNONYMS)
            for synonym, value in _SYNONYMS[name].items()
            if synonym not in ("0", "1", "none", "normal")
        }
        meanings |= {item.name.lower(): (item.name, "1") for item in self.items if item.values == ("0", "1")}
        meanings |= {bare: meaning for bare, meaning in _BARE_WORDS.items() if meaning[0] in self.names}
        if word.lower() not in meanings:
            raise FaceganError(f"unknown attribute '{word}'" + did_you_mean(word, meanings))
        return meanings[word.lower()]

    def wishes_of(self, name):
        """`{attribute: value}` for each value of an attribute that people ask for.

        Raises:
            FaceganError: an unknown attribute.
        """
        item = self._called(name)
        return [{item.name: value} for value in item.wishable]

    def apply(self, vectors, wishes):
        """Sets attributes in condition vectors; the others stay as they are.

        Args:
            vectors: `(..., len(self))`, any numbers.
            wishes: `{attribute: value}` as `parse` returns it.

        Returns:
            A new float32 array of the same shape. A hair colour that is set clears the other colours.
        """
        vectors = np.array(vectors, "float32")
        for name, value in wishes.items():
            name, value = self._one(name, str(value))
            where = self._slices[name]
            bits = self._item(name).bits(value)
            if any(bits) and self._exclusive[where].any():
                vectors[..., self._exclusive] = 0
            vectors[..., where] = bits
        return vectors

    def vector(self, wishes):
        """The condition vector, `(len(self),)` float32, of these wishes with everything else 0."""
        return self.apply(np.zeros(len(self)), wishes)

    def values(self, vector):
        """`{attribute: value}` of one condition vector: what `vector` was made from."""
        return {item.name: item.value(np.asarray(vector)[self._slices[item.name]]) for item in self.items}

    def value_indexes(self, vectors):
        """Which value each attribute has: `values` of many vectors at once.

        Args:
            vectors: `(count, len(self))`, any numbers; 0.5 is the border between 0 and 1.

        Returns:
            `(count, len(names))` int, the place among each attribute's values.
        """
        found = []
        for item in self.items:
            bits = np.asarray(vectors)[:, self._slices[item.name]]
            none, best = (0, 1) if len(item.columns) == 1 else (len(item.columns), bits.argmax(axis=1))
            found.append(np.where(bits.max(axis=1) > 0.5, best, none))
        return np.stack(found, axis=1)

    def describe(self, wishes):
        """One line for people: `female, young, glasses, blond hair`.

        >>> Attributes().describe({"gender": "female", "glasses": "0", "hair": "blond"})
        'female, no glasses, blond hair'
        """
        words = {
            "skin": {"0": "normal skin", "1": "pale skin"},
            "hair": {value: f"{value} hair" for value in _FIVE_BY_NAME["hair"].values},
        }
        switch = lambda name, value: {"0": f"no {name}", "1": name}.get(value, value)
        return ", ".join(words.get(name, {}).get(value) or switch(name, value) for name, value in wishes.items())

    def matching(self, vectors, wishes):
        """Which of these condition vectors have all these values: `(count,)` bool."""
        wanted = np.full(len(self), np.nan, "float32")
        for name, value in wishes.items():
            wanted[self._slices[name]] = self._item(name).bits(value)
        return np.all(np.isnan(wanted) | (vectors == wanted), axis=-1)

    def changed(self, vectors, random, among=None):
        """Condition vectors that are wrong for their faces: one or two attributes of each get another value.

        Every attribute is changed equally often, however rare its values are; shuffling labels instead would
        hardly ever ask for glasses. A face with two changes is as frequent as one with a single change.

        Args:
            vectors: `(count, len(self))`, the faces' own attributes.
            random: `numpy.random.Generator`.
            among: `(count,)` int, the place of an attribute that has to be among each face's changed ones.
        """
        own = np.asarray(vectors, "float32")
        changed = own.copy()
        how_many = random.integers(1, 3, len(own))
        order = random.random((len(own), len(self.items)))
        if among is not None:
            order[np.arange(len(own)), among] = -1
        order = order.argsort(axis=1).argsort(axis=1)
        for item, place in zip(self.items, order.T):
            rows, where = np.flatnonzero(place < how_many), self._slices[item.name]
            codes = np.array([item.bits(value) for value in item.values], "float32")
            # What the face has, not what an earlier change has left: two hair columns would undo each other.
            now = (own[rows, None, where] == codes).all(axis=-1).argmax(axis=1)
            new = codes[(now + random.integers(1, len(codes), len(rows))) % len(codes)]
            if self._exclusive[where].any():
                changed[np.ix_(rows[new.any(axis=1)], self._exclusive)] = 0
            changed[rows, where] = new
        return changed

    def _item(self, name):
        return next(item for item in self.items if item.name == name)
