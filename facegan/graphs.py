"""Exported graphs in use: ONNX files, computed by ONNX Runtime without Keras or a backend."""

import os
import re
from functools import cached_property, lru_cache
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facegan.errors import FaceganError
from facegan.graph_limits import check_graph

# A graph within a model file names the place of a weight in Keras's file of weights, instead of holding it again.
_REFERENCE = re.compile(rb"model\.weights\.h5@(\d{1,12})\+(\d{1,12})")
# In bytes, of all graphs together that a stranger may have made; on a small machine half of its memory.
_MOST_MEMORY = 8 * 2**30


def reference(start: int, length: int) -> str:
    """What the location of an ONNX file's external data is for bytes in a model's file of weights."""
    return f"model.weights.h5@{start}+{length}"


class Graph:
    """An exported network. Several threads may use one.

    Args:
        source: the path of an ONNX file of our own, or the contents of one that a stranger may have made: they are
            checked, and may take only a part of the memory. It is read when the graph is first used.
        weights: the contents of the file that `reference` is about, for a graph that refers to it.

    Raises:
        FaceganError: it is damaged, holds what no model needs, or refers to weights that are not there.
    """

    def __init__(self, source: str | PathLike[str] | bytes, weights: bytes = b"") -> None:
        self._source = source if isinstance(source, bytes) else str(source)
        self._files: dict[str, memoryview] = {}
        if isinstance(source, bytes):
            self._files = _referred_to(source, weights)
            check_graph(source)

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
        """Returns the contents of an ONNX file that refers to nothing outside of it.

        Raises:
            FaceganError: it refers to something else than weights.
        """
        import onnx

        try:
            model = onnx.load_from_string(self._source) if isinstance(self._source, bytes) else onnx.load(self._source)
            for tensor in model.graph.initializer:
                if tensor.data_location == onnx.TensorProto.EXTERNAL:
                    (location,) = (each.value for each in tensor.external_data if each.key == "location")
                    tensor.raw_data = bytes(self._files[location])
                    tensor.ClearField("external_data")
                    tensor.ClearField("data_location")
        except Exception as error:
            raise _damaged(error) from error
        return model.SerializeToString()

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # What goes wrong is in the exceptions, too.
        options.log_severity_level = 4
        if isinstance(self._source, bytes):
            _limit_memory()
            options.add_session_config_entry("session.use_env_allocators", "1")
        try:
            if self._files:
                files = list(self._files.values())
                options.add_external_initializers_from_files_in_memory(list(self._files), files, list(map(len, files)))
            return onnxruntime.InferenceSession(self._source, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise _damaged(error) from error


@lru_cache(maxsize=1)
def _limit_memory() -> None:
    """Has sessions that ask for it share an allocator with a limit; once for a process."""
    import onnxruntime

    known = {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= set(getattr(os, "sysconf_names", ()))
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2 if known else _MOST_MEMORY
    kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    arena = onnxruntime.OrtArenaCfg({"max_mem": min(half, _MOST_MEMORY)})
    onnxruntime.create_and_register_allocator(onnxruntime.OrtMemoryInfo("Cpu", *kind), arena)


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
