"""Near-duplicates are found, and never train if their twin is held out."""

import csv

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from facegan.data import prepare as module
from facegan.data.duplicates import near_duplicates, thumbnails, to_leave_out
from facegan.data.joined import join_sources
from facegan.data.prepare import prepare
from facegan.data.source import open_source

COUNT = 30


def altered(face):
    """The same photo as another data set may have it: cropped a little tighter, soft, brighter and compressed."""
    soft = face.crop((2, 1, 126, 125)).resize((64, 64)).resize((128, 128))
    return ImageEnhance.Brightness(soft).enhance(1.15)


def array(faces):
    return np.stack([np.asarray(face) for face in faces])


def test_altered_copies_are_found_and_nothing_else(photo):
    originals = [photo(0, index) for index in range(COUNT)]
    others = [photo(1, index) for index in range(COUNT)]
    others[3], others[20] = altered(originals[5]), altered(originals[0])
    groups = np.repeat([0, 1], COUNT)
    pairs = near_duplicates(thumbnails(array(originals + others)), groups)
    assert pairs.tolist() == [[0, COUNT + 20], [5, COUNT + 3]]
    assert not len(near_duplicates(thumbnails(array(originals + others)), np.zeros(2 * COUNT)))


@pytest.mark.parametrize(
    "splits, left_out",
    [
        ((0, 0, 0), [1]),
        ((2, 0, 0), [1, 2]),
        ((0, 2, 2), [1, 2]),
        ((1, 1, 1), [1]),
        ((1, 0, 1), [1]),
        ((2, 2, 0), [1, 2]),
    ],
)
def test_the_first_source_keeps_its_faces_and_its_people_stay_in_their_split(splits, left_out):
    """Face 0 is of the first source; face 1, its duplicate, and face 2 are of one person in the second."""
    sources = np.array([0, 1, 1])
    found = to_leave_out(np.array([[0, 1]]), sources, np.array(splits), sources, ["a", "b", "c"])
    assert [index for index, _ in found] == left_out


@pytest.mark.parametrize("splits, left_out", [((0, 2), [0]), ((2, 0), [1]), ((1, 2), [0])])
def test_held_out_faces_are_kept_within_a_source(splits, left_out):
    people = np.array([0, 1])
    found = to_leave_out(np.array([[0, 1]]), np.zeros(2, int), np.array(splits, "uint8"), people, ["a", "b"])
    assert [index for index, _ in found] == left_out


def folder(root, faces, split):
    root.mkdir()
    lines = ["file,Smiling,identity,partition"]
    for index, face in enumerate(faces):
        face.save(root / f"{index}.png")
        lines.append(f"{index}.png,1,p{index // 2},{split(index)}")
    (root / "labels.csv").write_text("\n".join(lines))
    return open_source(root)


@pytest.fixture
def joined(photo, tmp_path):
    """A source whose first two faces are held out, and one with copies of one of them and of a training face."""
    originals = [photo(0, index) for index in range(8)]
    others = [photo(1, index) for index in range(8)]
    others[2], others[6] = altered(originals[1]), altered(originals[5])
    first = folder(tmp_path / "first", originals, lambda index: "test" if index < 2 else "train")
    return join_sources([first, folder(tmp_path / "second", others, lambda index: "train")])


def test_duplicates_are_left_out_and_listed(joined, tmp_path):
    faces = prepare(joined, tmp_path / "out", 64, workers=1)
    with open(tmp_path / "out" / "left_out.csv", newline="") as file:
        assert list(csv.reader(file))[1:] == [
            ["second/2.png", "near-duplicate of first/1.png"],
            ["second/3.png", "same person as first/1.png, who is in another split"],
            ["second/6.png", "near-duplicate of first/5.png"],
        ]
    assert len(faces) == 13 and len(faces.split("test")) == 2
    for row, name in enumerate(faces.names):
        with Image.open(tmp_path / name) as picture:
            assert (faces.faces[row] == np.asarray(picture.convert("RGB").resize((64, 64), 1))).all()
        assert faces.origins[row] == name.startswith("second")


@pytest.mark.parametrize("moment", ["_leave_out_duplicates", "_close_gaps", "split", "_write_json"])
def test_stopped_while_finishing_a_join(moment, joined, tmp_path, monkeypatch):
    prepare(joined, tmp_path / "whole", 64, workers=1)
    with monkeypatch.context() as patch:
        real = getattr(module, moment)

        def stopping(*arguments):
            result = real(*arguments)
            if moment != "_write_json" or arguments[0].name == "prepared.json":
                raise KeyboardInterrupt
            return result

        patch.setattr(module, moment, stopping)
        with pytest.raises(KeyboardInterrupt):
            prepare(joined, tmp_path / "out", 64, workers=1)
    prepare(joined, tmp_path / "out", 64, workers=1)
    contents = [{file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("out", "whole")]
    assert contents[0] == contents[1]
