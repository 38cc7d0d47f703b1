"""Sheets and single files."""

import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import facegan
from facegan import inference
from facegan.attributes import Attributes
from facegan.edits import Edit
from facegan.errors import FaceganError
from facegan.files import unique_name
from facegan.images import open_image
from facegan.provenance import read_provenance
from facegan.rendering import edited_faces, generated_faces, output
from facegan.rendering.edited_faces import write_edited
from facegan.rendering.generated_faces import write_generated, write_walk
from facegan.rendering.output import Output, edited_names
from facegan.rendering.request import Request


def wish(text, source=""):
    return Edit.parse(Attributes(), text, source=source or "")


def to(path, command="test", **options):
    return Output(path, command, **options)


@pytest.fixture(scope="module")
def model(model_file):
    return facegan.load(model_file)


@pytest.fixture
def sheets(monkeypatch):
    """What is put on sheets: a list of `(arguments, keywords)`."""
    asked = []
    for module, name in ((generated_faces, "sheet"), (generated_faces, "labelled_grid"), (edited_faces, "sheet")):
        make = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, make=make, **k: asked.append((a, k)) or make(*a, **k))
    return asked


def test_a_labelled_sheet(model, sheets, tmp_path):
    out = tmp_path / "new" / "faces.png"
    assert write_generated(model, wish("female, glasses=1"), 5, 7, [], to(out)) == [out]
    assert open_image(out).size > (200, 200)
    (faces, labels), _ = sheets[0]
    assert len(faces) == 5 and all("female" in label and "glasses" in label for label in labels)
    assert all("hair" in label for label in labels), "what was drawn is said as well"


def test_one_row_a_face_and_one_column_a_step(model, sheets, tmp_path):
    write_generated(
        model, wish("glasses=1"), 3, 7, [wish("glasses=0"), wish("hair=black")], to(tmp_path / "steps.webp")
    )
    (rows,), words = sheets[0]
    assert [len(row) for row in rows] == [3, 3, 3]
    assert words["column_labels"] == ["generated", "then no glasses", "then black hair"]
    assert len(words["row_labels"]) == 3
    first = write_generated(model, wish("glasses=1"), 1, 7, [], to(tmp_path / "single"))[0]
    assert np.array_equal(Image.open(first), rows[0][0])


def test_every_step_is_made_from_the_generated_face(model, sheets, tmp_path):
    write_generated(model, wish("glasses=1"), 2, 7, [wish("glasses=0"), wish("glasses=1")], to(tmp_path / "steps.png"))
    (rows,), _ = sheets[0]
    # There and back again is the face itself, and not the face edited twice.
    for generated, _, back in rows:
        assert np.array_equal(generated, back)


def test_single_files(model, tmp_path):
    out = tmp_path / "a" / "b"
    paths = write_generated(model, wish(""), 2, 7, [wish("hair=black")], to(out))
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in paths)
    assert {path.name for path in paths} == {f"face-{n}-step-{step}.png" for n in (1, 2) for step in (0, 1)}
    assert {open_image(path).size for path in paths} == {(32, 32)}


def test_before_and_after(model, sheets, tmp_path):
    photos = [Image.new("RGB", (50, 40), colour) for colour in ("red", "blue")]
    out = tmp_path / "edited.jpg"
    paths = [Path("x/red.png"), Path("blue.bmp")]
    request = Request.strip(wish("glasses=1, hair=black"), (0.5,))
    assert write_edited(model, paths, photos, request, to(out)).files == [out]
    (rows, columns, labels), _ = sheets[0]
    assert [len(row) for row in rows] == [2, 2]
    assert rows[0][0].getpixel((0, 0)) == (255, 0, 0)
    assert columns == ["before", "glasses, black hair, strength 0.5"]
    assert labels == ["red.png", "blue.bmp"]


def test_files_of_the_same_name_do_not_overwrite_each_other(model, tmp_path):
    photos = [Image.new("RGB", (32, 32), "red")] * 3
    names = [Path("a/face.png"), Path("b/face.jpg"), Path("c/face-2.png")]
    paths = write_edited(model, names, photos, Request.strip(wish("glasses=1")), to(tmp_path)).files
    assert [path.name for path in paths] == ["face.png", "face-2.png", "face-2-2.png"]


def test_a_failure_takes_back_the_files_before_it(model, tmp_path, monkeypatch):
    out = tmp_path / "new" / "faces"
    save, left = output.save_image, [2]

    def failing(image, path, made):
        if not left[0]:
            raise FaceganError("cannot write: No space left on device")
        left[0] -= 1
        save(image, path, made)

    monkeypatch.setattr(output, "save_image", failing)
    with pytest.raises(FaceganError):
        write_generated(model, wish(""), 4, 7, [], to(out))
    assert not list(tmp_path.iterdir())


def test_places_to_write_to(tmp_path):
    (tmp_path / "v1.2").mkdir()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    for good in ("faces.png", "new.JPG", "new", "v1.2"):
        to(tmp_path / good)
    for bad in ("faces.gif", "faces.txt", "file", "folder.png"):
        with pytest.raises(FaceganError):
            to(tmp_path / bad)
    for moving in ("faces.gif", "faces.WEBP", "faces.png", "new"):
        to(tmp_path / moving, animated=True)


def test_a_strip_of_strengths(model, sheets, tmp_path):
    photos = [Image.new("RGB", (32, 32), "red"), Image.new("RGB", (32, 32), "blue")]
    strip = Request.strip(wish("glasses=1", "glasses=0"), (0.0, 0.5, 1.0))
    arguments = ([Path("a.png"), Path("b.png")], photos, strip)
    write_edited(model, *arguments, to(tmp_path / "strip.png"))
    (rows, columns, _), _ = sheets[0]
    assert columns == ["before", "glasses, strength 0", "glasses, strength 0.5", "glasses"]
    for before, none, half, whole in rows:
        change = [np.abs(np.subtract(before, image, dtype="int64")).sum() for image in (none, half, whole)]
        assert change[0] == 0 < change[1] < change[2]
    files = write_edited(model, *arguments, to(tmp_path / "files")).files
    assert [path.name for path in files[:3]] == ["a-strength-0.0.png", "b-strength-0.0.png", "a-strength-0.5.png"]
    assert np.array_equal(Image.open(files[-1]), rows[1][3])


@pytest.mark.parametrize("strengths", [(0, 1, 2), (0, 0.25, 0.5, 0.75, 1, 1.25), (0, 5, 10), (8.000001, 9, 10.5)])
def test_files_of_growing_strength_sort_in_their_order(strengths):
    (names,) = edited_names([Path("a.png")], [Edit(strength=strength) for strength in strengths])
    assert names == sorted(names)
    assert [float(name.removeprefix("a-strength-").removesuffix(".png")) for name in names] == list(strengths)


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_an_edit_grows_in_an_animation_and_shrinks_again(model, tmp_path, suffix):
    photo = Image.new("RGB", (32, 32), "red")
    out = tmp_path / "new" / f"growing{suffix}"
    growing = to(out, animated=True)
    strip = Request.strip(wish("glasses=1", "glasses=0"), (0.0, 1.0, 2.0))
    assert write_edited(model, [Path("a.png")], [photo], strip, growing).files == [out]
    with Image.open(out) as animation:
        assert (animation.n_frames, animation.info["loop"]) == (4, 0)
        frames = []
        for index in range(4):
            animation.seek(index)
            frames.append(np.asarray(animation.convert("RGB"), "int64"))
    away = [np.abs(frame - frames[0]).mean() for frame in frames]
    assert away[0] == 0 < away[1] < away[2] and away[3] == pytest.approx(away[1], abs=1)


def test_a_walk_begins_and_ends_at_faces_and_passes_between(model, tmp_path):
    faces = [np.asarray(face, "int64") for face in model.generate("glasses=1", count=3, seed=4)]
    frames = [np.asarray(frame, "int64") for frame in model.walk("glasses=1", count=3, seed=4, frames=4)]
    assert len(frames) == 9
    for index, face in zip((0, 4, 8), faces, strict=True):
        assert np.abs(frames[index] - face).max() <= 2
    steps = [np.abs(one - next).mean() for one, next in pairwise(frames)]
    assert 0 < max(steps) < np.abs(faces[0] - faces[1]).mean()
    out = tmp_path / "walk.webp"
    assert write_walk(model, wish("glasses=1"), 3, 4, to(out, animated=True)) == [out]
    with Image.open(out) as animation:
        assert animation.n_frames == 2 * (2 * 12 + 1) - 2 and animation.size == (32, 32)
    with pytest.raises(FaceganError, match="two faces"):
        write_walk(model, wish(""), 1, 4, to(out, animated=True))


def test_grids(model, sheets, tmp_path):
    photos = [Image.new("RGB", (32, 32), "red"), Image.new("RGB", (32, 32), "blue")]
    out = tmp_path / "grid.png"
    paths = [Path("a.png"), Path("b.png")]
    present = Edit(source={"hair": "blond", "glasses": "0"})
    grid = lambda names, edit: Request.grid(model.attributes, names, edit)
    assert write_edited(model, paths, photos, grid(["hair", "glasses"], present), to(out)).files == [out]
    (rows, columns, labels), _ = sheets[0]
    assert columns == ["before", "black hair", "blond hair", "brown hair", "gray hair"]
    assert labels == ["a.png no glasses", "a.png glasses", "b.png no glasses", "b.png glasses"]
    # The combination that the face has already changes nothing; all others do.
    same = [[np.array_equal(image, row[0]) for image in row[1:]] for row in rows]
    assert same == [[False, True, False, False], [False] * 4] * 2
    write_edited(model, paths[:1], photos[:1], grid(["age"], Edit()), to(out))
    assert sheets[1][0][1:] == (["before", "old", "young"], ["a.png"])
    with pytest.raises(FaceganError, match="did you mean 'hair'"):
        grid(["hairs"], Edit())


def test_a_face_that_surely_is_as_asked_is_left_so_and_that_is_said(model, tmp_path, monkeypatch):
    face = model.generate("", 1, seed=3)[0]
    taken = model.attributes_of([face])[0]["glasses"]
    other = {"0": "1", "1": "0"}[taken]

    def write(faces, text, source, force=False):
        paths = [Path(f"{n}.png") for n in range(len(faces))]
        request = Request.strip(replace(wish(text, source=source), force=force))
        written = write_edited(model, paths, faces, request, to(tmp_path / "files"))
        return written.files, written.remarks

    # Unless the probability is high enough, the edit is made.
    (path,), remarks = write([face], f"glasses={taken}", None)
    assert remarks == [] and not np.array_equal(Image.open(path), face)
    monkeypatch.setattr(inference, "MIN_CERTAINTY", 0.0)
    (path,), (remark,) = write([face], f"glasses={taken}", None)
    assert np.array_equal(Image.open(path), face)
    certainty = model.source_attributes([face], wish(f"glasses={taken}")).certainty["glasses"][0]
    assert remark == (
        f"the model predicts, with a probability of {certainty:.0%}, that the face already has glasses={taken}, and"
        " leaves it unchanged; --force edits it anyway"
    )
    (path,), remarks = write([face], f"glasses={taken}", None, force=True)
    assert remarks == [] and not np.array_equal(Image.open(path), face)
    (path,), remarks = write([face], f"glasses={taken}", f"glasses={other}")
    assert remarks == [] and not np.array_equal(Image.open(path), face)
    assert write([face], f"glasses={other}", None)[1] == []
    assert write([face, face], f"glasses={taken}", None)[1][0].endswith("--force edits them anyway")


# Nothing is written over that must stay


def test_earlier_results_are_replaced_and_other_files_are_not(model, tmp_path):
    out = tmp_path / "faces.png"

    def write(**options):
        return write_generated(model, wish(""), 1, 7, [], to(out, "generate", **options))

    write()
    write()
    Image.new("RGB", (8, 8)).save(out)
    with pytest.raises(FaceganError, match=r"faces.png: it exists; choose another --out, or add --overwrite"):
        write()
    assert open_image(out).size == (8, 8)
    write(overwrite=True)
    assert open_image(out).size != (8, 8)
    with pytest.raises(FaceganError, match="it exists"):
        to(out, "edit")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif"])
def test_a_command_knows_its_earlier_results_of_every_kind(tmp_path, name):
    images = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]

    def save(output):
        return (
            output.save_animation(images, {"set": "<&>"})
            if output.is_animation
            else output.save(images[0], {"set": "<&>"})
        )

    for animated in (name.endswith("gif"), name.endswith(("gif", "webp"))):
        save(to(tmp_path / name, "edit", animated=animated))
        assert read_provenance(tmp_path / name) == {"command": "edit", "set": "<&>"}
    with pytest.raises(FaceganError, match="it exists"):
        to(tmp_path / name, "generate", animated=name.endswith("gif"))


@pytest.mark.parametrize("overwrite", [False, True])
def test_inputs_are_never_replaced_under_any_name(tmp_path, overwrite):
    folder = tmp_path / "photos"
    folder.mkdir()
    photo = folder / "a.png"
    Image.new("RGB", (8, 8)).save(photo)
    os.link(photo, tmp_path / "hard.png")
    (tmp_path / "soft.png").symlink_to(photo)
    (tmp_path / "linked").symlink_to(folder)
    for name in ("photos/a.png", "hard.png", "soft.png", "linked/a.png", "photos/../photos/./a.png"):
        with pytest.raises(FaceganError, match=r"would replace .*a.png, which is an input"):
            to(tmp_path / name, inputs=[photo], overwrite=overwrite)
    with pytest.raises(FaceganError, match="which is an input"):
        to(f"{folder}/", inputs=[photo], overwrite=overwrite).check_files(["b.png", "a.png"])


def test_files_of_a_folder_are_checked_before_any_is_written(model, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "face-2.png")
    with pytest.raises(FaceganError, match=r"face-2.png: it exists"):
        write_generated(model, wish(""), 2, 7, [], to(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["face-2.png"]


def test_a_name_with_a_slash_at_its_end_is_a_folder(tmp_path):
    assert to(f"{tmp_path}/J.Smith/").is_folder and to(f"{tmp_path}/a.png/").is_folder
    with pytest.raises(FaceganError, match="ends with a slash"):
        to(tmp_path / "J.Smith")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(FaceganError, match="no permission"):
        to(tmp_path / "new" / "a.png")
    tmp_path.chmod(0o700)


def test_names_that_file_systems_confuse_are_told_apart():
    taken = set()
    names = [unique_name(stem, taken) for stem in ("jos\u00e9", "jose\u0301", "JOS\u00c9", "a-2", "a", "A")]
    assert names == ["jos\u00e9", "jose\u0301-2", "JOS\u00c9-3", "a-2", "a", "A-3"]
    assert edited_names([Path("x/a.jpg"), Path("y/a.png")], [Edit(strength=0.5), Edit(strength=1)]) == [
        ["a-strength-0.5.png", "a-strength-1.0.png"],
        ["a-2-strength-0.5.png", "a-2-strength-1.0.png"],
    ]


def test_a_pipe_has_no_provenance(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(FaceganError, match="not a regular file"):
        read_provenance(tmp_path / "a.png")
