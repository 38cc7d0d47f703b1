"""What every source of faces provides."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Source:
    """Labelled faces to prepare.

    Attributes:
        names: the images' names, each once.
        columns: the label columns.
        labels: `(len(names), len(columns))` uint8, 0 or 1; 0 where a label is unknown.
        description: what these faces are and the terms of their use, for `prepared.json`.
        read: `read(name, size)` returns a face as a `size` x `size` RGB `PIL.Image` and raises `FaceganError` if the
            image cannot be read. It can be pickled: worker processes call it.
        identities: `(len(names),)` int64, the same number for the same person; None if unknown.
        partition: `(len(names),)` uint8, 0 train, 1 validation, 2 test, or None if the source has no partition.
        left_out: `(name, reason)` of each image that is missing or has no label.
        known: `(len(names), len(columns))` bool, whether a label is known; None if all are.
        origins: `(len(names),)` uint8, the source of each face; None unless sources were joined.
        remarks: remarks on the labels for the user, one line each.
        files: the files that the images are read from; they must not change while the faces are prepared.
    """

    names: list[str]
    columns: tuple[str, ...]
    labels: np.ndarray
    description: dict
    read: Callable[[str, int], Image.Image]
    identities: np.ndarray | None = None
    partition: np.ndarray | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    known: np.ndarray | None = None
    origins: np.ndarray | None = None
    remarks: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
