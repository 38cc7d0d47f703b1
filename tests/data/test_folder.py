"""Folders of pictures with a CSV."""

import numpy as np
import pytest
from PIL import Image

from facegan.data.drawn import draw, face_at
from facegan.data.source import open_source
from facegan.errors import FaceganError


def make(root, text, pictures=("a.png", "b.png", "sub/c.png"), csv="labels.csv"):
    for index, name in enumerate(pictures):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        draw(face_at(0, index), 48).save(root / name)
    (root / csv).write_text(text, "utf-8")
    return root


def test_words_and_numbers_become_label_columns(tmp_path):
    text = (
        "file,Gender,age,hair,skin,Smiling,Hat,partition,identity\n"
        "a.png,female,old,blonde,pale,yes,true,train,ann\n"
        "b.png,male,young,other,0,-1,no,validation,bob\n"
        "\nsub/c.png,M,old,gray,1,0,FALSE,2,ann\n"
    )
    source = open_source(make(tmp_path, text))
    assert source.names == ["a.png", "b.png", "sub/c.png"]
    assert source.columns == (
        "Male",
        "Young",
        "Black_Hair",
        "Blond_Hair",
        "Brown_Hair",
        "Gray_Hair",
        "Pale_Skin",
        "Smiling",
        "Hat",
    )
    assert source.labels.tolist() == [
        [0, 0, 0, 1, 0, 0, 1, 1, 1],
        [1, 1, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 1, 1, 0, 0],
    ]
    assert source.partition.tolist() == [0, 1, 2]
    assert source.identities.tolist() == [0, 1, 0]
    assert source.description["kind"] == "folder"


def test_missing_and_unlabelled_are_left_out(tmp_path):
    source = open_source(make(tmp_path, "file,Smiling\na.png,1\nno.png,1\n../a.png,1\n"))
    assert source.names == ["a.png"]
    assert source.left_out == (
        ("no.png", "missing"),
        ("../a.png", "missing"),
        ("b.png", "no label"),
        ("sub/c.png", "no label"),
    )


def test_label_file_elsewhere_and_with_byte_order_mark(tmp_path):
    make(tmp_path / "pictures", "x", csv="other.txt")
    labels = tmp_path / "mine.csv"
    labels.write_text("file,glasses\na.png,1\n", "utf-8-sig")
    source = open_source(tmp_path / "pictures", labels=labels)
    assert source.columns == ("Eyeglasses",) and source.labels.tolist() == [[1]]


def test_pictures_are_turned_cropped_and_made_rgb(tmp_path):
    make(tmp_path, "file,Smiling\nturned.jpg,1\ngrey.png,1\npalette.png,1\nalpha.png,1\ndeep.png,1\nink.jpg,0\n")
    face = draw(face_at(0, 0), 96)
    exif = Image.Exif()
    exif[0x0112] = 6
    face.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.jpg", exif=exif, quality=95)
    face.convert("L").save(tmp_path / "grey.png")
    face.quantize().save(tmp_path / "palette.png")
    face.convert("RGBA").save(tmp_path / "alpha.png")
    face.convert("CMYK").save(tmp_path / "ink.jpg", quality=95)
    Image.fromarray(np.asarray(face.convert("L")).astype("uint16") * 257).save(tmp_path / "deep.png")
    source = open_source(tmp_path)
    for name in source.names:
        picture = source.read(name, 48)
        expected = (face.convert("L").convert("RGB") if name in ("grey.png", "deep.png") else face).resize((48, 48))
        assert picture.mode == "RGB" and picture.size == (48, 48)
        assert np.abs(np.asarray(picture, float) - np.asarray(expected, float)).mean() < 8, name


@pytest.mark.parametrize("size", [(96, 64), (64, 97), (64, 64)])
def test_centred_square_is_taken(size, tmp_path):
    make(tmp_path, "file,Smiling\nwide.png,1\n")
    whole = Image.new("RGB", size, "red")
    whole.paste((0, 0, 255), ((size[0] - 64) // 2, (size[1] - 64) // 2, (size[0] + 64) // 2, (size[1] + 64) // 2))
    whole.save(tmp_path / "wide.png")
    assert set(open_source(tmp_path).read("wide.png", 32).get_flattened_data()) == {(0, 0, 255)}


@pytest.mark.parametrize(
    "text, message",
    [
        ("file,Smiling\na.png,1\nb.png,maybe\n", "labels.csv, line 3, column 'Smiling'.*maybe"),
        ("file,hair\na.png,blond\nb.png,green\n", "line 3, column 'hair'.*green"),
        ("file,hair\na.png,\n", "line 2, column 'hair'.*empty"),
        ("file,Smiling,partition\na.png,1,some\n", "line 2, column 'partition'.*some"),
        ("file,Smiling\na.png,1\na.png,0\n", "line 3: 'a.png' appears twice"),
        ("file,gender,Male\na.png,male,1\n", "Male twice"),
        ("file,Smiling\na.png\n", "line 2"),
        ("file,Smiling\nx.png,1\n", "none of the images"),
        ("file,Smiling\n", "no labels"),
        ("file\na.png\n", "no column of labels"),
    ],
)
def test_errors_say_where(text, message, tmp_path):
    with pytest.raises(FaceganError, match=message):
        open_source(make(tmp_path, text))


def test_no_csv_several_csvs_and_no_pictures(tmp_path):
    with pytest.raises(FaceganError, match="no images"):
        open_source(tmp_path)
    make(tmp_path, "file,Smiling\na.png,1\n")
    (tmp_path / "more.csv").write_text("x")
    with pytest.raises(FaceganError, match=r"2 CSV files.*--labels"):
        open_source(tmp_path)
    for path in tmp_path.glob("*.csv"):
        path.unlink()
    with pytest.raises(FaceganError, match=r"no CSV file.*--labels"):
        open_source(tmp_path)


def test_csv_that_is_no_text(tmp_path):
    (make(tmp_path, "") / "labels.csv").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(FaceganError, match="not a CSV"):
        open_source(tmp_path)


def test_sources_that_do_not_exist_or_do_not_go_with_an_option(tmp_path):
    for arguments in (
        {"source": tmp_path / "no"},
        {"source": tmp_path, "count": 5},
        {"source": "drawn", "labels": "labels.csv"},
        {"source": __file__},
    ):
        with pytest.raises(FaceganError):
            open_source(**arguments)


def test_cells_of_other_data_sets_follow_the_rules(tmp_path):
    text = (
        "file,identity,gender,age,glasses,haircolor,haircolor_conf,yaw\n"
        "a.png,ann,F,50,ReadingGlasses,red,0.95,3.5\n"
        "b.png,bob,male,34.0,NoGlasses,brown,0.4,0.1\n"
        "c.png,,,42,SwimmingGoggles,,,-2\n"
    )
    source = open_source(make(tmp_path, text))
    assert source.columns == ("Male", "Young", "Eyeglasses", "Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair")
    assert source.names == ["a.png", "b.png", "sub/c.png"]
    assert source.labels.tolist() == [[0, 0, 1, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0], [0] * 7]
    assert source.known.tolist() == [[True] * 7, [True] * 3 + [False] * 4, [False] * 7]
    assert len(set(source.identities)) == 3
    assert source.remarks == ("columns of numbers that are not labels were ignored: haircolor_conf, yaw",)


def test_pictures_are_found_under_another_suffix_or_in_a_subfolder(tmp_path):
    source = open_source(make(tmp_path, "file,Smiling\na.jpg,1\nc.webp,0\nsub/a.jpg,1\n"))
    assert source.names == ["a.png", "sub/c.png"]
    assert source.left_out == (("sub/a.jpg", "missing"), ("b.png", "no label"))


def test_pictures_that_would_be_enlarged_too_much_are_left_out_and_counted(facegan, tmp_path):
    """Of 21, 22 and 100 pixels; 32 need 22."""
    for name, side in (("a", 21), ("b", 22), ("c", 100)):
        Image.new("RGB", (side, side + 40), "red").save(tmp_path / f"{name}.png")
    (tmp_path / "labels.csv").write_text("image,Smiling\na.png,1\nb.png,0\nc.png,1\n", "utf-8")
    code, _, error = facegan("prepare", tmp_path, tmp_path / "out", "--size", 32)
    assert code == 0 and "1 images were left out" in error
    assert "too small for 32x32 and left out because they would be enlarged more than 1.5 times: 1" in error
    lines = (tmp_path / "out" / "left_out.csv").read_text().splitlines()
    assert lines[1:] == ["a.png,a.png is too small: the face fills 21 pixels; 32 need 22"]
    code, _, error = facegan("prepare", tmp_path, tmp_path / "none", "--size", 256)
    assert code == 2 and "none of the images can be used; a.png is too small" in error
