"""Which faces of a photo are edited, and what becomes of the photo."""

import numpy as np
import pytest
from PIL import Image

import facegan
from facegan.data.drawn import draw, face_at
from facegan.errors import FaceganError
from facegan.photos.align import Alignment, is_aligned
from facegan.photos.blend import blend_edit
from facegan.photos.photo import blend_faces, select_faces, select_faces_in_each


def pixels(picture):
    return np.asarray(picture, "int16")


def inverted(picture):
    return Image.fromarray(255 - np.asarray(picture))


def test_an_unchanged_face_leaves_the_photo_bit_identical(astronaut):
    faces, count = select_faces(astronaut, 64)
    assert count == len(faces) == 1 and faces[0].crop.size == (64, 64)
    assert (pixels(blend_faces(astronaut, faces, [faces[0].crop])) == pixels(astronaut)).all()


def test_only_the_crop_changes_and_fades_towards_its_edge(astronaut):
    faces, _ = select_faces(astronaut, 64)
    changed = pixels(blend_faces(astronaut, faces, [inverted(faces[0].crop)])) - pixels(astronaut)
    left, top, right, bottom = faces[0].alignment.bounding_box()
    inside = np.zeros(astronaut.size[::-1], bool)
    inside[top:bottom, left:right] = True
    assert (changed[~inside] == 0).all()
    assert np.abs(changed[top + 60 : bottom - 60, left + 60 : right - 60]).mean() > 20
    assert np.abs(changed[top, left:right]).max() <= 2


@pytest.mark.parametrize("angle", [0, 30, 120])
def test_a_change_lands_where_it_was_made(angle):
    """A spot in the crop, at a place that no symmetry would hide."""
    side = 100.0
    alignment = Alignment(side * np.cos(np.radians(angle)), side * np.sin(np.radians(angle)), 150, 150)
    before = Image.new("RGB", (64, 64), (100, 100, 100))
    after = before.copy()
    after.paste((200, 60, 100), (40, 16, 48, 24))
    photo = Image.new("RGB", (300, 300), (120, 130, 140))
    change = pixels(blend_edit(photo, alignment, before, after)) - pixels(photo)
    weight = np.abs(change).sum(axis=2)
    y, x = np.indices(weight.shape) + 0.5
    spot = [(weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()]
    assert spot == pytest.approx(alignment.to_photo([(44 / 64, 20 / 64)])[0], abs=0.6)
    strongest = change.reshape(-1, 3)[weight.argmax()]
    assert strongest[0] > 80 and strongest[1] < -30 and strongest[2] == 0


def interior(face):
    left, top, right, bottom = face.alignment.bounding_box()
    fading = round(0.15 * (right - left))
    return np.s_[top + fading : bottom - fading, left + fading : right - fading]


@pytest.fixture
def grainy(astronaut):
    """The astronaut at twice the size, with grain that a crop of 64 pixels does not show."""
    photo = astronaut.resize((1024, 1024), Image.Resampling.LANCZOS)
    grain = np.random.default_rng(0).normal(0, 12, (1024, 1024, 1))
    return Image.fromarray(np.clip(pixels(photo) + grain, 0, 255).astype("uint8"))


@pytest.mark.parametrize(
    ("edit", "remaining"),
    [(lambda crop: crop // 3, 1 / 3), (lambda crop: crop // 2 + 100, 1 / 2), (lambda crop: 0 * crop + 90, 0)],
)
def test_grain_fades_with_the_contrast_of_the_face(grainy, edit, remaining):
    """As if the edit had been made at the photo's size; something that covers the face leaves no grain at all."""
    (face,), _ = select_faces(grainy, 64)
    edited = blend_edit(grainy, face.alignment, face.crop, Image.fromarray(edit(np.asarray(face.crop))))
    inside = interior(face)

    def grain(photo):
        values = pixels(photo)[inside]
        return np.std(values[1:, 1:] - values[1:, :-1] - values[:-1, 1:] + values[:-1, :-1])

    assert grain(edited) / grain(grainy) == pytest.approx(remaining, abs=0.15)


def test_a_face_that_leaves_the_photo_is_put_back_as_far_as_it_is_in_it(astronaut):
    cut = astronaut.crop((0, 60, 230, 400))
    before = Image.new("RGB", (64, 64), (100, 100, 100))
    result = blend_edit(cut, Alignment(180, 0, 130, -45), before, inverted(before))
    assert result.size == cut.size and (pixels(result) != pixels(cut)).any()
    outside = blend_edit(cut, Alignment(100, 0, 500, 500), before, inverted(before))
    assert (pixels(outside) == pixels(cut)).all()


def two_faces(astronaut):
    portrait = astronaut.crop((80, 0, 380, 280))
    wide = Image.new("RGB", (550, 280))
    wide.paste(portrait.resize((200, 187)), (0, 0))
    wide.paste(portrait, (250, 0))
    return wide


def test_which_of_several_faces(astronaut):
    wide = two_faces(astronaut)

    def places(which):
        return [face.alignment.left > 225 for face in select_faces(wide, 64, which)[0]]

    assert places(None) == [True] and places(1) == [True] and places(2) == [False]
    assert places("all") == [True, False]
    assert [face.number for face in select_faces(wide, 64, "all")[0]] == [1, 2]
    with pytest.raises(FaceganError, match="no face 3 in the photo: 2 found"):
        select_faces(wide, 64, 3)


def test_a_face_too_small_for_the_model_says_its_size_and_what_is_needed(astronaut):
    wide = two_faces(astronaut)
    with pytest.raises(FaceganError, match=r"face 2 in holiday\.jpg is 59 pixels wide; this model needs 63"):
        select_faces(wide, 256, 2, "holiday.jpg")
    assert len(select_faces(wide, 256, "all")[0]) == 1


def test_no_face(astronaut):
    with pytest.raises(FaceganError, match=r"no face found in sky\.jpg \(512x200 pixels\).*--aligned"):
        select_faces(astronaut.crop((0, 312, 512, 512)), 64, name="sky.jpg")


@pytest.mark.parametrize("size", [32, 64, 128, 256, 257, 700])
def test_aligned_faces_are_recognised_whatever_their_size(size):
    assert all(is_aligned(draw(face_at(0, index), min(size, 256)).resize((size, size))) for index in range(8))


@pytest.mark.parametrize("side", [64, 178, 250, 256, 257])
def test_photos_are_recognised_whatever_their_size(astronaut, side):
    """Squares with a face somewhere, as Labeled Faces in the Wild has them, and with none."""
    (face,), _ = select_faces(astronaut, 32)
    for x, y, scale in ((0, 0, 1.6), (0.15, 0, 1), (0, 0.15, 1), (0, 0, 0.7)):
        corner = face.alignment.to_photo([(0.5 + x - scale / 2, 0.5 + y - scale / 2)])[0]
        place = Alignment(scale * face.alignment.across, scale * face.alignment.down, *corner)
        assert not is_aligned(place.crop(astronaut, side))
    assert is_aligned(face.alignment.crop(astronaut, side))
    for part in ((0, 0, 100, 100), (300, 300, 500, 500)):
        assert not is_aligned(astronaut.crop(part).resize((side, side)))
    assert not is_aligned(Image.new("RGB", (side, side), "white"))


def test_a_photo_keeps_its_sides():
    face = draw(face_at(0, 3), 178)
    wide, celeba = Image.new("RGB", (300, 178), "blue"), Image.new("RGB", (178, 218), "blue")
    wide.paste(face, (61, 0))
    celeba.paste(face, (0, 33))
    assert is_aligned(face) and is_aligned(celeba) and not is_aligned(wide)


def test_the_user_decides_what_is_aligned(astronaut):
    (whole,), _ = select_faces(astronaut, 64, aligned=True)
    assert whole.alignment.side == 512
    (face,), _ = select_faces(astronaut, 64)
    aligned = face.alignment.crop(astronaut, 256)
    ((assumed,), _), ((found,), _) = select_faces(aligned, 64), select_faces(aligned, 64, aligned=False)
    assert assumed.alignment.side == 256 and found.alignment.side != 256
    assert found.alignment.side == pytest.approx(256, rel=0.05)


def test_what_is_too_small_or_was_ignored_is_said(astronaut, tmp_path):
    photo = two_faces(astronaut).convert("RGBA")
    photo.putpixel((0, 0), (0, 0, 0, 0))
    photo.save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("no image")
    found, broken = select_faces_in_each([tmp_path / "a.png", tmp_path / "b.png"], 256, "all")
    assert (found.count, found.too_small) == (2, 1)
    small = f"{tmp_path / 'a.png'}: 1 of 2 faces are too small and were left out"
    assert found.remarks(transparent=True) == [small]
    assert found.remarks(transparent=False) == [f"{tmp_path / 'a.png'}: its transparency became white", small]
    assert "not an image" in str(broken.error) and broken.remarks(False) == []


def test_celebas_aligned_photos_are_cut_as_the_training_data_is():
    photo = Image.new("RGB", (178, 218))
    photo.paste((250, 0, 0), (0, 33, 178, 211))
    (face,), _ = select_faces(photo, 64, aligned=True)
    assert (pixels(face.crop) == (250, 0, 0)).all()
    assert tuple(face.alignment.bounding_box()) == (0, 33, 178, 211)


def test_a_model_edits_a_photo(astronaut, model_file):
    model = facegan.load(model_file)
    asked = {"attributes": "hair=black", "source": "hair=blond", "strength": 2.0}
    edited = model.edit_photo(astronaut, **asked)
    (face,), _ = select_faces(astronaut, 32)
    expected = blend_edit(astronaut, face.alignment, face.crop, model.edit(face.crop, **asked))
    assert edited.size == astronaut.size and (pixels(edited) == pixels(expected)).all()
    assert (pixels(edited) != pixels(astronaut)).any()
    with pytest.raises(FaceganError, match="no face 2"):
        model.edit_photo(astronaut, **asked, which=2)
