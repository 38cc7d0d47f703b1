"""What all augmentations have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

Batch = Mapping[str, np.ndarray]


class Augmentation(ABC):
    """A random change to the examples of a batch: images, labels, or which labels are known.

    A change depends on nothing but the batch, the seed and the step, so that a run can be resumed at any step.

    Attributes:
        stream: a number that no other source of random numbers in training has, so that adding an augmentation leaves
            the numbers of all others as they are.
    """

    stream: ClassVar[int]

    def __call__(self, batch: Batch, seed: int, step: int) -> dict[str, np.ndarray]:
        """Changes the batch of a step.

        Args:
            batch: as described in `facegan.training.step.GANTraining`; it is not modified.
            seed: of the run.
            step: its number.
        """
        return {**batch, **self.changed(batch, np.random.default_rng([seed, self.stream, step]))}

    @abstractmethod
    def changed(self, batch: Batch, random: np.random.Generator) -> dict[str, np.ndarray]:
        """The arrays of a batch that differ, drawn with these random numbers."""
