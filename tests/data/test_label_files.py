"""Label files as people have them: read, or refused with what would help."""

import os
import unicodedata
import zipfile

import numpy as np
import pytest

from facegan.data.drawn import draw, face_at
from facegan.data.source import open_source, open_sources
from facegan.errors import FaceganError

COUNT = 4


@pytest.fixture
def pictures(tmp_path):
    """`pictures("photos", ".png")`: a folder of pictures 000, 001, ..."""

    def make(name, suffix=".png"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        for index in range(COUNT):
            draw(face_at(0, index), 48).save(folder / f"{index:03d}{suffix}")
        return folder

    return make


def table(header, *columns, suffix=".png"):
    rows = [",".join([f"{index:03d}{suffix}", *cells]) for index, cells in enumerate(zip(*columns, strict=True))]
    return "\n".join([header, *rows])


def list_attr(*rows, suffix=".jpg"):
    lines = [f"{index:03d}{suffix}  " + " ".join(row.split()) for index, row in enumerate(rows)]
    return "\n".join([str(len(rows)), "Eyeglasses Male", *lines])


LIST = list_attr("-1 -1", "1 1", "-1 1", "1 -1")
EXPECTED = [[0, 0], [1, 1], [0, 1], [1, 0]]


def test_a_csv_without_a_header_is_refused(pictures):
    folder = pictures("photos")
    (folder / "labels.csv").write_text("000.png,0\n001.png,1\n002.png,0\n003.png,1\n")
    with pytest.raises(FaceganError, match=r"not a header: '000.png' is an image; add .* 'file,attribute1'"):
        open_source(folder)


@pytest.mark.parametrize("listed, stored", [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_written_in_two_ways_are_the_same_name(pictures, listed, stored):
    folder, names = pictures("photos"), [f"jos\u00e9{index}.png" for index in range(COUNT)]
    for index, name in enumerate(names):
        (folder / f"{index:03d}.png").rename(folder / unicodedata.normalize(stored, name))
    rows = [f"{unicodedata.normalize(listed, name)},{index % 2}" for index, name in enumerate(names)]
    (folder / "labels.csv").write_text("\n".join(["file,glasses", *rows]))
    source = open_source(folder)
    assert source.names == [unicodedata.normalize(stored, name) for name in names] and source.left_out == ()
    # The name that is written as in the list comes first.
    (folder / unicodedata.normalize(listed, names[0])).write_bytes((folder / source.names[0]).read_bytes())
    assert open_source(folder).names[0] == unicodedata.normalize(listed, names[0])
    (folder / "labels.csv").write_text("\n".join(rows))
    with pytest.raises(FaceganError, match="is not a header"):
        open_source(folder)


@pytest.mark.parametrize("title, column", [("gender", "Male"), ("Sex", "Male"), ("age", "Young")])
def test_numbers_for_gender_and_age_are_refused_unless_renamed(title, column, pictures):
    folder = pictures("photos")
    (folder / "labels.csv").write_text(table(f"name,{title}", "0101"))
    with pytest.raises(FaceganError, match=f"'0' is ambiguous.*--rename {title}={column}"):
        open_source(folder)
    source = open_sources([folder], rename={title: column})
    assert source.columns == (column,) and source.labels.ravel().tolist() == [0, 1, 0, 1]


def test_numbers_with_a_point(pictures):
    folder = pictures("photos")
    (folder / "labels.csv").write_text(table("name,glasses,Smiling", ["0.0", "1.0"] * 2, ["1.0", "-1.0"] * 2))
    assert open_source(folder).labels.tolist() == [[0, 1], [1, 0]] * 2


def test_names_that_cannot_be_chosen_are_refused_renamed_or_ignored(pictures):
    folder = pictures("photos")
    (folder / "labels.csv").write_text(table('name,"glasses, thick",Hat', "0101", "0011"))
    with pytest.raises(FaceganError, match=r"'glasses, thick' cannot be an attribute.*--rename"):
        open_source(folder)
    assert open_sources([folder], rename={"glasses, thick": "Thick"}).columns == ("Thick", "Hat")
    assert open_sources([folder], ignore=["glasses, thick"]).columns == ("Hat",)
    with pytest.raises(FaceganError, match="no label file has the column 'hat'; did you mean 'Hat'"):
        open_sources([folder], ignore=["hat", "glasses, thick"])


def test_words_that_are_no_labels_can_be_ignored(pictures):
    folder = pictures("photos")
    (folder / "labels.csv").write_text(table("file,age,race", ["12", "34", "45", "70"], ["asian", "white"] * 2))
    with pytest.raises(FaceganError, match=r"'race': cannot read 'asian'.*--ignore"):
        open_source(folder)
    source = open_sources([folder], ignore=["race"])
    assert source.labels.ravel().tolist() == [1, 1, 0, 0]
    assert source.known.ravel().tolist() == [True, True, False, True]


def test_chinese_titles(pictures):
    folder = pictures("photos")
    (folder / "labels.csv").write_text(table("文件,眼镜,微笑", "0101", "0011"), "utf-8")
    assert open_source(folder).columns == ("眼镜", "微笑")


def test_linked_folders_are_searched_without_going_in_circles(pictures, tmp_path):
    store, data = pictures("store"), tmp_path / "data"
    data.mkdir()
    (data / "images").symlink_to(store)
    (store / "circle").symlink_to(data)
    (data / "labels.csv").write_text("name,glasses\nimages/000.png,0\nimages/001.png,1\n")
    source = open_source(data)
    assert source.names == ["images/000.png", "images/001.png"]
    assert source.read("images/001.png", 32).size == (32, 32)


def test_pipes_and_names_with_line_breaks_are_left_out(pictures):
    folder = pictures("photos")
    os.mkfifo(folder / "pipe.png")
    os.rename(folder / "003.png", folder / "00\n3.png")
    (folder / "labels.csv").write_text('name,glasses\n000.png,0\npipe.png,1\n"00\n3.png",1\n')
    source = open_source(folder)
    assert source.names == ["000.png"]
    assert {("pipe.png", "missing"), ("00\n3.png", "line break in its name")} <= set(source.left_out)


def test_celeba_hq_is_read(pictures, tmp_path):
    pictures("CelebAMask-HQ/CelebA-HQ-img", ".jpg")
    (tmp_path / "CelebAMask-HQ" / "CelebAMask-HQ-attribute-anno.txt").write_text(LIST)
    source = open_source(tmp_path / "CelebAMask-HQ")
    assert source.columns == ("Eyeglasses", "Male") and source.labels.tolist() == EXPECTED


@pytest.mark.parametrize("folder", ["img_align_celeba", "img_align_celeba_png"])
def test_celeba_as_png_is_read(folder, pictures, tmp_path):
    pictures(folder)
    (tmp_path / "list_attr_celeba.txt").write_text(LIST)
    (tmp_path / "identity_CelebA.txt").write_text("".join(f"{index:03d}.jpg {index // 2}\n" for index in range(COUNT)))
    source = open_source(tmp_path)
    assert source.names[1] == "001.png" and source.labels.tolist() == EXPECTED and source.left_out == ()
    assert source.identities.tolist() == [0, 0, 1, 1]


def test_kaggles_zip_has_the_lists_inside(pictures, tmp_path):
    folder = pictures("img_align_celeba", ".jpg")
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"img_align_celeba/img_align_celeba/{path.name}")
        archive.writestr("list_attr_celeba.csv", table("image_id,Male", ["-1", "1"] * 2, suffix=".jpg"))
        archive.writestr("list_eval_partition.csv", table("image_id,partition", "0012", suffix=".jpg"))
        archive.writestr("bomb/000.jpg", bytes(200 << 20), zipfile.ZIP_DEFLATED)
    folder.rename(tmp_path / "elsewhere")
    source = open_source(tmp_path / "archive.zip")
    assert source.labels.ravel().tolist() == [0, 1, 0, 1] and source.partition.tolist() == [0, 0, 1, 2]
    assert source.read("000.jpg", 32).size == (32, 32)
    with pytest.raises(FaceganError, match="larger than"):
        source.read.read("bomb/000.jpg")


def test_identity_numbers_that_are_too_large_are_refused(pictures, tmp_path):
    pictures("img_align_celeba", ".jpg")
    (tmp_path / "list_attr_celeba.txt").write_text(LIST)
    (tmp_path / "identity_CelebA.txt").write_text(f"000.jpg 1\n001.jpg {2**70}\n")
    with pytest.raises(FaceganError, match=r"identity_CelebA.txt, line 2"):
        open_source(tmp_path)


def test_prepare_shows_counts_and_single_values(pictures, tmp_path, facegan):
    folder = pictures("photos")
    (folder / "labels.csv").write_text(table("name,glasses,Male,Hat", "0000", "0101", ["1", "", "0", "0"]))
    code, _, err = facegan("prepare", folder, tmp_path / "out", "--size", 32, "--ignore", "Hat")
    assert code == 0 and "Male: 2 with, 2 without" in err and "Eyeglasses: 0 with, 4 without" in err
    assert "no model can learn Eyeglasses" in err and "learn Male" not in err
    code, _, err = facegan("train", tmp_path / "out", "--recipe", "tiny", "--attributes", "glasses,Male", "--dry-run")
    assert code == 2 and "'glasses' has only the value 0 in the training faces" in err
    code, out, _ = facegan("prepare", folder, tmp_path / "other", "--size", 32, "--rename", "Hat=Cap", "--json")
    assert '"unknown": 1' in out and "Cap" in out


def test_aligned_photos_find_the_labels_of_the_originals(pictures, tmp_path, facegan):
    folder = pictures("faces")
    (tmp_path / "labels.csv").write_text(table("name,glasses", "0101", suffix=".jpg"))
    code, _, _ = facegan("prepare", folder, tmp_path / "out", "--size", 32, "--labels", tmp_path / "labels.csv")
    assert code == 0 and np.load(tmp_path / "out" / "labels.npy").ravel().tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("out", ["/", "."])
def test_a_folder_that_is_there_is_refused_in_one_line(out, facegan):
    code, _, err = facegan("prepare", "drawn", out, "--size", 32, "--count", 3)
    assert code == 2 and "Traceback" not in err


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_marks_than_commas(mark, pictures):
    folder = pictures("photos")
    (folder / "labels.csv").write_text(table("file,hat,Scar", "0101", "1100").replace(",", mark))
    source = open_source(folder)
    assert source.columns == ("hat", "Scar") and source.labels.T.tolist() == [[0, 1, 0, 1], [1, 1, 0, 0]]


def test_what_is_no_label_is_explained(pictures):
    folder = pictures("photos")
    (folder / "labels.csv").write_text(table("file,mood", ["happy", "sad", "sad", "happy"]))
    with pytest.raises(
        FaceganError, match="'happy'; labels are 1 and 0 or yes and no; give.*or leave the column out with --ignore"
    ):
        open_source(folder)
    (folder / "labels.csv").write_text(table("file,hat", ["0", "1", "31", "0.9"]))
    with pytest.raises(FaceganError, match="hat: numbers other than 0 and 1 are not labels"):
        open_source(folder)
