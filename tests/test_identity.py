import numpy as np
import pytest

from facegan import identity

needs_extra = pytest.mark.skipif(
    not identity.available(), reason="dlib and its weights are not installed: pip install .[identity]"
)


def test_cosine_similarity_and_the_threshold():
    before, after = np.array([[1.0, 0], [1, 0], [0.5, 0]]), np.array([[2.0, 0], [0, 1], [1, 0]])
    assert identity.cosine_similarity(before, after).tolist() == [1, 0, 1]
    assert identity.same_person(before, after).tolist() == [False, False, True]


@needs_extra
def test_faces_shared_out_between_processes_come_back_in_order(drawn_faces, monkeypatch):
    faces = drawn_faces.faces[:6]
    alone = identity.descriptors(faces)
    monkeypatch.setattr(identity, "_FACES_PER_PROCESS", 2)
    assert np.array_equal(identity.descriptors(faces), alone)


@needs_extra
def test_a_face_is_itself_and_not_another(drawn_faces):
    faces = drawn_faces.faces[:4]
    brighter = np.clip(faces.astype(int) + 8, 0, 255).astype("uint8")
    before, after = identity.descriptors(faces), identity.descriptors(brighter)
    assert before.shape == (4, 128)
    assert identity.same_person(before, after).all()
    assert (identity.cosine_similarity(before, after) > identity.cosine_similarity(before, before[::-1])).all()
