"""How faces are scored, on vectors whose order is known."""

import os
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from facegan.attributes import Attributes
from facegan.errors import FaceganError
from facegan.photos.align import Alignment
from facegan.search.query import IDENTITY, Query, description, find
from facegan.search.store import Index, IndexedFace, IndexedPhoto

ABOUT = {"model": "0", "attribute_names": ["glasses", "hair"], "columns": list(Attributes(["glasses", "hair"]).columns)}
STATE = (1, 2)


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
    with pytest.raises(FaceganError, match="no faces;"):
        find(index, Query(IDENTITY, own[0]), 3)
    put(index, tmp_path, rows, [None] * 3)
    with pytest.raises(FaceganError, match="no descriptors"):
        find(index, Query(IDENTITY, own[0]), 3)
    put(index, tmp_path, rows, [own[1], None, 0.75 * own[0]])
    matches = find(index, Query(IDENTITY, own[0]), 3)
    assert [match.photo.name for match in matches] == ["2.png", "0.png"]
    assert [match.score for match in matches] == pytest.approx([0.75, 1 - np.sqrt(2)], abs=1e-5)


def test_a_photo_that_fails_to_be_written_leaves_the_index_as_it_was(index, tmp_path):
    good = IndexedPhoto(tmp_path / "a.png", STATE, reason="no face")
    with pytest.raises(FaceganError, match="cannot use"):
        index.put([good, IndexedPhoto(tmp_path / "b.png", (None, 1))])
    assert index.count() == (0, 0)


def test_photos_are_told_apart_by_their_folder_and_may_have_any_name(index, tmp_path):
    odd = tmp_path / "one" / "\udcff.png"
    index.put([IndexedPhoto(odd, STATE, reason="dark"), IndexedPhoto(tmp_path / "two" / "b.png", STATE)])
    assert index.states(tmp_path / "one", True) == {odd: STATE} and index.reasons(tmp_path) == {odd: "dark"}
    index.remove([odd])
    assert list(index.states(tmp_path, True)) == [tmp_path / "two" / "b.png"]


DAMAGE = {
    "a vector of another length": "UPDATE faces SET attributes = x'00'",
    "a vector that is not finite": "UPDATE faces SET attributes = x'" + 7 * "0000c07f" + "'",
    "a face larger than any photo": f"UPDATE faces SET alignment = x'{np.full(4, 1e300).tobytes().hex()}'",
    "no JSON": "UPDATE about SET value = '{'",
    "columns that are a number": "UPDATE about SET value = '7' WHERE name = 'columns'",
    "no attributes": "DELETE FROM about WHERE name = 'attribute_names'",
    "an unknown attribute": "UPDATE about SET value = '[\"nose\"]' WHERE name = 'attribute_names'",
    "another table": "CREATE TABLE more (a)",
    "a trigger": "CREATE TRIGGER surprise DELETE ON photos BEGIN DELETE FROM about; END",
    "a table less": "DROP TABLE about",
    "a face without a number": "UPDATE faces SET number = 0",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_index_is_answered_in_a_line(index, tmp_path, what):
    put(index, tmp_path, np.ones((2, 7), "f4"), [None] * 2)
    with sqlite3.connect(index.path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(DAMAGE[what])
    connection.close()
    with pytest.raises(FaceganError, match="is damaged; make a new index"):
        find(Index(index.path), description(index.attributes, {"glasses": "1"}), 1)


def test_a_search_sees_one_moment(index, tmp_path):
    """Another process removes photos only when the faces have been compared."""
    put(index, tmp_path, np.ones((2, 7), "f4"), [None] * 2)
    other = Index(index.path)
    with index.snapshot():
        numbers, _ = index.vectors("attributes")
        with closing(sqlite3.connect(index.path, timeout=0)) as connection:
            connection.execute("DELETE FROM photos")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                connection.commit()
        assert index.face(numbers[0])[0] == tmp_path / "0.png"
    other.remove([tmp_path / "0.png"])
    assert index.count() == (1, 1)


def test_what_is_no_file_is_no_index(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FaceganError, match="is a special file, not an index"):
        Index(tmp_path / "pipe")
