"""The prepared data set: squares of one size, with their labels, in a few files that open at once."""

import json
from pathlib import Path

import numpy as np

from facegan.data.split import PARTS
from facegan.errors import FaceganError

FORMAT = 1
PARTIAL = ".partial"  # what an unfinished folder's name ends with


class PreparedFaces:
    """A folder that `facegan prepare` made.

    Attributes:
        path: `Path` of the folder.
        faces: `(count, size, size, 3)` uint8, 0 to 255, RGB; mapped into memory, not read.
        labels: `(count, len(columns))` uint8, 0 or 1.
        columns: the label columns' names.
        names: what each picture was called in its source.
        known: `(count, len(columns))` bool, whether a label is known; an unknown label is 0 in `labels`.
        identities: `(count,)` int64, or None where nobody knows.
        origins: `(count,)` uint8, the source of each face: an index into `sources`.
        sources: the names of the sources; a single one unless several were joined.
        size: the side of a face in pixels.
        info: all that `prepared.json` says.

    Raises:
        FaceganError: this is no prepared data set, an unfinished one, or its files do not belong together.
    """

    def __init__(self, path):
        self.path = Path(path)
        self.info = _info(self.path)
        try:
            self.size, self.columns = self.info["size"], tuple(self.info["columns"])
            self.faces = np.load(self.path / "faces.npy", mmap_mode="r")
            self.labels = np.load(self.path / "labels.npy")
            self._split = np.load(self.path / "split.npy")
            self.names = (self.path / "names.txt").read_text("utf-8").splitlines()
            known, identities, origins = map(self._load, ("known.npy", "identities.npy", "origins.npy"))
            self.known = np.ones(self.labels.shape, bool) if known is None else known
            self.identities = identities
            self.origins = np.zeros(len(self.names), "uint8") if origins is None else origins
            source = self.info["source"]
            self.sources = tuple(part["name"] for part in source.get("sources", [source]))
        except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError) as error:
            raise FaceganError(f"{self.path} is damaged ({error}); prepare it once more") from error
        self._check()

    def __len__(self):
        return len(self.names)

    def part(self, name):
        """Where the faces of a part are: sorted int64 indices. `name` is `train`, `validation` or `test`."""
        return np.flatnonzero(self._split == PARTS.index(name))

    def _load(self, name):
        """Returns an array that not every data set has, or None."""
        path = self.path / name
        return np.load(path) if path.exists() else None

    def _check(self):
        count = self.info.get("count")
        shapes = {
            "faces.npy": (self.faces.shape, (count, self.size, self.size, 3)),
            "labels.npy": (self.labels.shape, (count, len(self.columns))),
            "known.npy": (self.known.shape, (count, len(self.columns))),
            "origins.npy": (self.origins.shape, (count,)),
            "split.npy": (self._split.shape, (count,)),
            "names.txt": ((len(self.names),), (count,)),
        }
        if self.identities is not None:
            shapes["identities.npy"] = (self.identities.shape, (count,))
        for file, (found, expected) in shapes.items():
            if found != expected:
                raise FaceganError(f"{self.path} is damaged: {file} and prepared.json disagree; prepare it once more")


def _info(path):
    try:
        info = json.loads((path / "prepared.json").read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        partial = path.with_name(path.name + PARTIAL)
        if path.name.endswith(PARTIAL) or (partial.is_dir() and not path.exists()):
            raise FaceganError(f"{path} is unfinished; run the same `facegan prepare` again to go on") from None
        raise FaceganError(f"{path} is not a prepared data set; make one with `facegan prepare`") from None
    except (OSError, ValueError) as error:
        raise FaceganError(f"cannot read {path / 'prepared.json'}: {error}") from error
    if not isinstance(info, dict) or info.get("format") != FORMAT:
        raise FaceganError(f"{path} was prepared by another version of facegan; prepare it once more")
    return info
