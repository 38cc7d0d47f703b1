"""Exported graphs are valid, say what they are, and compute what Keras computes, in any batch."""

import io
import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import onnx
import pytest
from PIL import Image

import facegan
from facegan.errors import FaceganError
from facegan.exporting.export import RUNTIMES, export
from facegan.inference import load
from facegan.model_files import GRAPHS, PACKAGED, describe, digest, find_model, graph_path, holds_graphs
from facegan.models.compiled import CompiledNetworks
from facegan.models.saving import load_networks

OUTPUTS = {"generator": "images", "editor": "edited", "attribute_finder": "likelihoods"}
METHODS = {"generator": "generate", "editor": "edit", "attribute_finder": "likelihoods"}


@pytest.fixture(scope="module", params=["tiny", PACKAGED])
def model(request, model_file):
    return model_file if request.param == "tiny" else find_model(PACKAGED)


@pytest.fixture(scope="module")
def keras_networks(model):
    return CompiledNetworks(load_networks(model, "float32"))


@pytest.fixture(scope="module", params=RUNTIMES)
def exported(request, model, tmp_path_factory):
    """`(format, folder)` of a model exported with 32 bits."""
    folder = tmp_path_factory.mktemp(request.param)
    export(model, folder, request.param)
    return request.param, folder


def inputs_of(name, description, count):
    random = np.random.default_rng(count)
    conditions = np.array([[int(bit) for bit in bits] for bits in description["combinations"]], "float32")
    source, target = (conditions[random.integers(len(conditions), size=count)] for _ in range(2))
    size = description["image_size"]
    # Smooth, as faces are.
    images = random.uniform(-1, 1, (count, 4, 4, 3)).repeat(size // 4, 1).repeat(size // 4, 2).astype("float32")
    noise_size = description["recipe"]["networks"]["generator"]["noise_size"]
    return {
        "generator": {"noise": random.standard_normal((count, noise_size), "float32"), "condition": source},
        "editor": {"images": images, "source": source, "target": source + 1.5 * (target - source)},
        "attribute_finder": {"images": images, "conditions": conditions[: count + 4]},
    }[name]


def content_of(exported, name):
    format, folder = exported
    return (folder / f"{name}{RUNTIMES[format].SUFFIX}").read_bytes()


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_compute_what_keras_computes(exported, model, keras_networks, name):
    description = describe(model)
    for count in (1, 3, 2):
        inputs = inputs_of(name, description, count)
        found = RUNTIMES[exported[0]].run(content_of(exported, name), inputs)[OUTPUTS[name]]
        expected = getattr(keras_networks, METHODS[name])(**inputs)
        assert found.shape == expected.shape and found.dtype == np.float32
        if name == "attribute_finder":
            assert found == pytest.approx(expected, abs=1e-3)
        else:
            assert np.abs(found - expected).max() * 127.5 <= 1


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_say_what_they_are(exported, model, name):
    content = content_of(exported, name)
    if exported[0] == "onnx":
        (about,) = [each.value for each in onnx.load_from_string(content).metadata_props if each.key == "facegan"]
    else:
        about = zipfile.ZipFile(io.BytesIO(content)).read("facegan.json")
    said, description = json.loads(about), describe(model)
    assert said["graph"] == name and list(said["outputs"]) == [OUTPUTS[name]]
    assert set(said["inputs"]) == set(inputs_of(name, description, 1))
    assert said["image_size"] == description["image_size"] and said["combinations"] == description["combinations"]
    attributes = facegan.Attributes(description["attribute_names"], description["columns"])
    assert said["columns"] == list(attributes.columns)
    assert [each["name"] for each in said["attributes"]] == list(attributes.names)
    for each in said["attributes"]:
        for value, bits in each["values"].items():
            vector = attributes.vector({each["name"]: value})
            assert bits == [vector[said["columns"].index(column)] for column in each["columns"]]
    assert said["data_licence"] == description["record"]["data"]["source"]["terms"] != ""
    assert ("non-commercial" in said["model_card"]) == (model == find_model(PACKAGED))
    if exported[0] == "onnx":
        onnx.checker.check_model(onnx.load_from_string(content), full_check=True)


def test_the_runtime_of_phones_opens_what_is_for_it(exported):
    if exported[0] == "litert":
        from ai_edge_litert.interpreter import Interpreter

        for name in GRAPHS:
            Interpreter(model_content=content_of(exported, name)).allocate_tensors()


@pytest.mark.parametrize("format", RUNTIMES)
def test_16_bits_are_smaller_and_nearly_the_same(model_file, tmp_path, format):
    halves = {each.name: each for each in export(model_file, tmp_path, format, "float16")}
    generator = load_networks(model_file, "float32").generator
    assert halves["generator"].size < 3 * generator.count_params() + 30_000
    assert 0 < max(halves[name].difference for name in ("generator", "editor")) < 2
    assert "differs from Keras by" in str(halves["editor"]) and halves["editor"].path.exists()


# Within the model's file


@pytest.fixture(scope="module")
def with_graphs(model_file, tmp_path_factory):
    path = tmp_path_factory.mktemp("graphs") / "model.keras"
    export(model_file, path, "keras")
    return path


def test_a_model_file_holds_graphs_beside_its_networks(model_file, with_graphs):
    assert not holds_graphs(model_file) and holds_graphs(with_graphs)
    assert describe(with_graphs) == describe(model_file)
    for before, after in zip(*(load_networks(path, "float32").get_weights() for path in (model_file, with_graphs))):
        assert (before == after).all()
    with pytest.raises(FaceganError, match=r"model\.keras exists; --overwrite replaces it"):
        export(model_file, with_graphs, "keras")


def arranges_noise(array):
    """Is it an entry of the noise vector for every pixel, of one layer that injects noise?"""
    return array.data_type == onnx.TensorProto.INT32 and len(array.dims) == 2


@pytest.mark.parametrize("which", ["tiny", PACKAGED])
def test_a_model_file_holds_every_weight_once(which, with_graphs):
    with zipfile.ZipFile(with_graphs if which == "tiny" else find_model(PACKAGED)) as archive:
        for name in GRAPHS:
            initializers = onnx.load_from_string(archive.read(graph_path(name))).graph.initializer
            injects = name == "generator" and which == PACKAGED
            sides = 2 * [8, 16, 32, 64, 128] if injects else []
            assert sorted(array.dims[0] for array in initializers if arranges_noise(array)) == sorted(sides)
            sizes = [len(array.raw_data) for array in initializers if not arranges_noise(array)]
            assert max(sizes) < 6000
            assert sum(sizes) < 20_000
            assert archive.getinfo(graph_path(name)).compress_size < 30_000 + 1.5 * sum(side**2 for side in sides)


@pytest.mark.parametrize("which", ["tiny", PACKAGED])
def test_pictures_are_those_of_keras_within_one_grey_level(which, with_graphs):
    path = with_graphs if which == "tiny" else PACKAGED
    exported, keras = load(path), load(path, "float32")
    assert type(exported.networks) is not type(keras.networks)
    faces = [np.stack(each.generate("glasses", count=5, seed=2)).astype(int) for each in (exported, keras)]
    assert np.abs(faces[0] - faces[1]).max() <= 1
    same = faces[0].astype("uint8")
    assert exported.attributes_of(same) == keras.attributes_of(same)
    edits = [each.edit(same, "hair=black, glasses=0", 1.5).astype(int) for each in (exported, keras)]
    assert np.abs(edits[0] - edits[1]).max() <= 1


WITHOUT_KERAS = """
import json, sys
for name in ("keras", "tensorflow", "jax", "onnx"):
    sys.modules[name] = None
import facegan
model = facegan.load(sys.argv[1])
model.edit(model.generate(seed=1), hair="black", strength=2)
model.edit_photo(sys.argv[2], "hair=black")
from facegan.cli import main
for arguments in json.loads(sys.argv[3]):
    try:
        main(arguments)
    except SystemExit as left:
        assert not left.code, left.code
"""


def test_faces_are_made_and_photos_edited_without_keras(with_graphs, tmp_path):
    from skimage.data import astronaut

    photo, out = tmp_path / "photo.png", tmp_path / "out"
    Image.fromarray(astronaut()).crop((80, 0, 380, 280)).save(photo)
    commands = [
        ["generate", "--model", with_graphs, "--count", 2, "--then", "glasses=1", "--out", out / "faces.png"],
        ["edit", photo, "--model", with_graphs, "--set", "hair=black", "--out", out / "edited.png"],
        ["align", photo, out / "aligned"],
    ]
    arguments = json.dumps(commands, default=str)
    subprocess.run([sys.executable, "-c", WITHOUT_KERAS, with_graphs, photo, arguments], check=True, env=os.environ)
    assert {path.name for path in out.iterdir()} == {"faces.png", "edited.png", "aligned"}


# The command


def test_the_command_says_size_and_difference_and_changes_nothing_again(facegan, with_graphs, tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(with_graphs.read_bytes())
    code, printed, _ = facegan("export", path, path, "--format", "keras", "--overwrite")
    assert code == 0 and printed.count("grey levels\n") == 2 and f"{path}: generator, 0." in printed
    assert holds_graphs(path) and digest(path) == digest(with_graphs)
    assert path.stat().st_size == pytest.approx(with_graphs.stat().st_size, abs=200)
    faces = [load(each).generate("glasses", count=2, seed=1) for each in (path, with_graphs)]
    assert (np.stack(faces[0]) == np.stack(faces[1])).all()
    with zipfile.ZipFile(path) as archive:
        assert len(set(archive.namelist())) == len(archive.namelist()), "nothing twice"
