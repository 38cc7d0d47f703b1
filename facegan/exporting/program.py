"""A function of named arrays, in the form that Keras exports."""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


class Program(keras.Model):
    """A function of named arrays.

    Args:
        networks: a Keras model whose weights the function uses.
        function: takes its inputs by keyword, and returns an array, or a list of them.
        inputs: the shape of each input, without the batch; None for a side of any length.
        outputs: the names of the outputs.
    """

    def __init__(
        self,
        networks: keras.Model,
        function: Callable,
        inputs: Mapping[str, tuple[int | None, ...]],
        outputs: tuple[str, ...],
    ) -> None:
        super().__init__()
        self.networks = networks
        self.named_weights = {f"weight_{index}": weight for index, weight in enumerate(networks.weights)}
        self.outputs_by_name = outputs
        self._function = function
        self.signature = {
            name: keras.InputSpec(shape=(None, *shape), dtype="float32", name=name) for name, shape in inputs.items()
        }
        # Keras exports a model only after it was called.
        self({name: np.zeros((1, *(side or 32 for side in shape)), "float32") for name, shape in inputs.items()})

    def call(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the outputs by name, as tensors; weights among the inputs replace those of the networks."""
        weights = [(weight, inputs[name]) for name, weight in self.named_weights.items() if name in inputs]
        with keras.StatelessScope(weights):
            result = self._function(**{name: inputs[name] for name in self.signature})
        return dict(zip(self.outputs_by_name, result if isinstance(result, list) else [result], strict=True))

    def write(self, path: Path, format: str, weights_as_inputs: bool = False, **options: Any) -> None:
        """Writes a graph.

        Args:
            path: the file.
            format: one of Keras's formats.
            weights_as_inputs: whether all weights are inputs of the graph, by the names in `named_weights`, instead of
                constants, which converters merge with each other.
            options: Keras's options for the format.
        """
        weights = self.named_weights if weights_as_inputs else {}
        signature = self.signature | {
            name: keras.InputSpec(shape=weight.shape, dtype=weight.dtype, name=name) for name, weight in weights.items()
        }
        with warnings.catch_warnings():
            # Converters warn about their own internals.
            warnings.simplefilter("ignore")
            self.export(path, format=format, input_signature=[signature], verbose=False, **options)

    def compute(self, **inputs: NDArray) -> dict[str, NDArray]:
        """Returns the outputs computed by Keras."""
        return {name: keras.ops.convert_to_numpy(output) for name, output in self(inputs).items()}
