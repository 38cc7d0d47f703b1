"""Exported graphs in use: ONNX files, computed by ONNX Runtime without Keras or a backend."""

from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facegan.errors import FaceganError


class Graph:
    """An exported network. Several threads may use one.

    Args:
        source: the path of an ONNX file, or its contents. It is read when the graph is first used.
    """

    def __init__(self, source: str | PathLike[str] | bytes) -> None:
        self._source = source if isinstance(source, bytes) else str(source)

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

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(self._source, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise _damaged(error) from error


def _damaged(error: Exception) -> FaceganError:
    # ONNX Runtime's exceptions have no class in common.
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return FaceganError(f"an exported graph is damaged: {reason}")
