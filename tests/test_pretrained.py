"""The model that comes with the package."""

import json
import zipfile

import h5py
import numpy as np
import pytest
from PIL import Image

import facegan
from facegan.cli import main
from facegan.model_files import PACKAGED, describe, find_model


def test_it_is_small_and_16_bit():
    file = find_model(PACKAGED)
    assert file.stat().st_size <= 25e6
    kinds = set()
    with zipfile.ZipFile(file) as archive, archive.open("model.weights.h5") as weights, h5py.File(weights) as store:
        store.visititems(lambda name, item: kinds.add(item.dtype.name) if isinstance(item, h5py.Dataset) else None)
    assert "float16" in kinds and "float64" not in kinds


def test_it_says_what_it_was_trained_on():
    described = describe(PACKAGED)
    assert (
        described["record"]["data"]["source"]["name"]
        and "non-commercial" in described["record"]["data"]["source"]["terms"]
    )
    assert described["record"]["images_seen"] + described["record"]["images_before"] > 10_000
    assert "/" not in json.dumps(described["record"]["data"]), "no path of a machine"


@pytest.mark.parametrize("run", [False, True])
def test_it_is_taken_where_there_is_no_run(run, model_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if run:
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "model.keras").write_bytes(model_file.read_bytes())
    with pytest.raises(SystemExit) as left:
        main(["info"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("run/model.keras: tiny" if run else str(find_model(PACKAGED)))


def test_it_makes_and_edits_faces():
    model = facegan.load()
    faces = model.generate("glasses", count=4, seed=1)
    assert all(isinstance(face, Image.Image) and face.size == (model.size, model.size) for face in faces)
    arrays = np.stack([np.asarray(face, "float64") for face in faces])
    # Pictures of something, and not all of the same.
    assert arrays.std(axis=(1, 2, 3)).min() > 20 and np.abs(arrays[0] - arrays[1]).mean() > 10
    edited = np.asarray(model.edit(faces[0], "hair=blond", source="black, glasses"), "float64")
    assert np.abs(edited - arrays[0]).mean() > 2
