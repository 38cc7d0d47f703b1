"""Graphs for ONNX Runtime, which facegan itself uses."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from facegan.exporting.program import Program
from facegan.graphs import Graph, reference

SUFFIX = ".onnx"
# The key of the metadata in the file.
KEY = "facegan"
# In bytes: for smaller weights, a reference would be larger than the weights.
_SMALLEST_REFERENCE = 64


def convert(program: Program, metadata: Mapping[str, Any], half: bool, weights: bytes = b"") -> bytes:
    """Converts a program to the contents of an ONNX file, which keeps each weight once, as Keras does.

    Args:
        program: the program.
        metadata: the file's metadata, stored as JSON under the key `KEY`.
        half: whether weights are stored as 16-bit floats; computation is in 32 bits.
        weights: the contents of a weight file; the ONNX file refers to the weights in it instead of storing them.
    """
    import onnx

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.onnx"
        program.write(path, "onnx", weights_as_inputs=True)
        model = onnx.load(path)
    onnx.helper.set_model_props(model, {KEY: json.dumps(metadata, ensure_ascii=False)})
    _set_weights(model.graph, program, half, weights)
    return model.SerializeToString()


def run(content: bytes, inputs: Mapping[str, NDArray], weights: bytes = b"") -> dict[str, NDArray]:
    """Computes the outputs of an ONNX file, which may refer to `weights`."""
    return Graph(content, weights)(**inputs)


def _set_weights(graph: Any, program: Program, half: bool, store: bytes) -> None:
    """Turns the inputs of a graph that are weights into initializers, or into references if they are in `store`."""
    from onnx import TensorProto, helper, numpy_helper

    used = {name for node in graph.node for name in node.input}
    inputs = [each for each in graph.input if each.name not in program.named_weights]
    del graph.input[:]
    graph.input.extend(inputs)
    for name, weight in program.named_weights.items():
        if name not in used:
            continue
        array = keras.ops.convert_to_numpy(weight)
        initializer = numpy_helper.from_array(array, name)
        if half:
            # The runtime converts it once, when it loads the graph.
            initializer = numpy_helper.from_array(array.astype(np.float16), f"{name}/half")
            graph.node.insert(0, helper.make_node("Cast", [initializer.name], [name], to=TensorProto.FLOAT))
        start, length = store.find(initializer.raw_data), len(initializer.raw_data)
        if start >= 0 and length >= _SMALLEST_REFERENCE:
            initializer.ClearField("raw_data")
            initializer.data_location = TensorProto.EXTERNAL
            initializer.external_data.add(key="location", value=reference(start, length))
        graph.initializer.append(initializer)
