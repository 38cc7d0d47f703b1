"""Fits a model to numbered batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from tqdm import tqdm


class NumberedBatches(keras.utils.PyDataset):
    """The batches of some steps, for `fit()`.

    Batches are indexed, not streamed, because TensorFlow reads from the start several times if devices share a batch.

    Args:
        make: returns the batch of a step; the same step gives the same batch.
        steps: the steps.
        options: options of `PyDataset`.
    """

    def __init__(self, make: Callable[[int], Any], steps: range, **options: Any) -> None:
        super().__init__(**options)
        self._make, self._steps = make, steps

    def __len__(self) -> int:
        """Returns the number of batches."""
        return len(self._steps)

    def __getitem__(self, index: int) -> Any:
        """Returns the batch of a step."""
        return self._make(self._steps[index])


def fit(
    model: keras.Model, batches: NumberedBatches, bar: tqdm[Any], callbacks: Sequence[keras.callbacks.Callback] = ()
) -> None:
    """Fits a compiled model in one pass over the batches, with a progress bar."""
    tick = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: bar.update(1))
    model.fit(batches, epochs=1, shuffle=False, verbose=0, callbacks=[tick, *callbacks])
