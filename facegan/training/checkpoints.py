"""Checkpoints: everything needed to resume a run exactly, in one file without pickled objects."""

import json
import logging
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import keras
import numpy as np

from facegan.errors import FaceganError
from facegan.files import atomic_write
from facegan.schemas import CHECKPOINT, parse_json
from facegan.training.backends import synchronise
from facegan.training.pretraining import FinderTraining
from facegan.training.step import GANTraining

logger = logging.getLogger(__name__)
Read = TypeVar("Read")

KEPT = 3
_DESCRIPTION = "description"


@dataclass(frozen=True)
class Phase:
    """A phase of a run: training of the attribute finder, then of the GAN.

    Attributes:
        name: the name of its steps in descriptions and file names; names sort in the order of phases.
        model: the model that `fit()` trains.
        variables: returns everything needed to resume this phase, except the description.
    """

    name: str
    model: keras.Model
    variables: Mapping[str, Any]


class Checkpoints:
    """The checkpoints of one run: `step-00001200.npz`, the newest three of all phases.

    A checkpoint holds weights, moving averages, the optimizer's moments, the state of dropout's random numbers, the
    step, and the run's settings and history. Step and seed determine which photos and which noise come next.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def paths(self) -> list[Path]:
        """The checkpoints there are, oldest first."""
        # A hidden file is still being written, or its process was killed while writing.
        return sorted(path for path in self.folder.glob("*step-*.npz") if not path.name.startswith("."))

    def save(self, phase: Phase, step: int, description: Mapping[str, Any]) -> None:
        """Writes a checkpoint atomically, then removes the oldest, and any newer ones that the run did not resume from.

        Args:
            phase: the current phase.
            step: the number of completed steps.
            description: the run's settings and history, serialisable as JSON.

        Raises:
            FaceganError: the file cannot be written. Older checkpoints stay.
        """
        synchronise(phase.model)
        arrays = {name: variable.numpy() for name, variable in phase.variables.items()}
        text = json.dumps({**description, phase.name: step, "backend": keras.backend.backend()})
        saved = self.folder / f"{phase.name}-{step:08d}.npz"
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
        return self._newest(_read_description)[1]

    def restore(self, phases: Sequence[Phase]) -> dict[str, Any]:
        """Restores the newest checkpoint that is intact and matches; logs why newer ones were skipped.

        Returns:
            Its description, with its `step` or, for a checkpoint of an earlier phase, the step of that phase.

        Raises:
            FaceganError: there is none.
        """
        path, (phase, description, arrays), refused = self._newest(lambda path: _read(path, phases))
        for error in refused:
            logger.warning("%s; resuming from %s", error, path.name)
        for name, variable in phase.variables.items():
            variable.assign(arrays[name])
        return description

    def _newest(self, read: Callable[[Path], Read]) -> tuple[Path, Read, list[FaceganError]]:
        """The newest checkpoint that `read` accepts, the result of `read`, and its errors for newer ones."""
        refused: list[FaceganError] = []
        for path in reversed(self.paths()):
            try:
                return path, read(path), refused
            except FaceganError as error:
                refused.append(error)
        if refused:
            raise FaceganError(f"{refused[0]}, and there is no other to resume from; start a new run in another --out")
        raise FaceganError(f"{self.folder.parent} has no checkpoint to resume from; start it without --resume")


def check_finite(phase: Phase, step: int) -> None:
    """Raises `FaceganError` if a weight or an optimizer variable is not finite."""
    synchronise(phase.model)
    if not all(np.isfinite(variable.numpy()).all() for variable in phase.variables.values()):
        raise FaceganError(f"the weights after step {step} are not finite; nothing was saved")


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    try:
        # NumPy does not close a file that it cannot read.
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            yield file
    # Damage causes various exceptions, when the file is opened or when an array is read.
    except (OSError, ValueError, TypeError, KeyError, EOFError, RecursionError, zipfile.BadZipFile) as error:
        raise FaceganError(f"{path} is not a readable checkpoint") from error


def _read_description(path: Path) -> dict[str, Any]:
    with _open(path) as file:
        text = str(file[_DESCRIPTION])
    try:
        return parse_json(text, CHECKPOINT)
    except FaceganError as error:
        raise FaceganError(f"{path} is not a valid checkpoint: {error}") from error


def _read(path: Path, phases: Sequence[Phase]) -> tuple[Phase, dict[str, Any], dict[str, np.ndarray]]:
    """Phase, description and arrays, all of them read before any is used."""
    description = _read_description(path)
    with _open(path) as file:
        arrays = {name: file[name] for name in file.files if name != _DESCRIPTION}
    shapes = {name: array.shape for name, array in arrays.items()}
    for phase in phases:
        if shapes == {name: tuple(variable.shape) for name, variable in phase.variables.items()}:
            return phase, description, arrays
    raise FaceganError(f"{path} does not match these networks")


def variables_of(training: GANTraining) -> dict[str, Any]:
    """Everything needed to resume the training of the GAN, except the description."""
    return (
        _numbered("weight", training.trainable_variables)
        | _numbered("random", training.state_variables)
        | _numbered("optimizer", training.optimizer.variables)
    )


def optimizer_variables(finder: FinderTraining) -> dict[str, Any]:
    """The further variables needed to resume the training of the attribute finder."""
    teacher = finder.teacher.variables if finder.teacher is not None else []
    return _numbered("pretraining", finder.optimizer.variables) | _numbered("teacher", teacher)


def _numbered(group: str, variables: Sequence[Any]) -> dict[str, Any]:
    return {f"{group}_{index:04d}": variable for index, variable in enumerate(variables)}
