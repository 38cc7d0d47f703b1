"""Graphs for ONNX Runtime, which facegan itself uses."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facegan.exporting.program import Program
from facegan.graphs import Graph

SUFFIX = ".onnx"
# The key of the metadata in the file.
KEY = "facegan"


def convert(program: Program, metadata: Mapping[str, Any], half: bool) -> bytes:
    """Converts a program to the contents of an ONNX file.

    Args:
        program: the program.
        metadata: what the file says about itself, as JSON under the key `KEY`.
        half: whether weights are kept as 16-bit floats; they are computed with in 32 bits.
    """
    import onnx

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.onnx"
        program.write(path, "onnx")
        model = onnx.load(path)
    onnx.helper.set_model_props(model, {KEY: json.dumps(metadata, ensure_ascii=False)})
    if half:
        _halve_weights(model.graph)
    return model.SerializeToString()


def run(content: bytes, inputs: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Computes the outputs of an ONNX file."""
    return Graph(content)(**inputs)


def read_metadata(content: bytes) -> dict[str, Any]:
    """Returns the metadata of an ONNX file."""
    return json.loads(Graph(content).metadata[KEY])


def _halve_weights(graph: Any) -> None:
    """Keeps the weights of a graph as 16-bit floats, with a conversion that the runtime makes once, when it loads."""
    from onnx import TensorProto, helper, numpy_helper

    for weights in graph.initializer:
        if weights.data_type != TensorProto.FLOAT:
            continue
        name, halves = weights.name, numpy_helper.to_array(weights).astype(np.float16)
        weights.CopyFrom(numpy_helper.from_array(halves, f"{name}/half"))
        graph.node.insert(0, helper.make_node("Cast", [f"{name}/half"], [name], to=TensorProto.FLOAT))
