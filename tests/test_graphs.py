"""Exported graphs in use."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from facegan.errors import FaceganError
from facegan.graphs import Graph, reference


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


WEIGHTS = b"..." + np.arange(8, dtype="float16").tobytes()


def referring(*locations):
    """An ONNX file that adds four 16-bit numbers of each place to its input."""
    arrays, nodes, total = [], [], "start"
    for index, location in enumerate(locations):
        array = onnx.TensorProto(name=f"half{index}", dims=[4], data_type=TensorProto.FLOAT16)
        array.data_location = TensorProto.EXTERNAL
        array.external_data.add(key="location", value=location)
        arrays.append(array)
        nodes.append(helper.make_node("Cast", [f"half{index}"], [f"full{index}"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Add", [total, f"full{index}"], [f"sum{index}"]))
        total = f"sum{index}"
    start, end = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in ("start", total))
    graph = helper.make_graph(nodes, "sum", [start], [end], arrays)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8).SerializeToString()


def test_a_graph_computes_with_weights_that_it_refers_to():
    graph = Graph(referring(reference(3, 8), reference(11, 8)), WEIGHTS)
    (total,) = graph(start=np.zeros(4, "float32")).values()
    assert total.tolist() == [4, 6, 8, 10]


@pytest.mark.parametrize(
    "references",
    [[reference(12, 8)], [reference(10**11, 8)], [reference(3, 6)], [reference(3, 8)] * 3, [reference(3, 9**13)]],
    ids=["behind the end", "far behind the end", "too short", "more than there are", "huge"],
)
def test_references_to_what_is_not_there_are_refused(references):
    with pytest.raises(
        FaceganError, match="an exported graph (is damaged|refers to weights that are not there)"
    ) as caught:
        Graph(referring(*references), WEIGHTS)(start=np.zeros(4, "float32"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("more", [[], [reference(3, 8)]], ids=["alone", "beside weights"])
def test_no_file_is_read(more, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_bytes(bytes(8))
    for location in ("secret", str(tmp_path / "secret"), f"../{tmp_path.name}/secret"):
        with pytest.raises(FaceganError, match="External file: .*secret not found from the table"):
            Graph(referring(location, *more), WEIGHTS)(start=np.zeros(4, "float32"))


def test_a_damaged_file_is_said(content):
    with pytest.raises(FaceganError, match="an exported graph is damaged: "):
        Graph(content[: len(content) // 2])(left=np.zeros(1, "float32"))
