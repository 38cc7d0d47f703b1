"""Sources that frame faces differently are aligned."""

import numpy as np
import pytest
from PIL import Image

from facegan.data.alignment import align_alike, framing
from facegan.data.drawn import EYE_X, EYE_Y, draw, drawn_source, face_at
from facegan.data.source import open_source, open_sources
from facegan.errors import FaceganError
from facegan.photos.landmarks import SIZE, find_landmarks

COUNT = 12


def tighter(face):
    """A face cut as FFHQ's are: larger, and lower in the picture."""
    return face.crop((14, 2, 178, 166))


@pytest.fixture
def folder(tmp_path):
    """`folder("faces", frame)`: a folder of labelled faces, each drawn with 192 pixels and then framed."""

    def make(name, frame):
        root = tmp_path / name
        root.mkdir()
        for index in range(COUNT):
            frame(draw(face_at(len(name), index), 192)).save(root / f"{index}.png")
        (root / "labels.csv").write_text("file,Smiling\n" + "".join(f"{index}.png,1\n" for index in range(COUNT)))
        return root

    return make


def eyes(source):
    found, _ = find_landmarks([source.read(name, SIZE) for name in source.names])
    return np.median(found[:, :2], axis=0)


def test_a_tighter_source_is_noticed_and_aligned(folder):
    source = open_source(folder("tight", tighter))
    aligned, measured = align_alike(source), framing(source.read, source.names)
    assert not measured.is_aligned and measured.scale > 1.1
    assert "aligned by their landmarks" in aligned.remarks[0] and aligned.description["aligned"]
    assert eyes(aligned) == pytest.approx(np.array([(x, EYE_Y) for x in EYE_X]), abs=0.02)
    assert np.abs(eyes(source) - eyes(aligned)).max() > 0.02


def test_an_aligned_source_stays_as_it_is_unless_asked(folder):
    source = open_source(folder("usual", lambda face: face))
    assert framing(source.read, source.names).is_aligned and align_alike(source) is source
    assert "aligned" in align_alike(source, always=True).description
    assert align_alike(drawn_source(3), always=True).description == drawn_source(3).description


def test_each_of_several_sources_is_decided(folder):
    paths = [folder("usual", lambda face: face), folder("tight", tighter)]
    descriptions = open_sources(paths).description["sources"]
    assert ["aligned" in description for description in descriptions] == [False, True]
    assert "aligned" not in open_sources(paths[1:]).description
    for align, expected in ((False, [False, False]), (True, [True, True])):
        descriptions = open_sources(paths, align=align).description["sources"]
        assert ["aligned" in description for description in descriptions] == expected


def test_a_source_without_room_for_hair_is_refused(folder):
    source = open_source(folder("close", lambda face: face.crop((40, 40, 152, 152))))
    with pytest.raises(FaceganError, match=r"close are cropped too tightly.*--no-align"):
        align_alike(source)


def test_a_face_at_the_edge_is_left_out(folder):
    root = folder("usual", lambda face: face)
    source = align_alike(open_source(root), always=True)
    with Image.open(root / "0.png") as face:
        face.crop((40, 40, 152, 152)).save(root / "0.png")
    with pytest.raises(FaceganError, match=r"0.png is too close to the edge"):
        source.read("0.png", 32)


def test_a_picture_without_a_face_is_left_out(folder, tmp_path, facegan):
    root = folder("usual", lambda face: face)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (192, 192, 3), "uint8")).save(root / "3.png")
    code, _, _ = facegan("prepare", root, tmp_path / "out", "--size", 32, "--align")
    assert code == 0 and "3.png,no face found in 3.png" in (tmp_path / "out" / "left_out.csv").read_text()
