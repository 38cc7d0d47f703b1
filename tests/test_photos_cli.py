"""A photo in, a photo out: `facegan edit` and `facegan align` on pictures that are no aligned faces."""

import json

import numpy as np
import pytest
from PIL import Image

from facegan.images import open_image
from facegan.photos.photo import select_faces
from facegan.provenance import read_provenance


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A portrait, two people in one photo, and one without anybody."""
    from skimage.data import astronaut, coffee

    folder = tmp_path_factory.mktemp("photos")
    # Small, because looking for faces takes its time.
    portrait = Image.fromarray(astronaut()).crop((80, 0, 380, 280))
    portrait.save(folder / "portrait.png")
    two = Image.new("RGB", (550, 280))
    two.paste(portrait.resize((200, 187)), (0, 0))
    two.paste(portrait, (250, 0))
    two.save(folder / "two.png")
    Image.fromarray(coffee()).resize((300, 200)).save(folder / "coffee.jpg")
    return folder


@pytest.fixture
def edit(facegan, model_file):
    # The model has learnt nothing; what it took the face to be might be what is asked for.
    asked = ("--set", "hair=black", "--from", "hair=blond", "--strength", 2, "--model", model_file)
    return lambda *arguments: facegan("edit", *arguments, *asked)


def pixels(path):
    return np.asarray(open_image(path), "int16")


def changed_places(before, after):
    return (pixels(before) != pixels(after)).any(axis=2)


def test_the_photo_comes_back_with_nothing_but_the_face_changed(edit, photos, tmp_path):
    out = tmp_path / "edited.png"
    assert edit(photos / "portrait.png", "--out", out) == (0, f"{out}\n", "")
    changed = changed_places(photos / "portrait.png", out)
    (face,), _ = select_faces(open_image(photos / "portrait.png"), 32)
    left, top, right, bottom = face.alignment.bounding_box()
    assert changed[top:bottom, left:right].mean() > 0.3
    changed[top:bottom, left:right] = False
    assert not changed.any()
    made = read_provenance(out)
    assert made["set"] == "hair=black" and made["faces"] == [[left, top, right, bottom]]


def test_one_face_of_two_and_both(edit, photos, tmp_path):
    def halves(path):
        return [half.any() for half in np.split(changed_places(photos / "two.png", path), [225], axis=1)]

    out = tmp_path / "edited.png"
    code, _, err = edit(photos / "two.png", "--out", out)
    assert code == 0 and halves(out) == [False, True]
    assert "2 faces; the largest was edited (--face 2 selects the next, --face all selects all)" in err
    assert edit(photos / "two.png", "--face", 2, "--out", out)[::2] == (0, "") and halves(out) == [True, False]
    assert edit(photos / "two.png", "--face", "all", "--out", out)[::2] == (0, "") and halves(out) == [True, True]
    code, printed, err = edit(photos / "two.png", "--face", 3, "--out", out)
    assert (code, printed) == (2, "") and "there is no face 3 in" in err and "2 found" in err
    assert (
        "number|all" in edit(photos / "two.png", "--face", "left")[2] or edit(photos / "two.png", "--face", 0)[0] == 2
    )


def test_before_beside_after(edit, photos, tmp_path):
    out = tmp_path / "edited.png"
    assert edit(photos / "portrait.png", "--compare", "--out", out)[0] == 0
    both = pixels(out)
    assert both.shape == (280, 2 * 300 + 2, 3)
    assert (both[:, :300] == pixels(photos / "portrait.png")).all() and (both[:, -300:] != both[:, :300]).any()


def test_aligned_faces_have_no_second_face_and_are_compared_as_it_is(edit, drawn_faces, tmp_path):
    Image.fromarray(drawn_faces.faces[0]).save(tmp_path / "face.png")
    for option in (("--face", 2), ("--compare",)):
        code, printed, err = edit(tmp_path / "face.png", *option, "--out", tmp_path / "out.png")
        assert (code, printed) == (2, "") and "are for photos, but" in err and "shows before and after" in err
    assert not (tmp_path / "out.png").exists()


def test_faces_alone(edit, photos, tmp_path):
    code, printed, err = edit(photos, "--faces-only", "--face", "all", "--out", tmp_path / "faces")
    assert code == 3 and len(printed.splitlines()) == 3
    assert "no face found in" in err and "coffee.jpg" in err
    assert {open_image(path).size for path in (tmp_path / "faces").iterdir()} == {(32, 32)}


def test_a_folder_of_photos(edit, photos, tmp_path):
    code, printed, err = edit(photos, "--out", tmp_path / "edited")
    assert code == 3 and "coffee.jpg" in err
    written = {path.name: open_image(path).size for path in (tmp_path / "edited").iterdir()}
    assert written == {"portrait.png": (300, 280), "two.png": (550, 280)}
    assert len(printed.splitlines()) == 2
    code, printed, err = edit(photos, "--out", tmp_path / "one.png")
    assert (code, printed) == (2, "") and "can hold one photo, but there are 3; name a folder" in err


def test_no_face_at_all(edit, photos, tmp_path):
    code, printed, err = edit(photos / "coffee.jpg", "--out", tmp_path / "a.png")
    assert (code, printed) == (2, "") and err.startswith("facegan: no face found in")
    assert "300x200 pixels" in err and "--aligned" in err
    assert edit(photos / "coffee.jpg", "--aligned", "--out", tmp_path / "a.png")[0] == 0


def test_strengths_of_a_photo(facegan, model_file, photos, tmp_path):
    wish = ("--set", "glasses=1", "--from", "glasses=0", "--strength", "0:2:1")
    asked = ("edit", photos / "portrait.png", *wish, "--model", model_file, "--out")
    assert facegan(*asked, tmp_path / "strip.png")[0] == 0
    assert open_image(tmp_path / "strip.png").width > 3 * 300
    assert facegan(*asked, tmp_path / "growing.gif")[0] == 0
    with Image.open(tmp_path / "growing.gif") as animation:
        assert animation.n_frames == 4 and animation.size == (300, 280)
    assert facegan(*asked, tmp_path / "files")[0] == 0
    names = sorted(path.name for path in (tmp_path / "files").iterdir())
    assert names == [f"portrait-strength-{strength}.png" for strength in (0, 1, 2)]
    assert not changed_places(photos / "portrait.png", tmp_path / "files" / names[0]).any()


def test_align_makes_training_data_of_photos(facegan, photos, tmp_path):
    out = tmp_path / "faces"
    code, printed, err = facegan("align", photos, out, "--size", 64)
    assert (code, printed) == (3, f"{out}: 3 faces of 64x64 from 3 photos, 1 without a face\n")
    assert "no face found in" in err
    names = sorted(path.name for path in out.iterdir())
    assert names == ["portrait.png", "two-2.png", "two.png"]
    (out / "labels.csv").write_text("file,glasses\n" + "".join(f"{name},0\n" for name in names))
    code, printed, _ = facegan("prepare", out, tmp_path / "data", "--size", 32)
    assert code == 0 and "3 faces of 32x32" in printed
    assert json.loads((tmp_path / "data" / "prepared.json").read_text())


def test_align_of_a_single_photo_and_of_none(facegan, photos, tmp_path):
    code, printed, _ = facegan("align", photos / "two.png", tmp_path / "one", "--face", 1)
    assert code == 0 and "1 faces of 256x256 from 1 photos" in printed
    code, printed, err = facegan("align", photos / "coffee.jpg", tmp_path / "none")
    assert (code, printed) == (2, "") and "no usable face in" in err and not (tmp_path / "none").exists()
    code, _, err = facegan("align", photos, photos / "coffee.jpg")
    assert code == 2 and "is not a folder" in err


# Nothing is dropped without a word


def test_a_damaged_picture_leaves_the_others_their_turn(facegan, edit, drawn_faces, photos, tmp_path):
    """Whatever its name: first, between and last."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    for name in ("b", "d"):
        Image.fromarray(drawn_faces.faces[0]).save(folder / f"{name}.png")
    for name in ("a", "c", "e"):
        (folder / f"{name}.png").write_text("no image")
    code, printed, err = edit(folder, "--out", tmp_path / "faces/", "--json")
    report = json.loads(printed)
    assert code == 3 and [path[-5:] for path in report["files"]] == ["b.png", "d.png"]
    assert [(entry["file"][-5:], entry["reason"][:11]) for entry in report["left_out"]] == [
        (f"{name}.png", "cannot read") for name in "ace"
    ]
    assert err.count("not an image") == 3 and "positions of the eyes" in err and "of the eyes" in report["remarks"][0]
    (folder / "f.png").write_bytes((photos / "portrait.png").read_bytes())
    code, printed, err = edit(folder, "--out", tmp_path / "photos/", "--no-aligned")
    assert code == 3 and len(printed.splitlines()) >= 1 and err.count("not an image") == 3
    code, printed, _ = facegan("align", folder, tmp_path / "aligned", "--size", 32, "--json")
    assert code == 3 and len(json.loads(printed)["left_out"]) >= 3


def test_aligned_or_not_is_said_and_can_be_contradicted(edit, photos, tmp_path):
    portrait = open_image(photos / "portrait.png")
    (face,), _ = select_faces(portrait, 32)
    for size in (200, 256, 257, 400):
        face.alignment.crop(portrait, size).save(tmp_path / "face.png")
        code, _, err = edit(tmp_path / "face.png", "--out", tmp_path / "a.png")
        assert code == 0 and "the image is an aligned face, judging by the positions of the eyes" in err
        assert open_image(tmp_path / "a.png").width < 600, "a sheet"
        code, _, err = edit(tmp_path / "face.png", "--no-aligned", "--out", tmp_path / "a.png")
        assert (code, err) == (0, "") and open_image(tmp_path / "a.png").size == (size, size)
    assert edit(photos / "portrait.png", "--aligned", "--out", tmp_path / "a.png")[::2] == (0, "")


def test_aligned_faces_among_photos_are_photos_too(edit, drawn_faces, photos, tmp_path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    Image.fromarray(drawn_faces.faces[0]).resize((64, 64)).save(folder / "a.png")
    (folder / "b.png").write_bytes((photos / "portrait.png").read_bytes())
    code, _, err = edit(folder, "--out", tmp_path / "edited/")
    assert code == 0 and "b.png is not an aligned face, but others are: all are treated as photos" in err
    sizes = {path.name: open_image(path).size for path in (tmp_path / "edited").iterdir()}
    assert sizes == {"a.png": (64, 64), "b.png": (300, 280)}


def test_faces_that_are_too_small_are_said(facegan, photos, tmp_path):
    code, _, err = facegan("align", photos / "two.png", tmp_path / "faces", "--size", 256)
    assert code == 0 and "two.png: 1 of 2 faces are too small and were left out" in err


def test_photos_are_never_overwritten(facegan, edit, photos, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "portrait.png").write_bytes((photos / "portrait.png").read_bytes())
    before = (folder / "portrait.png").read_bytes()
    for options in ((), ("--overwrite",)):
        code, printed, err = edit(folder, "--out", folder, *options)
        assert (code, printed) == (2, "") and "would replace" in err and err.count("\n") == 1
        code, printed, err = facegan("align", folder, folder, *options)
        assert (code, printed) == (2, "") and "would replace" in err
    assert (folder / "portrait.png").read_bytes() == before and len(list(folder.iterdir())) == 1
    (tmp_path / "mine.png").write_bytes(before)
    code, _, err = edit(folder / "portrait.png", "--out", tmp_path / "mine.png")
    assert code == 2 and "it exists" in err and (tmp_path / "mine.png").read_bytes() == before
    assert edit(folder / "portrait.png", "--out", tmp_path / "mine.png", "--overwrite")[0] == 0
    assert edit(folder / "portrait.png", "--out", tmp_path / "mine.png")[0] == 0, "its own earlier result"


def test_a_cut_out_comes_back_cut_out(edit, photos, tmp_path):
    portrait = Image.open(photos / "portrait.png").convert("RGBA")
    alpha = np.full((280, 300), 255, "uint8")
    alpha[:, :40] = np.arange(40)
    portrait.putalpha(Image.fromarray(alpha))
    portrait.save(tmp_path / "cutout.png")
    for name, kept in (("a.png", True), ("b.webp", True), ("c.jpg", False), ("folder/", True)):
        code, printed, err = edit(tmp_path / "cutout.png", "--out", f"{tmp_path}/{name}")
        assert code == 0 and ("transparency became white" in err) != kept
        with Image.open(printed.strip()) as image:
            assert (image.mode == "RGBA") == kept
            assert not kept or np.array_equal(np.asarray(image)[..., 3], alpha)


def test_a_folder_with_a_dot_and_names_of_any_kind(edit, photos, tmp_path):
    name = "jos\u00e9 \u5f20\u4e09 100%.v2.png"
    (tmp_path / name).write_bytes((photos / "portrait.png").read_bytes())
    code, printed, _ = edit(tmp_path / name, "--out", f"{tmp_path}/J.Smith/")
    assert (code, printed) == (0, f"{tmp_path / 'J.Smith' / name}\n")
