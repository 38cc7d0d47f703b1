"""Exported graphs in use."""

import shutil
import zipfile

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from facegan.errors import FaceganError
from facegan.graph_limits import check_graph
from facegan.graphs import Graph, reference
from facegan.inference import load
from facegan.inference_networks import ExportedNetworks
from facegan.model_files import find_model, graph_path, read_graphs


@pytest.fixture
def content():
    """An ONNX file that adds two vectors."""
    vector = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch"]) for name in ("left", "right", "sum")]
    graph = helper.make_graph([helper.make_node("Add", ["left", "right"], ["sum"])], "sum", vector[:2], vector[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    return model.SerializeToString()


@pytest.mark.parametrize("as_file", [False, True])
def test_inputs_and_outputs_have_names(content, tmp_path, as_file):
    (tmp_path / "sum.onnx").write_bytes(content)
    graph = Graph(tmp_path / "sum.onnx" if as_file else content)
    for count in (3, 1):
        numbers = np.arange(count, dtype="float32")
        assert graph(right=numbers, left=numbers + 1)["sum"].tolist() == (2 * numbers + 1).tolist()


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
    with pytest.raises(FaceganError, match="an exported graph (is damaged|refers to missing weights)") as caught:
        Graph(referring(*references), WEIGHTS)(start=np.zeros(4, "float32"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("more", [[], [reference(3, 8)]], ids=["alone", "beside weights"])
def test_no_file_is_read(more, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_bytes(bytes(8))
    for location in ("secret", str(tmp_path / "secret"), f"../{tmp_path.name}/secret"):
        with pytest.raises(FaceganError, match="External file: .*secret not found from the table"):
            Graph(referring(location, *more), WEIGHTS)(start=np.zeros(4, "float32"))
        with pytest.raises(FaceganError, match="an exported graph is damaged"):
            Graph(referring(location), WEIGHTS).with_weights()


def test_a_damaged_file_is_said(content):
    with pytest.raises(FaceganError, match="an exported graph is damaged: "):
        Graph(content[: len(content) // 2])(left=np.zeros(1, "float32"))


# A stranger's graph


def model_of(nodes, weights=(), **fields):
    """The contents of an ONNX file with these nodes from `noise` to `images`."""
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", "m"]) for name in ("noise", "condition", "images")
    ]
    graph = helper.make_graph(nodes, "stranger", ends[:2], ends[2:], list(weights))
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("com.other", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, **fields)


def a_loop():
    body = helper.make_graph([], "body", [], [helper.make_tensor_value_info("again", TensorProto.BOOL, [])])
    return model_of([helper.make_node("Loop", ["", "noise"], ["images"], body=body)])


def sparse():
    model = model_of([helper.make_node("Identity", ["noise"], ["images"])])
    model.graph.sparse_initializer.add()
    return model


def a_function():
    identity = helper.make_node("Identity", ["x"], ["y"])
    function = helper.make_function("com.other", "Same", ["x"], ["y"], [identity], [helper.make_opsetid("", 15)])
    return model_of([helper.make_node("Same", ["noise"], ["images"], domain="com.other")], functions=[function])


def of_another_library():
    return model_of([helper.make_node("ReadFile", ["noise"], ["images"], domain="com.other")])


def many_nodes():
    return model_of([helper.make_node("Identity", ["noise"], ["images"])] * 10_001)


def one_huge_node():
    return model_of([helper.make_node("Identity", ["noise"], ["images"], doc_string="x" * 5_000_000)])


REFUSED = {
    a_loop: "it has loops or branches",
    sparse: "it has sparse weights",
    a_function: "it has functions of its own",
    of_another_library: "it has custom operators",
    many_nodes: "it is too large",
    one_huge_node: "it is too large",
}


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
def test_what_no_model_needs_is_refused(make):
    with pytest.raises(FaceganError, match=REFUSED[make]):
        check_graph(make().SerializeToString())


@pytest.mark.parametrize("content", [b"", b"no graph", b"\xff" * 40, b"\x3a\xff\xff\xff\xff\x0f", b"\x0b"])
def test_what_is_no_graph_is_refused(content):
    with pytest.raises(FaceganError, match="not an ONNX file"):
        check_graph(content)


def test_any_damage_is_refused_or_passed_but_never_an_error(content):
    random = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(content)
        for place in random.integers(0, len(content), 3):
            damaged[place] = random.integers(256)
        try:
            check_graph(bytes(damaged[: random.integers(1, len(damaged) + 1)]))
        except FaceganError as error:
            assert "damaged" in str(error)


def huge(side):
    """Asks for a square of this side while it runs, which nothing in it tells before."""
    weights = [numpy_helper.from_array(np.array(value, "int64"), name) for name, value in
               (("side", [side, side]), ("zero", [0]))]  # fmt: skip
    return model_of(
        [
            helper.make_node("Shape", ["noise"], ["shape"]),
            helper.make_node("Mul", ["shape", "zero"], ["nothing"]),
            helper.make_node("Add", ["side", "nothing"], ["asked"]),
            helper.make_node("ConstantOfShape", ["asked"], ["square"]),
            helper.make_node("ReduceSum", ["square"], ["sum"]),
            helper.make_node("Add", ["noise", "sum"], ["images"]),
        ],
        weights,
    ).SerializeToString()


def generate(content):
    networks = ExportedNetworks({"image_size": 32}, {"generator": Graph(content)})
    return networks.generate(np.zeros((2, 5), "float32"), np.zeros((2, 8), "float32"))


def test_a_graph_cannot_fill_the_memory(capfd):
    check_graph(huge(10**6))
    with pytest.raises(FaceganError, match="an exported graph is damaged: .*Available memory of"):
        generate(huge(10**6))
    assert capfd.readouterr().err == ""


def test_another_output_is_refused():
    with pytest.raises(FaceganError, match="the generator computes something else"):
        generate(huge(1))


def test_a_model_file_with_such_a_graph_is_refused(packaged_copy):
    load(packaged_copy)
    with zipfile.ZipFile(packaged_copy, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(graph_path("editor"), a_loop().SerializeToString())
    with pytest.raises(FaceganError, match="is damaged: .*loops"):
        read_graphs(packaged_copy)
    with pytest.raises(FaceganError, match="is damaged: .*loops"):
        load(packaged_copy)


@pytest.fixture
def packaged_copy(tmp_path):
    return shutil.copy(find_model("celeba128"), tmp_path / "model.keras")
