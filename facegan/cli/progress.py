"""Progress bars on stderr, if it is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from facegan.inference import FaceModel

# This many faces take at most a second.
TOO_FEW = 32


def progress_bar(length: int, label: str) -> Any:
    """Returns a bar of `length` steps as a context; it has `update(steps)`."""
    return click.progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty(), show_eta=True)


@contextmanager
def counting_faces(model: FaceModel, count: int, label: str) -> Iterator[None]:
    """A context with a bar that follows the faces that a model makes, if there are many.

    Args:
        model: the model.
        count: the number of faces that it will make.
        label: the title of the bar.
    """
    if count <= TOO_FEW:
        yield
        return
    with progress_bar(count, label) as bar:
        model.on_faces = bar.update
        yield
