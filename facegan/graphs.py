"""Exported graphs: ONNX files that ONNX Runtime runs without Keras or a backend."""

import os
import re
from functools import cached_property, lru_cache
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facegan.errors import FaceganError, first_line
from facegan.graph_limits import check_graph

# A graph in a model file refers to weights in Keras's weight file instead of storing them again.
_REFERENCE = re.compile(rb"model\.weights\.h5@(\d{1,12})\+(\d{1,12})")
# Memory in bytes for all untrusted graphs together; on a small machine, half of its memory.
_MOST_MEMORY = 8 * 2**30


def reference(start: int, length: int) -> str:
    """The external-data location in an ONNX file that stands for bytes in a model's weight file."""
    return f"model.weights.h5@{start}+{length}"


class Graph:
    """An exported network. Several threads may use one.

    Args:
        source: the path of one of facegan's own ONNX files, or the contents of an untrusted one, which are checked and
            limited in memory. It is loaded when the graph is first used.
        weights: the contents of the weight file, for a graph that refers to it by `reference`.

    Raises:
        FaceganError: it is damaged, contains things that no model needs, or refers to missing weights.
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
            FaceganError: the file is damaged, has other inputs, or computes numbers that are not finite.
        """
        names = [output.name for output in self._session.get_outputs()]
        try:
            outputs = self._session.run(names, inputs)
        except Exception as error:
            raise _damaged(error) from error
        if not all(np.isfinite(output).all() for output in outputs):
            raise FaceganError("an exported graph is damaged: it computes numbers that are not finite")
        return dict(zip(names, outputs, strict=True))

    def with_weights(self) -> bytes:
        """Returns the contents of a self-contained ONNX file.

        Raises:
            FaceganError: it refers to something other than weights.
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
        # Exceptions contain the errors as well.
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
    """Registers, once per process, an allocator with a limit, which sessions may share."""
    import onnxruntime

    known = {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= set(getattr(os, "sysconf_names", ()))
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2 if known else _MOST_MEMORY
    kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    arena = onnxruntime.OrtArenaCfg({"max_mem": min(half, _MOST_MEMORY)})
    onnxruntime.create_and_register_allocator(onnxruntime.OrtMemoryInfo("Cpu", *kind), arena)


def _referred_to(content: bytes, weights: bytes) -> dict[str, memoryview]:
    """The weights that a graph refers to, by their references."""
    # An entry that no graph can name: without any entries, ONNX Runtime looks for files on disk.
    files = {"": memoryview(b"")}
    total = 0
    # Strings are stored verbatim in the file, so every reference is found; their total size is limited.
    for found in _REFERENCE.finditer(content):
        start, length = map(int, found.groups())
        total += length
        if start + length > len(weights) or total > len(weights):
            raise FaceganError("an exported graph refers to missing weights")
        files[found.group().decode()] = memoryview(weights)[start : start + length]
    return files


def _damaged(error: Exception) -> FaceganError:
    # ONNX Runtime's exceptions have no common base class.
    return FaceganError(f"an exported graph is damaged: {first_line(error)}")
