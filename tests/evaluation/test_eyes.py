import numpy as np
import pytest

from facegan.attributes import EYE_COLUMNS
from facegan.evaluation.eyes import with_eyes_of
from facegan.evaluation.judge import _Faces


@pytest.fixture(scope="module")
def pasted(drawn_faces):
    faces = drawn_faces.faces[:20]
    return faces, [with_eyes_of(faces[0], face, np.random.default_rng(i)) for i, face in enumerate(faces)]


def test_the_eyes_are_the_others_and_all_else_is_as_it_was(pasted):
    faces, found = pasted
    changed = np.mean([(picture != faces[0]).any(axis=2) for picture in found[1:]], axis=0)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    # Of 32 pixels: the band about the eyes, which are at 0.38 and 0.61 of the width.
    assert 8 <= rows[0] <= 12 and 19 <= rows[-1] <= 23
    assert columns[0] >= 1 and columns[-1] <= 30 and changed[14:17, 10:22].mean() > 0.8
    assert np.array_equal(found[0], faces[0])


def test_colours_are_matched_in_part(pasted):
    faces, _ = pasted
    dark, bright = (np.full((32, 32, 3), value, "uint8") for value in (40, 200))
    middles = [with_eyes_of(dark, bright, np.random.default_rng(seed))[16, 16, 0] for seed in range(200)]
    assert min(middles) < 60 and max(middles) > 180


def test_half_of_the_judges_faces_have_the_eyes_of_others_and_what_goes_with_them(drawn_faces):
    train = drawn_faces.part("train")
    images, labels = map(np.concatenate, zip(*(_Faces(drawn_faces, train, 8, 0)[index] for index in range(8))))
    again, _ = _Faces(drawn_faces, train, 8, 0)[3]
    assert np.array_equal(again, images[3 * 64 : 4 * 64])
    of_eyes = [drawn_faces.columns.index(column) for column in EYE_COLUMNS if column in drawn_faces.columns]
    others = np.setdiff1d(np.arange(len(drawn_faces.columns)), of_eyes)
    known = {face.tobytes(): row for face, row in zip(drawn_faces.faces, drawn_faces.labels)}
    untouched = np.array([image.tobytes() in known for image in images])
    assert 0.4 < untouched.mean() < 0.65
    for image, row in zip(images[~untouched], labels[~untouched]):
        # The part below the eyes says whose face it is.
        (own,) = np.unique(
            [known[face.tobytes()] for face in drawn_faces.faces if np.array_equal(face[24:], image[24:])], axis=0
        )
        assert np.array_equal(own[others], row[others])
    glasses = drawn_faces.columns.index("Eyeglasses")
    share = drawn_faces.labels[train, glasses].mean()
    assert labels[~untouched, glasses].mean() == pytest.approx((1 + share) / 2, abs=0.1)
