"""Sheets and single files."""

import numpy as np
import pytest
from PIL import Image

import facegan
from facegan import pictures
from facegan.errors import FaceganError
from facegan.pictures import check_output, write_edited, write_generated


@pytest.fixture(scope="module")
def model(model_file):
    return facegan.load(model_file)


@pytest.fixture
def sheets(monkeypatch):
    """What is put on sheets: a list of `(arguments, keywords)`."""
    asked = []
    for name in ("sheet", "labelled"):
        make = getattr(pictures, name)
        monkeypatch.setattr(pictures, name, lambda *a, make=make, **k: asked.append((a, k)) or make(*a, **k))
    return asked


def test_a_labelled_sheet(model, sheets, tmp_path):
    out = tmp_path / "new" / "faces.png"
    assert write_generated(model, "female, glasses=1", 5, 7, [], out) == [out]
    assert Image.open(out).size > (200, 200)
    (faces, labels), _ = sheets[0]
    assert len(faces) == 5 and all("female" in label and "glasses" in label for label in labels)
    assert all("hair" in label for label in labels), "what was drawn is said as well"


def test_one_row_a_face_and_one_column_a_step(model, sheets, tmp_path):
    write_generated(model, "glasses=1", 3, 7, ["glasses=0", "hair=black"], tmp_path / "steps.webp")
    (rows,), words = sheets[0]
    assert [len(row) for row in rows] == [3, 3, 3]
    assert words["column_labels"] == ["generated", "then no glasses", "then black hair"]
    assert len(words["row_labels"]) == 3
    first = write_generated(model, "glasses=1", 1, 7, [], tmp_path / "single")[0]
    assert np.array_equal(Image.open(first), rows[0][0])


def test_every_step_is_made_from_the_generated_face(model, sheets, tmp_path):
    write_generated(model, "glasses=1", 2, 7, ["glasses=0", "glasses=1"], tmp_path / "steps.png")
    (rows,), _ = sheets[0]
    # There and back again is the face itself, and not the face edited twice.
    for generated, _, back in rows:
        assert np.array_equal(generated, back)


def test_single_files(model, tmp_path):
    out = tmp_path / "a" / "b"
    paths = write_generated(model, "", 2, 7, ["hair=black"], out)
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in paths)
    assert {path.name for path in paths} == {f"face-{n}{step}.png" for n in (1, 2) for step in ("", "-step-1")}
    assert {Image.open(path).size for path in paths} == {(32, 32)}


def test_before_and_after(model, sheets, tmp_path):
    photos = [Image.new("RGB", (50, 40), colour) for colour in ("red", "blue")]
    out = tmp_path / "edited.jpg"
    assert write_edited(model, ["x/red.png", "blue.bmp"], photos, "glasses=1, hair=black", 0.5, None, out) == [out]
    (rows,), words = sheets[0]
    assert [len(row) for row in rows] == [2, 2]
    assert rows[0][0].getpixel((0, 0)) == (255, 0, 0)
    assert words["column_labels"] == ["before", "glasses, black hair, strength 0.5"]
    assert words["row_labels"] == ["red.png", "blue.bmp"]


def test_files_of_the_same_name_do_not_overwrite_each_other(model, tmp_path):
    photos = [Image.new("RGB", (32, 32), "red")] * 3
    paths = write_edited(model, ["a/face.png", "b/face.jpg", "c/face-2.png"], photos, "glasses=1", 1, None, tmp_path)
    assert [path.name for path in paths] == ["face.png", "face-2.png", "face-2-2.png"]


def test_a_failure_takes_back_the_files_before_it(model, tmp_path, monkeypatch):
    out = tmp_path / "new" / "faces"
    save, left = pictures.save_image, [2]

    def failing(image, path, made):
        if not left[0]:
            raise FaceganError("cannot write: No space left on device")
        left[0] -= 1
        save(image, path, made)

    monkeypatch.setattr(pictures, "save_image", failing)
    with pytest.raises(FaceganError):
        write_generated(model, "", 4, 7, [], out)
    assert not list(tmp_path.iterdir())


def test_an_edit_without_a_wish(model, tmp_path):
    with pytest.raises(FaceganError, match="without a wish"):
        write_generated(model, "", 1, 7, [" "], tmp_path / "faces.png")
    with pytest.raises(FaceganError, match="without a wish"):
        write_edited(model, [], [], "", 1, None, tmp_path / "faces.png")


def test_places_to_write_to(tmp_path):
    (tmp_path / "v1.2").mkdir()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    for good in ("faces.png", "new.JPG", "new", "v1.2"):
        check_output(tmp_path / good)
    for bad in ("faces.gif", "faces.txt", "file", "folder.png"):
        with pytest.raises(FaceganError):
            check_output(tmp_path / bad)
