"""Drawn faces: the seed fixes everything, an attribute changes what it concerns and nothing else."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from facegan.data.drawn import (
    ATTRIBUTES,
    COLUMNS,
    EYE_X,
    DrawnReader,
    draw,
    drawn_source,
    face_at,
    landmarks,
    random_face,
)
from facegan.errors import FaceganError

SIZE = 64


def pixels(face, size=SIZE):
    return np.asarray(draw(face, size)).astype("int32")


def changed(face, size=SIZE, **attributes):
    """Where a change of attributes changes the picture: `(size, size)` bool."""
    return (pixels(face, size) != pixels(replace(face, **attributes), size)).any(axis=-1)


def test_same_seed_and_index_give_the_same_picture():
    assert face_at(3, 5) == face_at(3, 5)
    assert (pixels(face_at(3, 5)) == pixels(face_at(3, 5))).all()
    assert len({face_at(seed, index) for seed in (0, 1) for index in range(50)}) == 100


def test_faces_with_equal_attributes_differ_by_their_seed():
    face = face_at(0, 0)
    assert (pixels(face) != pixels(replace(face, seed=face.seed + 1))).mean() > 0.2


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_picture_has_the_size_asked_for(size):
    picture = draw(face_at(0, 1), size)
    assert picture.mode == "RGB" and picture.size == (size, size)


def test_attributes_are_balanced_and_independent():
    random = np.random.default_rng(0)
    faces = [random_face(random) for _ in range(4000)]
    labels = np.stack([face.labels for face in faces]).astype(float)
    assert labels[:, :4].mean(axis=0) == pytest.approx([0.5] * 4, abs=0.03)
    assert labels[:, 4:].mean(axis=0) == pytest.approx([0.2] * 4, abs=0.03)
    assert labels[:, 4:].sum(axis=1).max() == 1
    correlations = np.corrcoef(labels[:, :5].T) - np.eye(5)
    assert np.abs(correlations).max() < 0.06


def test_landmarks_are_where_they_are_drawn():
    """Pupils are black, wherever the face has been moved to; and a wider mouth reaches to its corners."""
    for index in range(10):
        face = replace(face_at(2, index), glasses="0", skin="1")
        picture = np.asarray(draw(face, 512), "int32").sum(axis=-1)
        points = (landmarks(face) * 512).astype(int)
        for x, y in points[:2]:
            around = picture[y - 40 : y + 41, x - 40 : x + 41]
            dark = np.argwhere(around < 50).mean(axis=0) - 40
            assert picture[y, x] < 50 and np.abs(dark).max() < 2
        narrow, wide = (np.asarray(draw(face, 512, mouth_width=width)) for width in (0.0, 1.0))
        across = np.flatnonzero((narrow != wide).any(axis=(0, 2)))
        corners = landmarks(face, mouth_width=1.0)[3:, 0] * 512
        assert [across[0], across[-1]] == pytest.approx(corners, abs=4)
    moved = landmarks(face, shift_x=1.0) - landmarks(face, shift_x=0.0)
    assert moved == pytest.approx(np.array([[0.02, 0]] * 5))


def test_labels_and_wishes_agree_with_the_vocabulary():
    for index in range(30):
        face = face_at(1, index)
        wishes = {name: getattr(face, name) for name in ATTRIBUTES.names}
        assert face.labels.tolist() == ATTRIBUTES.vector(wishes).tolist()
        assert ATTRIBUTES.values(face.labels) == wishes


def test_glasses_change_the_eye_region_only():
    for index in range(12):
        where = changed(face_at(2, index), glasses="1") | changed(face_at(2, index), glasses="0")
        rows = np.flatnonzero(where.any(axis=1)) / SIZE
        assert rows.min() > 0.33 and rows.max() < 0.56
        assert where.sum() > 150


def test_hair_colour_changes_neither_eyes_nor_mouth_nor_shirt():
    for index in range(12):
        face = replace(face_at(3, index), hair="black")
        for hair in ("blond", "brown", "gray", "other"):
            where = changed(face, hair=hair)
            assert not where[int(0.46 * SIZE) : int(0.78 * SIZE), int(0.41 * SIZE) : int(0.59 * SIZE)].any()
            assert where[: int(0.25 * SIZE)].sum() > 200


def test_skin_changes_the_face_but_not_background_or_hair():
    for index in range(12):
        face = replace(face_at(4, index), skin="0", hair="black")
        where = changed(face, skin="1")
        assert not where[: int(0.12 * SIZE)].any() and not where[:, :6].any()
        cheek = (slice(int(0.52 * SIZE), int(0.56 * SIZE)), slice(int(0.46 * SIZE), int(0.48 * SIZE)))
        lighter = pixels(replace(face, skin="1"))[cheek].mean() - pixels(face)[cheek].mean()
        assert lighter > 30


def test_age_changes_the_face_only():
    for index in range(12):
        where = changed(replace(face_at(5, index), age="young"), age="old")
        assert where.sum() > 150
        outside = np.ones_like(where)
        outside[int(0.26 * SIZE) : int(0.8 * SIZE), int(0.25 * SIZE) : int(0.75 * SIZE)] = False
        assert not (where & outside).any()


def test_gender_leaves_the_background_and_the_irises():
    for index in range(12):
        where = changed(replace(face_at(6, index), gender="female"), gender="male")
        assert where.sum() > 600
        assert not where[:40, :5].any() and not where[:40, -5:].any()
        for x in EYE_X:
            # One pixel in the middle of each eye.
            assert not where[int(0.44 * SIZE), round(x * SIZE)]


def test_pupils_are_where_celeba_has_them():
    size = 200
    found = []
    for index in range(20):
        grey = pixels(replace(face_at(7, index), glasses="0", skin="1", hair="blond"), size).sum(axis=-1)
        for x in EYE_X:
            left, top = round((x - 0.03) * size), round(0.41 * size)
            window = grey[top : round(0.47 * size), left : round((x + 0.03) * size)]
            rows, columns = np.nonzero(window < 110)
            found.append(((columns.mean() + left) / size - x, (rows.mean() + top) / size - 0.44))
    found = np.abs(found)
    assert found.max() < 0.02 and found.mean() < 0.01


def test_every_change_of_one_attribute_is_far_from_the_unchanged_face():
    """So that an edited picture's nearest drawing tells which attributes it has."""
    nearest = {item.name: np.inf for item in ATTRIBUTES.items}
    for index in range(30):
        face = face_at(8, index)
        for item in ATTRIBUTES.items:
            drawings = [pixels(replace(face, **{item.name: value})) for value in item.values]
            for number, one in enumerate(drawings):
                for other in drawings[:number]:
                    nearest[item.name] = min(nearest[item.name], ((one - other) ** 2).mean())
    floors = {"gender": 200, "age": 20, "glasses": 100, "skin": 400, "hair": 100}
    assert all(nearest[name] > floor for name, floor in floors.items()), nearest


def test_source_names_labels_and_pictures_belong_together():
    source = drawn_source(20, seed=9)
    assert source.columns == COLUMNS and source.names[7] == "drawn-000007"
    assert source.labels.shape == (20, 8) and source.labels.dtype == np.uint8
    assert source.labels[7].tolist() == face_at(9, 7).labels.tolist()
    read = pickle.loads(pickle.dumps(source.read))
    assert read == DrawnReader(9)
    assert (np.asarray(read("drawn-000007", 32)) == np.asarray(draw(face_at(9, 7), 32))).all()


@pytest.mark.parametrize("count, seed", [(0, 0), (-1, 0), (5, -1)])
def test_impossible_sets_are_refused(count, seed):
    with pytest.raises(FaceganError):
        drawn_source(count, seed)
