"""Checkpoints: everything that a run needs to resume exactly, in one file without pickled objects."""

import json
import logging
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import keras
import numpy as np

from facegan.errors import FaceganError
from facegan.files import atomic_write
from facegan.schemas import CHECKPOINT, parse_json
from facegan.training.backends import synchronise
from facegan.training.step import GANTraining

logger = logging.getLogger(__name__)
Read = TypeVar("Read")

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
        """Writes a checkpoint, whole or not at all, then removes the oldest, and those that the run did not go on from.

        Args:
            training: networks and optimizer.
            step: how many steps are done.
            description: the run's settings and history, JSON-able.

        Raises:
            FaceganError: the file cannot be written. Older checkpoints stay.
        """
        synchronise(training)
        arrays = {name: variable.numpy() for name, variable in variables_of(training).items()}
        text = json.dumps({**description, "step": step, "backend": keras.backend.backend()})
        saved = self.folder / f"step-{step:08d}.npz"
        with atomic_write(saved) as path:
            np.savez(path, allow_pickle=False, **arrays, **{_DESCRIPTION: np.array(text)})
        kept = [path for path in self.paths() if path <= saved][-KEPT:]
        for path in set(self.paths()) - set(kept):
            path.unlink()

    def describe(self) -> dict[str, Any]:
        """The description of the newest checkpoint whose description can be read, with its `step`.

        Raises:
            FaceganError: there is no checkpoint, or none can be read.
        """
        return self._newest(_read_description)[0]

    def restore(self, training: GANTraining) -> dict[str, Any]:
        """Puts the newest checkpoint that is whole and fits into the networks; says which newer ones do not.

        Returns:
            Its description, with its `step`.

        Raises:
            FaceganError: there is none.
        """
        variables = variables_of(training)
        shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
        (description, arrays), refused = self._newest(lambda path: _read(path, shapes))
        for error in refused:
            logger.warning("%s; resuming from the checkpoint of step %d", error, description["step"])
        for name, variable in variables.items():
            variable.assign(arrays[name])
        return description

    def _newest(self, read: Callable[[Path], Read]) -> tuple[Read, list[FaceganError]]:
        """What `read` makes of the newest checkpoint that it accepts, and its errors about newer ones."""
        refused: list[FaceganError] = []
        for path in reversed(self.paths()):
            try:
                return read(path), refused
            except FaceganError as error:
                refused.append(error)
        if refused:
            raise FaceganError(f"{refused[0]}, and there is no other to resume from; start again with another --out")
        raise FaceganError(f"{self.folder.parent} has no checkpoint to resume from; start it without --resume")


def check_finite(training: GANTraining, step: int) -> None:
    """Raises `FaceganError` if a weight is not finite, or what the optimizer keeps of it."""
    synchronise(training)
    if not all(np.isfinite(variable.numpy()).all() for variable in variables_of(training).values()):
        raise FaceganError(f"the weights after step {step} are not finite; nothing was saved")


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    try:
        # NumPy leaves a file open that it cannot read.
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            yield file
    # Damage shows when the file is opened or when an array is read, in as many ways.
    except (OSError, ValueError, TypeError, KeyError, EOFError, RecursionError, zipfile.BadZipFile) as error:
        raise FaceganError(f"{path} is not a readable checkpoint") from error


def _read_description(path: Path) -> dict[str, Any]:
    with _open(path) as file:
        text = str(file[_DESCRIPTION])
    try:
        return parse_json(text, CHECKPOINT)
    except FaceganError as error:
        raise FaceganError(f"{path} is not a valid checkpoint: {error}") from error


def _read(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Description and arrays, all of them read before any is used."""
    description = _read_description(path)
    with _open(path) as file:
        arrays = {name: file[name] for name in file.files if name != _DESCRIPTION}
    if {name: array.shape for name, array in arrays.items()} != shapes:
        raise FaceganError(f"{path} belongs to other networks than these")
    return description, arrays


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
