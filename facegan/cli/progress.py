"""Progress bars on stderr, where that is a terminal; `--quiet` has none."""

import sys
from contextlib import contextmanager

import click

# So many faces take a second or less.
TOO_FEW = 32


def progress_bar(length, label):
    """A bar of so many steps, as a context; it has `update(steps)`."""
    return click.progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty(), show_eta=True)


@contextmanager
def counting_faces(model, count, label):
    """A context: a bar that moves with the faces that a `FaceModel` makes, if there are many.

    Args:
        model: `FaceModel`.
        count: how many faces it is going to make.
        label: what it does.
    """
    if count <= TOO_FEW:
        yield
        return
    with progress_bar(count, label) as bar:
        model.on_faces = bar.update
        yield
