"""Checkpoints: everything that a run needs to resume exactly, in one file without pickled objects."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from facegan.errors import FaceganError
from facegan.files import atomic_write
from facegan.training.backends import synchronise
from facegan.training.step import GANTraining

KEPT = 3
_DESCRIPTION = "description"


class Checkpoints:
    """The checkpoints of one run: `step-00001200.npz`, the newest three.

    A checkpoint holds weights, moving averages, the optimizer's moments, the state of dropout's random numbers, the
    step, and the run's settings and history. Step and seed determine which photos and which noise come next.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def paths(self) -> list[Path]:
        """The checkpoints there are, oldest first."""
        return sorted(self.folder.glob("step-*.npz"))

    def save(self, training: GANTraining, step: int, description: Mapping[str, Any]) -> None:
        """Writes a checkpoint, whole or not at all, and removes the oldest.

        Args:
            training: networks and optimizer.
            step: how many steps are done.
            description: the run's settings and history, JSON-able.

        Raises:
            FaceganError: the weights are not finite, or the file cannot be written. Older checkpoints stay.
        """
        synchronise(training)
        arrays = {name: variable.numpy() for name, variable in variables_of(training).items()}
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise FaceganError(f"the weights after step {step} are not finite; no checkpoint was written")
        text = json.dumps({**description, "step": step, "backend": keras.backend.backend()})
        with atomic_write(self.folder / f"step-{step:08d}.npz") as path:
            np.savez(path, allow_pickle=False, **arrays, **{_DESCRIPTION: np.array(text)})
        for old in self.paths()[:-KEPT]:
            old.unlink()

    def describe(self) -> dict[str, Any]:
        """The description of the newest checkpoint, with its `step`.

        Raises:
            FaceganError: there is no checkpoint, or it is not one.
        """
        with _open(self._newest()) as file:
            return json.loads(str(file[_DESCRIPTION]))

    def restore(self, training: GANTraining) -> None:
        """Puts the newest checkpoint into networks and optimizer.

        Raises:
            FaceganError: there is none, or it belongs to other networks.
        """
        path = self._newest()
        variables = variables_of(training)
        with _open(path) as file:
            arrays = {name: file[name] for name in file.files if name != _DESCRIPTION}
        shapes, own = ({name: tuple(array.shape) for name, array in each.items()} for each in (arrays, variables))
        if shapes != own:
            raise FaceganError(f"{path} belongs to other networks than these")
        for name, variable in variables.items():
            variable.assign(arrays[name])

    def _newest(self) -> Path:
        paths = self.paths()
        if not paths:
            raise FaceganError(f"{self.folder.parent} has no checkpoint to resume from; start without --resume")
        return paths[-1]


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    try:
        with np.load(path, allow_pickle=False) as file:
            if _DESCRIPTION not in file:
                raise ValueError("it has no description")
            yield file
    # Damage shows when the file is opened or when an array is read, in as many ways.
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        advice = "remove it to resume from the one before"
        raise FaceganError(f"{path} is not a readable checkpoint; {advice}") from error


def variables_of(training: GANTraining) -> dict[str, Any]:
    """All that a run needs to resume besides its description."""
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
