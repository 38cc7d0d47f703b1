"""The prepared data set: square faces of one size with their labels, in a few files that open at once."""

import hashlib
import json
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any, Self

import numpy as np

from facegan.attributes import Attributes, columns_with
from facegan.data.split import SPLITS
from facegan.errors import FaceganError, first_line
from facegan.schemas import PREPARED, check

FORMAT = 1
SIZES = (32, 64, 128, 256)
PARTIAL = ".partial"  # suffix of an unfinished folder


class PreparedFaces:
    """A folder that `facegan prepare` made.

    Attributes:
        path: of the folder.
        faces: `(count, size, size, 3)` uint8, 0 to 255, RGB; memory-mapped.
        labels: `(count, len(columns))` uint8, 0 or 1; 0 where a label is unknown.
        known: `(count, len(columns))` bool, whether a label is known.
        columns: the names of the label columns.
        names: the images' names in their source; after their source's name and `/` if sources were joined.
        identities: `(count,)` int64, the same number for the same person; None if unknown.
        origins: `(count,)` uint8, the source of each face: an index into `sources`.
        sources: the names of the sources; a single one unless several were joined.
        size: the side of a face in pixels.
        info: the contents of `prepared.json`.
    """

    def __init__(self, path: str | Path):
        """Opens the folder.

        Raises:
            FaceganError: this is not a prepared data set, it is unfinished, or its files are damaged or do not match.
        """
        self.path = Path(path)
        self.info = _read_info(self.path)
        try:
            self.size: int = self.info["size"]
            self.columns: tuple[str, ...] = tuple(self.info["columns"])
            self.faces = np.load(self.path / "faces.npy", mmap_mode="r")
            self.labels = self._load("labels.npy")
            self._splits = self._load("split.npy")
            self.names = _read_names(self.path)
            self.identities = self._load("identities.npy") if (self.path / "identities.npy").exists() else None
            self.known = self._load("known.npy", np.ones(self.labels.shape, bool))
            self.origins = self._load("origins.npy", np.zeros(len(self.names), "uint8"))
            source = self.info["source"]
            self.sources: tuple[str, ...] = tuple(each["name"] for each in source.get("sources", [source]))
            self._check()
        # NumPy parses headers as Python, so damaged ones raise all kinds of exceptions.
        except Exception as error:
            raise FaceganError(f"{self.path} is damaged ({first_line(error)}); prepare it again") from error

    def __len__(self) -> int:
        """Returns the number of faces."""
        return len(self.names)

    def digest(self) -> str:
        """Returns a digest of all pixels, by which a run recognises its data; takes seconds for 200,000 faces."""
        digest = hashlib.sha256()
        for start in range(0, len(self), 1024):
            digest.update(self.faces[start : start + 1024].tobytes())
        return digest.hexdigest()

    def split(self, name: str) -> np.ndarray:
        """Returns the sorted int64 indexes of the faces of a split: `train`, `validation` or `test`."""
        return np.flatnonzero(self._splits == SPLITS.index(name))

    def known_of(self, where: np.ndarray, columns: Sequence[str]) -> np.ndarray:
        """Returns which labels are known of the faces at these indexes, `(len(where), len(columns))` bool."""
        return self.known[where][:, [self.columns.index(column) for column in columns]]

    def fully_labelled(self, name: str, columns: Sequence[str]) -> np.ndarray:
        """Returns the sorted indexes of the faces of a split for which all these columns are known."""
        where = self.split(name)
        return where[self.known_of(where, columns).all(axis=1)]

    def with_attributes(self, names: Sequence[str]) -> Self:
        """Returns the same faces, with missing label columns of a model's attributes added as unknown."""
        columns = columns_with(self.columns, names)
        if columns == self.columns:
            return self
        other = copy(self)
        other.columns, lacking = columns, np.zeros((len(self), len(columns) - len(self.columns)), bool)
        other.labels = np.hstack([self.labels, lacking.astype("uint8")])
        other.known = np.hstack([self.known, lacking])
        return other

    def counts(self) -> dict[str, dict[str, int]]:
        """Returns, for each column, the number of faces with 1, with 0, and with an unknown label."""
        ones, known = self.labels.sum(axis=0, dtype=int), self.known.sum(axis=0, dtype=int)
        return {
            column: {"1": int(one), "0": int(sure - one), "unknown": len(self) - int(sure)}
            for column, one, sure in zip(self.columns, ones, known, strict=True)
        }

    def check_trainable(self, attributes: Attributes, learnt: Sequence[str] = ()) -> None:
        """Raises `FaceganError` if training faces have a single value of an attribute: no edit of it can be learned.

        Args:
            attributes: the model's.
            learnt: names of those whose labels the model to start from can predict.
        """
        train = self.split("train")
        values = attributes.value_indexes(attributes.select(self.labels[train], self.columns))
        known = attributes.fully_known(self.known_of(train, attributes.columns))
        for item, of_item, is_known in zip(attributes.items, values.T, known.T, strict=True):
            if item.name in learnt:
                continue
            present = np.unique(of_item[is_known])
            if len(present) < 2:
                what = f"only the value {item.values[present[0]]}" if present.size else "no known value"
                raise FaceganError(
                    f"'{item.name}' has {what} in the training faces of {self.path}: no edit of it can be learned;"
                    " leave it out of --attributes"
                )

    def _load(self, name: str, default: np.ndarray | None = None) -> Any:
        """Returns an array, or the default where a data set does not have it."""
        path = self.path / name
        if default is not None and not path.exists():
            return default
        # Mapped first, so that an array that claims to be larger than its file is not read.
        return np.array(np.load(path, mmap_mode="r"))

    def _check(self) -> None:
        """Raises `ValueError` if the files do not have the expected types, shapes and values."""
        count, size, columns = self.info["count"], self.size, len(self.columns)
        if len(self.names) != count:
            raise ValueError("names.txt and prepared.json disagree")
        expected = {
            "faces.npy": (self.faces, "uint8", (count, size, size, 3), 255),
            "labels.npy": (self.labels, "uint8", (count, columns), 1),
            "known.npy": (self.known, "bool", (count, columns), 1),
            "origins.npy": (self.origins, "uint8", (count,), len(self.sources) - 1),
            "split.npy": (self._splits, "uint8", (count,), len(SPLITS) - 1),
        }
        if self.identities is not None:
            expected["identities.npy"] = (self.identities, "int64", (count,), np.iinfo("int64").max)
        for file, (array, dtype, shape, largest) in expected.items():
            if array.dtype != dtype or array.shape != shape:
                raise ValueError(f"{file} and prepared.json disagree")
            if array is not self.faces and array.max(initial=0) > largest:
                raise ValueError(f"{file} has wrong values")


def write_names(folder: Path, names: Sequence[str]) -> None:
    """Writes the names of images, none of which has a line break, to a prepared data set."""
    content = "".join(f"{name}\n" for name in names)
    (folder / "names.txt").write_bytes(content.encode("utf-8", "surrogateescape"))


def _read_names(folder: Path) -> list[str]:
    # Not splitlines: names may have any of its rarer line breaks.
    return (folder / "names.txt").read_bytes().decode("utf-8", "surrogateescape").split("\n")[:-1]


def _read_info(path: Path) -> dict[str, Any]:
    try:
        info = json.loads((path / "prepared.json").read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        partial = path.with_name(path.name + PARTIAL)
        if path.name.endswith(PARTIAL) or (partial.is_dir() and not path.exists()):
            raise FaceganError(f"{path} is unfinished; run the same `facegan prepare` again to resume") from None
        raise FaceganError(f"{path} is not a prepared data set; make one with `facegan prepare`") from None
    except (OSError, ValueError, RecursionError) as error:
        raise FaceganError(f"cannot read {path / 'prepared.json'}: {error}") from error
    if not isinstance(info, dict) or info.get("format") != FORMAT:
        raise FaceganError(f"{path} was prepared by another version of facegan; prepare it again")
    try:
        return check(info, PREPARED)
    except FaceganError as error:
        raise FaceganError(f"{path / 'prepared.json'} is damaged: {error}; prepare it again") from error
