from dataclasses import dataclass, replace

import keras
import numpy as np
import pytest

from facegan.attributes import HAIR_COLUMNS
from facegan.data.prepared import PreparedFaces
from facegan.errors import FaceganError
from facegan.evaluation import judge as judges


@pytest.fixture(scope="module")
def judge(drawn_faces):
    return judges.train_judge(drawn_faces, images=64 * 50)


def test_it_learns_what_can_be_seen(judge, drawn_faces):
    test = drawn_faces.part("test")
    seen = judge.see(drawn_faces.faces[test])[0] > 0.5
    right = seen == drawn_faces.labels[test]
    found = dict(zip(drawn_faces.columns, right.mean(axis=0)))
    assert found["Pale_Skin"] > 0.8 and found["Black_Hair"] > 0.8


def test_what_it_sees_depends_neither_on_the_batch_nor_on_chance(judge, drawn_faces):
    probabilities, features = judge.see(drawn_faces.faces[:70])
    alone, feature = judge.see(drawn_faces.faces[69:70])
    assert alone[0] == pytest.approx(probabilities[69], abs=1e-4)
    assert feature[0] == pytest.approx(features[69], abs=1e-3)


def test_a_face_and_its_mirror_image_are_the_same_to_it(judge, drawn_faces):
    faces = drawn_faces.faces[:20]
    for seen, mirrored in zip(judge.see(faces), judge.see(faces[:, :, ::-1])):
        assert seen == pytest.approx(mirrored, abs=1e-4)
    alone = judge.network.predict(faces, verbose=0)[0]
    assert np.abs(alone - judge.network.predict(faces[:, :, ::-1], verbose=0)[0]).max() > 1e-3


def test_it_is_trained_once_and_kept_with_the_faces(drawn_faces, tmp_path, monkeypatch):
    import shutil

    shutil.copytree(drawn_faces.path, tmp_path / "faces")
    faces = PreparedFaces(tmp_path / "faces")
    monkeypatch.setattr(judges, "IMAGES", 128)
    train = judges.train_judge
    monkeypatch.setattr(judges, "train_judge", lambda faces: train(faces, images=128))
    first = judges.judge_of(faces)
    assert (faces.path / "judge.keras").exists()
    monkeypatch.setattr(judges, "train_judge", lambda faces: pytest.fail("trained again"))
    again = judges.judge_of(faces)
    assert np.array_equal(first.see(faces.faces[:5])[0], again.see(faces.faces[:5])[0])
    assert np.array_equal(first.borders, again.borders)


def test_a_judge_of_other_faces_is_refused(judge, drawn_faces, tmp_path, monkeypatch):
    path = tmp_path / "judge.keras"
    keras.saving.save_model(judge, path)
    assert judges.load_judge(path, drawn_faces).columns == drawn_faces.columns

    @dataclass(frozen=True)
    class Others:
        info: dict

    with pytest.raises(FaceganError, match="was not trained on these faces, or by another version"):
        judges.load_judge(path, Others({**drawn_faces.info, "seed": 99}))
    monkeypatch.setattr(judges, "VERSION", judges.VERSION + 1)
    with pytest.raises(FaceganError, match="by another version of facegan; remove it"):
        judges.load_judge(path, drawn_faces)
    path.write_text("no judge")
    with pytest.raises(FaceganError, match="no judge that can be read; remove it"):
        judges.load_judge(path, drawn_faces)


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_every_size_works(size):
    network = judges.build_network(size, 3)
    logits, features = network(np.zeros((2, size, size, 3), "uint8"))
    assert logits.shape == (2, 3) and features.shape == (2, 256)


def test_the_border_gives_the_best_balanced_accuracy():
    random = np.random.default_rng(0)
    labels = (random.random(200) < 0.2).astype("uint8")
    logits = random.normal(labels * 1.5, 1)
    balanced = lambda border: ((logits > border)[labels == 1].mean() + (logits <= border)[labels == 0].mean()) / 2
    assert balanced(judges.best_border(logits, labels)) == max(balanced(border) for border in logits)


def test_a_value_that_hardly_occurs_moves_no_border():
    assert judges.best_border(np.arange(100.0), np.arange(100) > 95) == 0


def test_most_faces_it_learns_from_have_the_eyes_or_the_hair_of_others_and_what_goes_with_them(drawn_faces):
    train, columns = drawn_faces.part("train"), drawn_faces.columns
    batches = [judges._Faces(drawn_faces, train, 8, 0)[index] for index in range(8)]
    images, labels = map(np.concatenate, zip(*batches))
    again, _ = judges._Faces(drawn_faces, train, 8, 0)[3]
    assert np.array_equal(again, images[3 * 64 : 4 * 64])
    # The top says whose hair it is, and the part below the eyes whose face, unless it is laid into other hair.
    chin, top = (lambda face: face[24:27, 14:18].tobytes()), (lambda face: face[:3].tobytes())
    owner = {cut: {cut(face): index for index, face in enumerate(drawn_faces.faces)} for cut in (chin, top)}
    known = {face.tobytes() for face in drawn_faces.faces}
    glasses, of_hair = columns.index("Eyeglasses"), np.isin(columns, HAIR_COLUMNS)
    as_they_were, with_eyes, with_hair = [], [], []
    for image, row in zip(images, labels):
        above = owner[top][top(image)]
        assert np.array_equal(drawn_faces.labels[above][of_hair], row[of_hair])
        if image.tobytes() in known:
            as_they_were.append(row)
        elif owner[chin].get(chin(image)) == above:
            with_eyes.append(row)
            assert np.array_equal(np.delete(drawn_faces.labels[above], glasses), np.delete(row, glasses))
        else:
            with_hair.append(row)
    shares = [len(rows) / len(images) for rows in (as_they_were, with_eyes, with_hair)]
    assert shares == pytest.approx([0.5 * 0.5, 0.5 * 0.5, 0.5], abs=0.07)
    share = drawn_faces.labels[train, glasses].mean()
    assert np.mean(with_eyes, axis=0)[glasses] == pytest.approx((1 + share) / 2, abs=0.12)
