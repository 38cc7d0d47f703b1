"""CelebA's layouts, faked with drawn faces."""

import pickle
import zipfile

import numpy as np
import pytest
from PIL import Image

from facegan.data.drawn import COLUMNS, draw, face_at
from facegan.data.source import open_source
from facegan.errors import FaceganError
from facegan.standard_attributes import CELEBA_COLUMNS

COUNT = 6
NAMES = [f"{1 + 3 * index:06d}.jpg" for index in range(COUNT)]  # with gaps, as the small sets have


def table():
    labels = np.zeros((COUNT, 40), "uint8")
    for index in range(COUNT):
        labels[index, [CELEBA_COLUMNS.index(column) for column in COLUMNS]] = face_at(0, index).labels
    return labels


def write_pictures(folder, tall=True):
    """Faces of 178 x 178, or those with 33 rows above and 7 below, as CelebA's."""
    folder.mkdir(parents=True)
    for index, name in enumerate(NAMES):
        face = draw(face_at(0, index), 178)
        if tall:
            whole = Image.new("RGB", (178, 218), "red")
            whole.paste(face, (0, 33))
            face = whole
        face.save(folder / name, quality=95)


def write_txt(path, names=NAMES):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        f"{name}  " + "  ".join("1" if bit else "-1" for bit in bits) for name, bits in zip(names, table(), strict=True)
    ]
    path.write_text(f"{len(rows)}\n" + " ".join(CELEBA_COLUMNS) + " \n" + "\n".join(rows) + "\n")


def write_csv(path):
    rows = [
        ",".join([name, *("1" if bit else "-1" for bit in bits)]) for name, bits in zip(NAMES, table(), strict=True)
    ]
    path.write_text("image_id," + ",".join(CELEBA_COLUMNS) + "\n" + "\n".join(rows) + "\n")


def write_zip(path, folder):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("img_align_celeba/", "")
        archive.writestr("__MACOSX/img_align_celeba/._000001.jpg", "x")
        for name in NAMES:
            archive.write(folder / name, f"img_align_celeba/{name}")


def plain(root):
    write_pictures(root / "img_align_celeba")
    write_txt(root / "list_attr_celeba.txt")
    return root


def small(root):
    write_pictures(root / "img_align_celeba", tall=False)
    write_txt(root / "list_attr_celeba.txt")
    return root


def kaggle(root):
    write_pictures(root / "img_align_celeba" / "img_align_celeba")
    write_csv(root / "list_attr_celeba.csv")
    return root


def drive(root):
    write_pictures(root / "unpacked")
    write_zip(root / "celeba" / "Img" / "img_align_celeba.zip", root / "unpacked")
    write_txt(root / "celeba" / "Anno" / "list_attr_celeba.txt")
    return root / "celeba"


def bare_zip(root):
    write_pictures(root / "unpacked")
    write_zip(root / "zip" / "img_align_celeba.zip", root / "unpacked")
    write_txt(root / "zip" / "list_attr_celeba.txt")
    return root / "zip" / "img_align_celeba.zip"


@pytest.mark.parametrize("layout", [plain, small, kaggle, drive, bare_zip])
def test_every_layout_gives_the_same_faces(layout, tmp_path):
    source = open_source(layout(tmp_path))
    assert source.description["kind"] == "CelebA" and "non-commercial" in source.description["terms"]
    assert source.names == NAMES and source.columns == CELEBA_COLUMNS
    assert source.labels.dtype == np.uint8 and (source.labels == table()).all()
    assert source.identities is None and source.partition is None and source.left_out == ()
    read = pickle.loads(pickle.dumps(source.read))
    for index, name in enumerate(NAMES):
        picture = read(name, 128)
        assert picture.mode == "RGB" and picture.size == (128, 128)
        expected = np.asarray(draw(face_at(0, index), 178).resize((128, 128), Image.Resampling.LANCZOS), float)
        # JPEG rounds and smears colours; a crop that is off by a pixel differs by more.
        assert np.abs(np.asarray(picture, float) - expected).mean() < 5


def test_eyes_are_at_the_same_height_in_tall_and_square_photos(tmp_path):
    heights = []
    for layout, size, top in ((plain, (178, 218), 33), (small, (178, 178), 0)):
        root = layout(tmp_path / layout.__name__)
        # The eyes as CelebA's alignment puts them: at 111 of 218 rows.
        photo = Image.new("RGB", size, "white")
        for x in (69, 108):
            photo.paste("black", (x - 6, 78 - 4 + top, x + 7, 78 + 5 + top))
        photo.save(root / "img_align_celeba" / NAMES[0])
        dark = 255 - np.asarray(open_source(root).read(NAMES[0], 128).convert("L"), float)
        heights.append((dark.sum(axis=1) * (np.arange(128) + 0.5)).sum() / dark.sum() / 128)
    assert heights[0] == pytest.approx(heights[1], abs=0.002) and heights[0] == pytest.approx(0.44, abs=0.01)


@pytest.mark.parametrize("ending", ["txt", "csv"])
def test_partition_and_identity_are_read(ending, tmp_path):
    root = plain(tmp_path)
    splits, people = [0, 0, 1, 2, 0, 2], [7, 7, 9, 12, 9, 7]
    separator, header = (" ", "") if ending == "txt" else (",", "image_id,partition\n")
    (root / "Eval").mkdir()
    rows = "\n".join(f"{name}{separator}{split}" for name, split in zip(NAMES, splits, strict=True))
    (root / "Eval" / f"list_eval_partition.{ending}").write_text(header + rows)
    (root / "identity_CelebA.txt").write_text(
        "\n".join(f"{name} {who}" for name, who in zip(NAMES, people, strict=True))
    )
    source = open_source(root)
    assert source.partition.tolist() == splits and source.identities.tolist() == people


def test_picture_without_identity_is_a_person_of_its_own(tmp_path):
    root = plain(tmp_path)
    (root / "identity_CelebA.txt").write_text(f"{NAMES[0]} 4\n{NAMES[1]} 4\n")
    identities = open_source(root).identities.tolist()
    assert identities[:2] == [4, 4] and len(set(identities)) == 5


def test_missing_and_unlabelled_pictures_are_left_out(tmp_path):
    root = plain(tmp_path)
    (root / "img_align_celeba" / NAMES[2]).unlink()
    draw(face_at(0, 0), 178).save(root / "img_align_celeba" / "999999.jpg")
    source = open_source(root)
    assert source.names == NAMES[:2] + NAMES[3:]
    assert (source.labels == np.delete(table(), 2, axis=0)).all()
    assert source.left_out == ((NAMES[2], "missing"), ("999999.jpg", "no label"))


def test_labels_of_other_pictures_are_an_error_that_names_both(tmp_path):
    write_pictures(tmp_path / "img_align_celeba")
    write_txt(tmp_path / "list_attr_celeba.txt", [f"x{name}" for name in NAMES])
    with pytest.raises(FaceganError, match=r"list_attr_celeba.txt.*none.*img_align_celeba"):
        open_source(tmp_path)


def test_no_labels_at_all(tmp_path):
    write_pictures(tmp_path / "img_align_celeba")
    with pytest.raises(FaceganError, match="list_attr_celeba"):
        open_source(tmp_path)


@pytest.mark.parametrize("damage", [("-1  ", "2  "), ("-1  ", ""), (NAMES[1], NAMES[0])])
def test_broken_label_file(damage, tmp_path):
    path = plain(tmp_path) / "list_attr_celeba.txt"
    path.write_text(path.read_text().replace(*damage, 1))
    with pytest.raises(FaceganError, match=r"line 3|twice"):
        open_source(tmp_path)


def test_partition_that_lacks_a_picture(tmp_path):
    (plain(tmp_path) / "list_eval_partition.txt").write_text(f"{NAMES[0]} 0\n")
    with pytest.raises(FaceganError, match=NAMES[1]):
        open_source(tmp_path)


def test_damaged_zips(tmp_path):
    path = bare_zip(tmp_path)
    content = bytearray(path.read_bytes())
    start = content.index(b"\xff\xd8\xff")
    content[start + 500 : start + 600] = bytes(100)
    path.write_bytes(content)
    source = open_source(path)
    with pytest.raises(FaceganError, match=NAMES[0]):
        source.read(NAMES[0], 64)
    assert source.read(NAMES[1], 64).size == (64, 64)
    other = tmp_path / "cut.zip"
    other.write_bytes(content[:3000])
    with pytest.raises(FaceganError, match="not a zip"):
        open_source(other)
