"""Exported graphs in use."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from facegan.errors import FaceganError
from facegan.graphs import Graph


@pytest.fixture
def content():
    """An ONNX file that adds two vectors."""
    vector = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch"]) for name in ("left", "right", "sum")]
    graph = helper.make_graph([helper.make_node("Add", ["left", "right"], ["sum"])], "sum", vector[:2], vector[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    onnx.helper.set_model_props(model, {"author": "nobody"})
    return model.SerializeToString()


@pytest.mark.parametrize("as_file", [False, True])
def test_inputs_and_outputs_have_names(content, tmp_path, as_file):
    (tmp_path / "sum.onnx").write_bytes(content)
    graph = Graph(tmp_path / "sum.onnx" if as_file else content)
    for count in (3, 1):
        numbers = np.arange(count, dtype="float32")
        assert graph(right=numbers, left=numbers + 1)["sum"].tolist() == (2 * numbers + 1).tolist()
    assert graph.metadata == {"author": "nobody"}


def test_a_damaged_file_is_said(content):
    with pytest.raises(FaceganError, match="an exported graph is damaged: "):
        Graph(content[: len(content) // 2])(left=np.zeros(1, "float32"))
