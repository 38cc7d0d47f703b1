"""Checkpoints: everything a run needs to go on exactly, in one file without pickled objects."""

import json
import zipfile
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from facegan.errors import FaceganError
from facegan.files import atomic_write
from facegan.training.backends import synchronise

KEPT = 3
_DESCRIPTION = "description"


class Checkpoints:
    """The checkpoints of one run: `step-00001200.npz`, the newest three.

    A checkpoint holds weights, moving averages, the optimizer's moments, the state of dropout's random numbers, the
    step, and the run's settings and history. Step and seed determine which photos and which noise come next.
    """

    def __init__(self, folder):
        self.folder = Path(folder)

    def paths(self):
        """The checkpoints there are, oldest first."""
        return sorted(self.folder.glob("step-*.npz"))

    def save(self, training, step, description):
        """Writes a checkpoint, whole or not at all, and removes the oldest.

        Args:
            training: `GANTraining`.
            step: how many steps are done.
            description: the run's settings and history, JSON-able.

        Raises:
            FaceganError: the weights are not finite, or the file cannot be written. Older checkpoints stay.
        """
        synchronise(training)
        arrays = {name: variable.numpy() for name, variable in _variables(training).items()}
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise FaceganError(f"the weights after step {step} are not finite; no checkpoint was written")
        description = json.dumps({**description, "step": step, "backend": keras.backend.backend()})
        with atomic_write(self.folder / f"step-{step:08d}.npz") as path:
            np.savez(path, **arrays, **{_DESCRIPTION: np.array(description)})
        for old in self.paths()[:-KEPT]:
            old.unlink()

    def describe(self):
        """The description of the newest checkpoint, with its `step`.

        Raises:
            FaceganError: there is no checkpoint, or it is not one.
        """
        with _open(self._newest()) as file:
            return json.loads(str(file[_DESCRIPTION]))

    def restore(self, training):
        """Puts the newest checkpoint into networks and optimizer.

        Raises:
            FaceganError: there is none, or it belongs to other networks.
        """
        path = self._newest()
        variables = _variables(training)
        with _open(path) as file:
            if set(file.files) != {*variables, _DESCRIPTION}:
                raise FaceganError(f"{path} belongs to other networks than these")
            for name, variable in variables.items():
                array = file[name]
                if array.shape != tuple(variable.shape):
                    raise FaceganError(f"{path} belongs to other networks than these")
                variable.assign(array)

    def _newest(self):
        paths = self.paths()
        if not paths:
            raise FaceganError(f"{self.folder.parent} has no checkpoint to go on from; start it without --resume")
        return paths[-1]


@contextmanager
def _open(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            if _DESCRIPTION not in file:
                raise ValueError("it has no description")
            yield file
    # Damage shows when the file is opened or when an array is read, in as many ways.
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        advice = "remove it to go on from the one before"
        raise FaceganError(f"{path} is not a checkpoint that can be read; {advice}") from error


def _variables(training):
    groups = {
        "weight": training.trainable_variables,
        "random": training.state_variables,
        "optimizer": training.optimizer.variables,
    }
    return {
        f"{group}_{index:04d}": variable
        for group, variables in groups.items()
        for index, variable in enumerate(variables)
    }
