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


class _Callbacks(keras.callbacks.CallbackList):
    """Callbacks that receive the logs of a step as the model returns them.

    Keras would convert them to floats and so wait for each step; a GPU would have nothing to do until the next one.
    """

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs)


def fit(
    model: keras.Model, batches: NumberedBatches, bar: tqdm[Any], callbacks: Sequence[keras.callbacks.Callback] = ()
) -> None:
    """Fits a compiled model in one pass over the batches, with a progress bar.

    Args:
        model: the model.
        batches: its batches.
        bar: advanced by one after each step.
        callbacks: after each step, they receive its logs as `{name: scalar}`; reading one waits for the device.
    """
    tick = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: bar.update(1))
    together = _Callbacks([tick, *callbacks], add_history=True, model=model, epochs=1, steps=len(batches), verbose=0)
    model.fit(batches, epochs=1, shuffle=False, verbose=0, callbacks=together)
