import shutil
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest

from facegan import files
from facegan.data.prepared import PreparedFaces
from facegan.errors import FaceganError
from facegan.evaluation import judge as judges
from facegan.evaluation import judge_training


@pytest.fixture(scope="module")
def judge(drawn_faces):
    """A shallower backbone and small pictures: JAX compiles for a minute otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judges, "BACKBONE", "lite0")
        yield judge_training.train_judge(drawn_faces, images=16 * 60, batch_size=16, precision="float32", input_size=32)


def test_it_learns_visible_attributes(judge, drawn_faces):
    test = drawn_faces.split("test")
    predicted = judge.classify(drawn_faces.faces[test]).probabilities > 0.5
    right = (predicted == drawn_faces.labels[test]).mean(axis=0)
    found = dict(zip(drawn_faces.columns, right, strict=True))
    assert found["Pale_Skin"] > 0.8 and found["Black_Hair"] > 0.8


def test_predictions_depend_neither_on_the_batch_nor_on_chance(judge, drawn_faces):
    probabilities, features = judge.classify(drawn_faces.faces[:70])
    alone, feature = judge.classify(drawn_faces.faces[69:70])
    assert alone[0] == pytest.approx(probabilities[69], abs=1e-4)
    assert feature[0] == pytest.approx(features[69], abs=1e-3)


def test_a_face_and_its_mirror_image_get_the_same_predictions(judge, drawn_faces):
    faces = drawn_faces.faces[:20]
    for direct, mirrored in zip(judge.classify(faces), judge.classify(faces[:, :, ::-1]), strict=True):
        assert direct == pytest.approx(mirrored, abs=1e-4)
    alone = judge.network.predict(faces, verbose=0)[0]
    assert np.abs(alone - judge.network.predict(faces[:, :, ::-1], verbose=0)[0]).max() > 1e-3


def test_it_is_trained_once_and_kept_with_the_faces(judge, drawn_faces, tmp_path, monkeypatch):
    shutil.copytree(drawn_faces.path, tmp_path / "faces")
    faces = PreparedFaces(tmp_path / "faces")
    monkeypatch.setattr(judge_training, "train_judge", lambda faces: judge)
    first = judge_training.judge_of(faces)
    assert (faces.path / "judge.keras").exists()
    monkeypatch.setattr(judge_training, "train_judge", lambda faces: pytest.fail("trained again"))
    again = judge_training.judge_of(faces)
    assert np.array_equal(first.classify(faces.faces[:5])[0], again.classify(faces.faces[:5])[0])
    assert np.array_equal(judge.thresholds, again.thresholds) and again.input_size == 32


def test_where_it_cannot_be_kept_it_is_not_trained(drawn_faces, tmp_path, monkeypatch):
    faces = PreparedFaces(shutil.copytree(drawn_faces.path, tmp_path / "faces"))
    monkeypatch.setattr(judge_training, "train_judge", lambda faces: pytest.fail("trained for an hour"))
    # As a file system mounted read-only answers, root too.
    monkeypatch.setattr(files.os, "access", lambda path, mode: False)
    with pytest.raises(FaceganError, match=f"cannot write {faces.path}: Permission denied"):
        judge_training.judge_of(faces)


def test_a_judge_of_other_faces_is_refused(judge, drawn_faces, tmp_path, monkeypatch):
    path = tmp_path / "judge.keras"
    keras.saving.save_model(judge, path)
    assert judges.load_judge(path).columns == drawn_faces.columns

    @dataclass(frozen=True)
    class Others:
        info: dict
        path: Path

    with pytest.raises(FaceganError, match="was trained on other faces; delete the file"):
        judge_training.judge_of(Others({**drawn_faces.info, "seed": 99}, tmp_path))
    monkeypatch.setattr(judges, "VERSION", judges.VERSION + 1)
    with pytest.raises(FaceganError, match="it was trained by another version of facegan; delete the file"):
        judges.load_judge(path)
    path.write_text("no judge")
    with pytest.raises(FaceganError, match="cannot read the judge in "):
        judges.load_judge(path)


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_every_size_of_face_works(size):
    network = judges.build_network(size, 3, input_size=64)
    logits, features = network(np.zeros((2, size, size, 3), "uint8"))
    assert logits.shape == (2, 3) and features.shape == (2, judges.FEATURES)
