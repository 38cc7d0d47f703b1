"""The public names: imported when they are used, and pleasant to call."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import facegan

NAMES = ["Attributes", "FaceModel", "FaceganError", "Recipe", "__version__", "evaluate", "load", "prepare", "train"]


def test_public_names():
    assert dir(facegan) == sorted(NAMES)
    assert sorted(facegan.__all__) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_exists(name):
    assert getattr(facegan, name) is not None


def test_an_unknown_name_raises_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        facegan.lode  # noqa: B018


def test_importing_the_package_imports_no_backend():
    code = """
import sys, facegan
[getattr(facegan, name) for name in dir(facegan)]
print([name for name in ("keras", "tensorflow", "jax", "torch") if name in sys.modules])
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_prepare_joins_sources(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(20):
        Image.new("RGB", (40, 40), (index * 9, 99, 99)).save(folder / f"{index}.png")
    rows = [f"{index}.png,{index % 2}" for index in range(20)]
    (folder / "labels.csv").write_text("\n".join(["image,Smiling", *rows]), "utf-8")
    faces = facegan.prepare([folder, folder], tmp_path / "both", size=32, workers=1)
    assert (len(faces), faces.size, faces.columns) == (40, 32, ("Smiling",))


def test_prepare_renames_and_ignores_columns(tmp_path):
    for index in range(10):
        Image.new("RGB", (40, 40), (index * 9, 99, 99)).save(tmp_path / f"{index}.png")
    rows = [f"{index}.png,{index % 2},1" for index in range(10)]
    (tmp_path / "labels.csv").write_text("\n".join(["image,smile,odd", *rows]), "utf-8")
    faces = facegan.prepare(tmp_path, tmp_path / "out", size=32, ignore=["odd"], rename={"smile": "Smiling"}, workers=1)
    assert faces.columns == ("Smiling",)


def test_prepare_refuses_a_source_that_does_not_exist(tmp_path):
    with pytest.raises(facegan.FaceganError, match="does not exist"):
        facegan.prepare(tmp_path / "nowhere", tmp_path / "out")


@pytest.fixture
def kept(monkeypatch):
    """A call for each time that memory was to be kept."""
    from facegan import memory

    calls = []
    monkeypatch.setattr(memory, "keep_memory", lambda: calls.append(None))
    return calls


@pytest.mark.usefixtures("eagerly")
def test_train_returns_the_model(drawn_faces, small_recipe, tmp_path, kept):
    model = facegan.train(
        drawn_faces.path, tmp_path / "run", recipe=small_recipe("tiny"), attributes=["glasses", "hair"], images=32
    )
    assert model.attributes.names == ("glasses", "hair")
    assert facegan.load(tmp_path / "run").generate(seed=1).size == (32, 32)
    assert len(kept) == 1


def test_train_refuses_an_unknown_recipe(drawn_faces, tmp_path):
    with pytest.raises(facegan.FaceganError, match="did you mean 'tiny'"):
        facegan.train(drawn_faces.path, tmp_path / "run", recipe="tinny")
    assert not (tmp_path / "run").exists()


class JudgesAtRandom:
    def __init__(self, faces):
        self.columns, self.image_size, self.random = faces.columns, faces.size, np.random.default_rng(0)

    def classify(self, images):
        return self.random.random((len(images), len(self.columns))), self.random.random((len(images), 4))


def test_evaluate_returns_figures(model_file, drawn_faces, monkeypatch, kept):
    from facegan.evaluation import judge_training

    monkeypatch.setattr(judge_training, "judge_of", JudgesAtRandom)
    report = facegan.evaluate(model_file, drawn_faces.path, metrics=["reconstruction_psnr"], limit=2)
    assert list(report.figures) == ["reconstruction_psnr"] and len(kept) == 1


def test_evaluate_checks_the_faces_before_it_trains_a_judge(model_file, tmp_path):
    faces = facegan.prepare("drawn", tmp_path / "larger", size=64, count=30, workers=1)
    with pytest.raises(facegan.FaceganError, match="64 pixels, but the model's have 32"):
        facegan.evaluate(model_file, faces.path)
    assert not (faces.path / "judge.keras").exists()
