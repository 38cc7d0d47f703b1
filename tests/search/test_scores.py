"""How faces are scored, on vectors whose order is known."""

import sqlite3

import numpy as np
import pytest

from facegan.attributes import Attributes
from facegan.errors import FaceganError
from facegan.photos.align import Alignment
from facegan.search.query import IDENTITY, Query, description, find
from facegan.search.store import FileState, Index, IndexedFace, IndexedPhoto

ABOUT = {"model": "0", "attribute_names": ["glasses", "hair"], "columns": list(Attributes(["glasses", "hair"]).columns)}
STATE = FileState(1, 2)


@pytest.fixture
def index(tmp_path):
    return Index(tmp_path / "faces.db", ABOUT)


def put(index, tmp_path, rows, identities):
    index.put(
        [
            IndexedPhoto(tmp_path / f"{number}.png", STATE, [IndexedFace(1, Alignment(9, 1, 2, 3), *vectors)])
            for number, vectors in enumerate(zip(rows, identities, strict=True))
        ]
    )


def test_a_score_is_the_probability_of_all_that_was_described(index, tmp_path):
    # No glasses, glasses; black, blond, brown, gray, other.
    rows = np.array([(0.5, 0.5, 0.5, 0.5, 0, 0, 0), (0.1, 0.9, 0.2, 0.8, 0, 0, 0), (0.9, 0.1, 0, 1, 0, 0, 0)], "f4")
    put(index, tmp_path, rows, [None] * 3)
    matches = find(index, description(index.attributes, {"glasses": "1", "hair": "blond"}), 2)
    assert [match.photo.name for match in matches] == ["1.png", "0.png"]
    assert [match.score for match in matches] == pytest.approx([0.72, 0.25])
    (match,) = find(index, description(index.attributes, {"hair": "blond"}), 1)
    assert match.photo.name == "2.png" and match.face.alignment.bounding_box() == (1, 3, 11, 13)


def test_the_nearest_descriptor_is_first_and_faces_without_one_are_left_out(index, tmp_path):
    rows, own = np.ones((3, 7), "f4"), np.eye(128, dtype="f4")
    with pytest.raises(FaceganError, match="no face;"):
        find(index, Query(IDENTITY, own[0]), 3)
    put(index, tmp_path, rows, [None] * 3)
    with pytest.raises(FaceganError, match="no face with an identity"):
        find(index, Query(IDENTITY, own[0]), 3)
    put(index, tmp_path, rows, [own[1], None, 0.75 * own[0]])
    matches = find(index, Query(IDENTITY, own[0]), 3)
    assert [match.photo.name for match in matches] == ["2.png", "0.png"]
    assert [match.score for match in matches] == pytest.approx([0.75, 1 - np.sqrt(2)], abs=1e-5)


def test_a_photo_that_fails_to_be_written_leaves_the_index_as_it_was(index, tmp_path):
    good = IndexedPhoto(tmp_path / "a.png", STATE, reason="no face")
    with pytest.raises(FaceganError, match="cannot use"):
        index.put([good, IndexedPhoto(tmp_path / "b.png", FileState(None, 1))])
    assert index.count() == (0, 0)


def test_photos_are_told_apart_by_their_folder_and_may_have_any_name(index, tmp_path):
    odd = tmp_path / "one" / "\udcff.png"
    index.put([IndexedPhoto(odd, STATE, reason="dark"), IndexedPhoto(tmp_path / "two" / "b.png", STATE)])
    assert index.states(tmp_path / "one", True) == {odd: STATE} and index.reasons(tmp_path) == {odd: "dark"}
    index.remove([odd])
    assert list(index.states(tmp_path, True)) == [tmp_path / "two" / "b.png"]


def test_a_damaged_index_is_answered_in_a_line(index, tmp_path):
    put(index, tmp_path, np.ones((2, 7), "f4"), [None] * 2)
    for damage, message in (
        ("UPDATE faces SET attributes = x'00'", "is damaged"),
        ("UPDATE about SET value = '{'", "is damaged"),
        ("DROP TABLE about", "no such table"),
    ):
        with sqlite3.connect(index.path) as connection:
            connection.execute(damage)
        connection.close()
        with pytest.raises(FaceganError, match=message):
            find(Index(index.path), description(index.attributes, {"glasses": "1"}), 1)
