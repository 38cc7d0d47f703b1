"""Sources with different labels, joined."""

import numpy as np
import pytest

from facegan.data.drawn import drawn_source
from facegan.data.joined import join_sources
from facegan.data.prepare import prepare
from facegan.data.source import open_source
from facegan.errors import FaceganError

SIZES = {"celebs": 20, "wild": 16}


@pytest.fixture
def folder(photo, tmp_path):
    """`folder("faces", 0, text)`: a folder with this CSV and as many pictures as it has lines."""

    def make(name, seed, text):
        root = tmp_path / name
        root.mkdir()
        for index in range(len(text.splitlines()) - 1):
            photo(seed, index).save(root / f"{index}.png")
        (root / "labels.csv").write_text(text)
        return root

    return make


@pytest.fixture
def folders(folder):
    """Two folders of people: one labels smiles and glasses, the other glasses and, for half the faces, gender."""
    celebs = ["file,identity,Smiling,Eyeglasses", *(f"{i}.png,{i // 2},{i % 2},1" for i in range(SIZES["celebs"]))]
    wild = ["file,identity,glasses,gender", *(f"{i}.png,p{i // 4},no,{'male' * (i % 2)}" for i in range(SIZES["wild"]))]
    return folder("celebs", 0, "\n".join(celebs)), folder("wild", 1, "\n".join(wild))


def quiet(source, out):
    return prepare(source, out, 32, workers=1)


def test_columns_are_joined_and_what_a_source_lacks_is_unknown(folders, photo, tmp_path):
    first, second = map(open_source, folders)
    faces = quiet(join_sources([first, second]), tmp_path / "out")
    assert faces.columns == ("Smiling", "Eyeglasses", "Male") and faces.sources == ("celebs", "wild")
    assert faces.names[:2] == ["celebs/0.png", "celebs/1.png"] and len(faces) == sum(SIZES.values())
    assert np.bincount(faces.origins).tolist() == list(SIZES.values())
    one, two = faces.origins == 0, faces.origins == 1
    assert faces.known[one].tolist() == [[True, True, False]] * SIZES["celebs"]
    assert faces.known[two].tolist() == [[False, True, index % 2 == 1] for index in range(SIZES["wild"])]
    assert (faces.labels[one][:, :2] == first.labels).all() and (faces.labels[two][:, 1:] == second.labels).all()
    assert not faces.labels[~faces.known].any()
    for row in (0, SIZES["celebs"]):
        expected = photo(int(row > 0), 0).resize((32, 32), 1)
        assert (faces.faces[row] == np.asarray(expected)).all()


def test_each_source_is_split_as_it_is_alone_and_people_stay_apart(folders, tmp_path):
    first, second = map(open_source, folders)
    alone = quiet(first, tmp_path / "alone")
    faces = quiet(join_sources([second, first]), tmp_path / "out")
    for split in ("train", "validation", "test"):
        names = [faces.names[index] for index in faces.split(split) if faces.origins[index] == 1]
        assert names == [f"celebs/{alone.names[index]}" for index in alone.split(split)]
        assert (faces.origins[faces.split(split)] == 0).any() or split != "train"
    assert not set(faces.identities[faces.origins == 0]) & set(faces.identities[faces.origins == 1])
    assert len(set(faces.identities)) == SIZES["celebs"] // 2 + SIZES["wild"] // 4


def test_a_source_keeps_its_partition(folder, tmp_path):
    text = "file,Smiling,partition\n0.png,1,test\n1.png,0,train\n2.png,0,validation\n"
    given = open_source(folder("given", 3, text))
    faces = quiet(join_sources([drawn_source(10), given]), tmp_path / "out")
    assert [faces.names.index(f"given/{index}.png") for index in (1, 2, 0)] == [
        faces.split(split)[-1] for split in ("train", "validation", "test")
    ]
    assert [source["split"] for source in faces.info["source"]["sources"]] == ["8:1:1 by image", "the source's own"]


def test_one_source_is_itself_and_titles_are_distinct(tmp_path):
    source = drawn_source(5)
    assert join_sources([source]) is source
    assert join_sources([source, source]).description["name"] == "drawn faces + drawn faces-2"
    faces = quiet(source, tmp_path / "out")
    assert faces.known.all() and faces.known.shape == faces.labels.shape
    assert not faces.origins.any() and faces.sources == ("drawn faces",)


def test_command_joins_sources(folders, tmp_path, facegan):
    out = tmp_path / "out"
    code, _, _ = facegan("prepare", *folders, out, "--size", 32)
    assert code == 0 and (out / "known.npy").exists() and (out / "origins.npy").exists()
    code, _, err = facegan("prepare", tmp_path / "celebs", "drawn", tmp_path / "other", "--count", 3)
    assert code == 2 and "single source" in err


@pytest.mark.parametrize("file", ["known.npy", "origins.npy"])
def test_damage_is_noticed(file, folders, tmp_path):
    faces = quiet(join_sources(list(map(open_source, folders))), tmp_path / "out")
    np.save(faces.path / file, np.load(faces.path / file)[:-1])
    with pytest.raises(FaceganError, match="damaged"):
        type(faces)(faces.path)
