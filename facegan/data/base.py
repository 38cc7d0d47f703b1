"""What every source of faces offers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Source:
    """Labelled faces that can be prepared.

    Attributes:
        names: what the pictures are called, each once.
        columns: the label columns.
        labels: `(len(names), len(columns))` uint8, 0 or 1.
        description: what these faces are and on what terms they may be used, for `prepared.json`.
        read: `read(name, size)` gives that face as a `size` x `size` RGB `PIL.Image` and raises `FaceganError` for a
            picture that cannot be read. It can be pickled: the processes that prepare faces call it.
        identities: `(len(names),)` int64, the same number for the same person; None where nobody knows.
        partition: `(len(names),)` uint8, 0 train, 1 validation, 2 test, where the source says so itself, or None.
        left_out: `(name, reason)` of each picture that is missing or has no label.
    """

    names: list
    columns: tuple
    labels: np.ndarray
    description: dict
    read: Callable
    identities: np.ndarray | None = None
    partition: np.ndarray | None = None
    left_out: tuple = ()
