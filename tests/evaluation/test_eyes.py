import numpy as np
import pytest

from facegan.evaluation.eyes import with_eyes_of


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
