"""An attribute that nobody here has thought of: from a CSV's column to a model that generates and edits it."""

import json

import numpy as np
import pytest
from PIL import Image

from facegan.attributes import Attributes
from facegan.inference import load
from facegan.model_files import describe
from facegan.models.saving import save_model
from facegan.provenance import read_provenance
from facegan.studio.session import Session, Slider
from facegan.training.run import build_training

NAMES = "gender,age,glasses,skin,hair,scarf"


@pytest.fixture(scope="module")
def start(drawn_faces, small_settings, tmp_path_factory):
    """A model of the standard attributes, with an attribute finder."""
    settings = small_settings("tiny", {"attribute_finder.images": 16, "attribute_finder.batch_size": 8})
    networks = build_training(drawn_faces, settings, pretrained=False).networks
    path = tmp_path_factory.mktemp("start") / "model.keras"
    save_model(networks, path)
    return path


@pytest.fixture(scope="module")
def data(drawn_faces, tmp_path_factory):
    """Prepared from a folder of pictures and a CSV that knows whether people wear a scarf, and nothing else."""
    from facegan.data.prepare import prepare
    from facegan.data.source import open_sources

    folder = tmp_path_factory.mktemp("photos")
    for index in range(60):
        Image.fromarray(drawn_faces.faces[index]).save(folder / f"{index}.png")
    lines = [f"{index}.png,{index % 2}" for index in range(60)]
    (folder / "labels.csv").write_text("\n".join(["file,scarf", *lines]))
    return prepare(open_sources([folder]), folder.with_name("scarf32"), size=32, workers=1).path


@pytest.fixture(scope="module")
def module_facegan():
    """As `facegan`, without what it prints."""
    from facegan.cli import main

    def run(*args):
        with pytest.raises(SystemExit) as left:
            main([str(arg) for arg in args])
        assert left.value.code == 0

    return run


@pytest.fixture(scope="module")
def trained(module_facegan, module_eagerly, data, start, tmp_path_factory):
    out = tmp_path_factory.mktemp("mine") / "run"
    options = ("--images", 16, "--batch-size", 8, "--precision", "float32", "--out", out)
    module_facegan("train", data, "--from", start, "--attributes", NAMES, *options)
    return out / "model.keras"


def test_the_model_has_it_after_the_attributes_that_there_were(trained, start):
    described = describe(trained)
    assert described["attribute_names"] == [*describe(start)["attribute_names"], "scarf"]
    assert described["columns"][0] == "scarf" and "Eyeglasses" in described["columns"]
    assert described["record"]["random_networks"] == []


def test_it_is_generated_edited_and_shown(facegan, trained, drawn_faces, tmp_path):
    face, edited = tmp_path / "face.png", tmp_path / "edited.png"
    code, _, err = facegan("generate", "--model", trained, "--attrs", "scarf, glasses=0", "--seed", 1, "--out", face)
    assert code == 0, err
    assert "scarf" in json.dumps(read_provenance(face))
    Image.fromarray(drawn_faces.faces[0]).save(face)
    options = ("--force", "--aligned", "--out", edited)
    code, _, err = facegan("edit", face, "--model", trained, "--set", "scarf=1", *options)
    assert code == 0 and edited.exists(), err
    model = load(trained)
    assert (np.asarray(model.edit(drawn_faces.faces[0], scarf=1, force=True)) != drawn_faces.faces[0]).any()
    code, _, err = facegan("edit", face, "--model", trained, "--set", "scraf=1", "--out", edited, "--overwrite")
    assert code == 2 and "did you mean 'scarf'?" in err.splitlines()[-1]
    session = Session(model, trained)
    session.generate("scarf=1", count=2, seed=5)
    session.pick(1)
    session.slide("scarf", Slider(-1.0))
    assert "scarf=0" in session.command


def test_it_is_exported(facegan, trained, tmp_path):
    code, _, err = facegan("export", trained, tmp_path / "graphs", "--format", "onnx", "--json")
    assert code == 0, err
    # `generate` above used the graphs in the file: they take the longer condition, too.
    model = load(trained)
    assert model.attributes.columns[-1] == "scarf" and len(model.conditions_for(count=3, seed=0)[0]) == 9


def test_a_dry_run_counts_the_training_of_the_attribute_finder(facegan, data, start, drawn_faces):
    options = ("--from", start, "--batch-size", 8, "--dry-run", "--json")
    code, out, err = facegan("train", data, *options, "--attributes", NAMES)
    assert code == 0, err
    assert json.loads(out)["pretraining_steps"] == 2
    code, out, err = facegan("train", drawn_faces.path, *options)
    assert code == 0 and json.loads(out)["pretraining_steps"] == 0, err


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (["--attributes", "scarf"], "a model keeps its attributes; name gender, age, glasses, skin, hair in"),
        (["--attributes", f"{NAMES}, scraf"], "unknown attribute 'scraf'; did you mean 'scarf'?"),
        (["--attributes", NAMES, "--recipe", "tiny"], "'gender' has no known value"),
    ],
)
def test_bad_input_is_answered_in_a_line(facegan, data, start, tmp_path, options, answer):
    code, out, err = facegan("train", data, "--from", start, "--batch-size", 8, "--out", tmp_path / "run", *options)
    assert (code, out) == (2, "") and answer in err.splitlines()[-1]


def test_a_column_that_one_source_has_alone_can_be_named(facegan, drawn_faces, tmp_path):
    """`prepare` joins; of the faces of the other source it is unknown."""
    from facegan.data.prepared import PreparedFaces

    for name, column, cells in (("one", "scarf", "10"), ("other", "glasses", "01")):
        (tmp_path / name).mkdir()
        for index in range(40):
            # Unlike each other, so that no photo occurs in both sources.
            pixels = np.random.default_rng([index, len(name)]).integers(0, 256, (4, 4, 3), "uint8")
            Image.fromarray(pixels).resize((32, 32)).save(tmp_path / name / f"{index}.png")
        lines = [f"{index}.png,{cells[index % 2]}" for index in range(40)]
        (tmp_path / name / "labels.csv").write_text("\n".join([f"file,{column}", *lines]))
    out = tmp_path / "joined"
    sources = (tmp_path / "one", tmp_path / "other")
    code, _, err = facegan("prepare", *sources, out, "--size", 32, "--no-align")
    assert code == 0, err
    faces = PreparedFaces(out)
    assert faces.counts()["scarf"] == {"1": 20, "0": 20, "unknown": 40}
    faces.check_trainable(Attributes(["glasses", "scarf"], faces.columns))
    options = ("--recipe", "tiny", "--attributes", "scarf,glasses", "--batch-size", 8, "--dry-run", "--json")
    code, printed, err = facegan("train", out, *options)
    assert code == 0 and json.loads(printed)["steps"] > 0, err
