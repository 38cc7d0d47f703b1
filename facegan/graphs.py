"""Exported graphs in use: ONNX files, computed by ONNX Runtime without Keras or a backend."""

import re
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facegan.errors import FaceganError

# A graph within a model file names the place of a weight in Keras's file of weights, instead of holding it again.
_REFERENCE = re.compile(rb"model\.weights\.h5@(\d{1,12})\+(\d{1,12})")


def reference(start: int, length: int) -> str:
    """What the location of an ONNX file's external data is for bytes in a model's file of weights."""
    return f"model.weights.h5@{start}+{length}"


class Graph:
    """An exported network. Several threads may use one.

    Args:
        source: the path of an ONNX file, or its contents. It is read when the graph is first used.
        weights: the contents of the file that `reference` is about, for a graph that refers to it.

    Raises:
        FaceganError: it refers to weights that are not there, or to more than there are.
    """

    def __init__(self, source: str | PathLike[str] | bytes, weights: bytes = b"") -> None:
        self._source = source if isinstance(source, bytes) else str(source)
        self._files = _referred_to(source, weights) if isinstance(source, bytes) else {}

    def __call__(self, **inputs: NDArray) -> dict[str, NDArray]:
        """Computes the outputs.

        Args:
            inputs: arrays by the names of the graph's inputs.

        Returns:
            Arrays by the names of the graph's outputs.

        Raises:
            FaceganError: the file is damaged, takes other inputs, or computes numbers that are not finite.
        """
        names = [output.name for output in self._session.get_outputs()]
        try:
            outputs = self._session.run(names, inputs)
        except Exception as error:
            raise _damaged(error) from error
        if not all(np.isfinite(output).all() for output in outputs):
            raise FaceganError("an exported graph is damaged: it computes numbers that are not finite")
        return dict(zip(names, outputs, strict=True))

    @property
    def metadata(self) -> dict[str, str]:
        """What the file says about itself."""
        return self._session.get_modelmeta().custom_metadata_map

    def with_weights(self) -> bytes:
        """Returns the contents of an ONNX file that refers to nothing outside of it."""
        import onnx

        model = onnx.load_from_string(self._source) if isinstance(self._source, bytes) else onnx.load(self._source)
        for tensor in model.graph.initializer:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                (location,) = (each.value for each in tensor.external_data if each.key == "location")
                tensor.raw_data = bytes(self._files[location])
                tensor.ClearField("external_data")
                tensor.ClearField("data_location")
        return model.SerializeToString()

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        try:
            if self._files:
                files = list(self._files.values())
                options.add_external_initializers_from_files_in_memory(list(self._files), files, list(map(len, files)))
            return onnxruntime.InferenceSession(self._source, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise _damaged(error) from error


def _referred_to(content: bytes, weights: bytes) -> dict[str, memoryview]:
    """The parts of the weights that a graph refers to, by its references."""
    # One that it cannot name: ONNX Runtime looks for files on the disk unless it is given some.
    files = {"": memoryview(b"")}
    total = 0
    # Strings stand in the file as they are, so every reference is found, and the sum limits what they take in memory.
    for found in _REFERENCE.finditer(content):
        start, length = map(int, found.groups())
        total += length
        if start + length > len(weights) or total > len(weights):
            raise FaceganError("an exported graph refers to weights that are not there")
        files[found.group().decode()] = memoryview(weights)[start : start + length]
    return files


def _damaged(error: Exception) -> FaceganError:
    # ONNX Runtime's exceptions have no class in common.
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return FaceganError(f"an exported graph is damaged: {reason}")
