"""Two thousand damaged inputs: each is used or refused in one line, within two seconds and a gigabyte, and nothing
else is written; good inputs beside bad ones are done."""

import io
import json
import os
import resource
import time
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from facegan.data.prepare import prepare
from facegan.data.prepared import PreparedFaces
from facegan.data.source import open_source
from facegan.errors import FaceganError
from facegan.images import load_image
from facegan.model_files import describe
from facegan.provenance import provenance_options, read_provenance

SECONDS, KILOBYTES = 2.0, 2**20
TRIES = settings(
    max_examples=300, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FEW_TRIES = settings(TRIES, max_examples=100)


@contextmanager
def one_line_at_most():
    """What the block does takes little, and fails with one line if it fails."""
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        yield
    except FaceganError as error:
        assert "\n" not in str(error)
    assert time.process_time() - began < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < KILOBYTES


def encoded(face, kind):
    buffer = io.BytesIO()
    face.save(buffer, kind, **(provenance_options(kind, MADE) if kind in ("PNG", "JPEG", "WEBP", "GIF") else {}))
    return buffer.getvalue()


MADE = {"command": "generate", "attrs": "glasses=1", "count": 2, "seed": 7, "then": ["hair=black"]}
KINDS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")


@st.composite
def damages(draw):
    """A function that damages bytes: some are replaced, inserted or cut off, numbers become extreme."""
    places = draw(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=4))
    what = draw(st.lists(st.sampled_from(["flip", "cut", "insert", "repeat", "large", "zero"]), min_size=1, max_size=4))
    extra = draw(st.binary(max_size=8))

    def damage(content):
        for place, kind in zip(places, what):
            at = int(place**2 * len(content))  # headers more often than pixels
            start, rest = content[:at], content[at:]
            content = {
                "flip": start + bytes([rest[0] ^ 0xFF]) + rest[1:] if rest else start,
                "cut": start,
                "insert": start + extra + rest,
                "repeat": start + rest[:64] * 8 + rest,
                "large": start + b"\xff\xff\xff\x7f" + rest[4:],
                "zero": start + bytes(16) + rest[16:],
            }[kind]
        return content

    return damage


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def changes(draw, values):
    """A copy of nested JSON values in which one, somewhere, is another."""
    copy = inner = json.loads(json.dumps(values))
    while True:
        keys = sorted(inner) if isinstance(inner, dict) else range(len(inner))
        key = draw(st.sampled_from(list(keys)))
        if not (isinstance(inner[key], dict | list) and inner[key] and draw(st.booleans())):
            break
        inner = inner[key]
    if isinstance(inner, dict) and draw(st.integers(0, 3)) == 0:
        del inner[key]
    else:
        inner[key] = draw(JSON)
    return copy


@pytest.fixture(scope="module")
def face(drawn_faces):
    return Image.fromarray(drawn_faces.faces[0])


@TRIES
@given(damage=damages(), kind=st.sampled_from(KINDS))
def test_damaged_pictures(face, damage, kind):
    with one_line_at_most():
        load_image(io.BytesIO(damage(encoded(face, kind))))


@TRIES
@given(damage=damages(), kind=st.sampled_from(KINDS[:4]))
def test_damaged_provenance(face, tmp_path, damage, kind):
    (tmp_path / "made").write_bytes(damage(encoded(face, kind)))
    with one_line_at_most():
        read_provenance(tmp_path / "made")


@TRIES
@given(made=changes(MADE) | JSON)
def test_provenance_of_strangers(face, tmp_path, made):
    text = PngImagePlugin.PngInfo()
    text.add_itxt("facegan", json.dumps(made))
    face.save(tmp_path / "made.png", pnginfo=text)
    with one_line_at_most():
        read = read_provenance(tmp_path / "made.png")
        assert 0 < read.get("count", 1) <= 10_000 and len(read.get("then", [])) <= 64


@pytest.fixture(scope="module")
def config(model_file):
    with zipfile.ZipFile(model_file) as archive:
        return json.loads(archive.read("config.json"))


@TRIES
@given(data=st.data())
def test_descriptions_of_models(config, tmp_path, data):
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        changed = data.draw(changes(config["config"]) | JSON)
        archive.writestr("config.json", json.dumps({**config, "config": changed}))
    with one_line_at_most():
        describe(tmp_path / "model.keras")


@TRIES
@given(damage=damages())
def test_damaged_model_files(model_file, tmp_path, damage):
    # The directory of a zip is at its end.
    (tmp_path / "model.keras").write_bytes(damage(model_file.read_bytes()[::-1])[::-1])
    with one_line_at_most():
        describe(tmp_path / "model.keras")


FILES = ("faces.npy", "labels.npy", "split.npy", "names.txt", "prepared.json")


@TRIES
@given(damage=damages(), file=st.sampled_from(FILES))
def test_damaged_data_sets(drawn_faces, tmp_path, damage, file):
    for each in FILES:
        (tmp_path / each).unlink(missing_ok=True)
        if each != file:
            os.link(drawn_faces.path / each, tmp_path / each)
    (tmp_path / file).write_bytes(damage((drawn_faces.path / file).read_bytes()))
    with one_line_at_most():
        PreparedFaces(tmp_path)


@TRIES
@given(data=st.data())
def test_descriptions_of_data_sets(drawn_faces, tmp_path, data):
    for each in FILES[:-1]:
        if not (tmp_path / each).exists():
            os.link(drawn_faces.path / each, tmp_path / each)
    (tmp_path / "prepared.json").write_text(json.dumps(data.draw(changes(drawn_faces.info) | JSON)))
    with one_line_at_most():
        faces = PreparedFaces(tmp_path)
        assert len(faces) == len(faces.labels) == len(faces.names)


TABLE = "file,glasses,age,identity,partition\n" + "".join(
    f"{number}.png,{number % 2},{20 + 9 * number},{number // 2},{('train', 'test')[number % 2]}\n"
    for number in range(6)
)
LIST = "6\nEyeglasses Male\n" + "".join(f"{number}.png {1 - 2 * (number % 2)} -1\n" for number in range(6))
PEOPLE = "".join(f"{number}.png {number // 2}\n" for number in range(6))


@pytest.fixture(scope="module")
def folders(face, tmp_path_factory):
    """A folder with a CSV, and one like CelebA's."""
    folder = tmp_path_factory.mktemp("sources")
    for pictures in (folder / "csv", folder / "celeba" / "img_align_celeba"):
        pictures.mkdir(parents=True)
        for number in range(6):
            face.save(pictures / f"{number}.png")
    (folder / "csv" / "labels.csv").write_text(TABLE)
    (folder / "celeba" / "list_attr_celeba.txt").write_text(LIST)
    (folder / "celeba" / "identity_CelebA.txt").write_text(PEOPLE)
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        for path in (folder / "celeba").rglob("*.*"):
            archive.write(path, path.relative_to(folder / "celeba"))
    return folder


@TRIES
@given(damage=damages(), text=st.sampled_from([("csv", "labels.csv"), ("celeba", "list_attr_celeba.txt"),
                                               ("celeba", "identity_CelebA.txt")]))  # fmt: skip
def test_damaged_label_files(folders, damage, text):
    path = folders.joinpath(*text)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    try:
        with one_line_at_most():
            source = open_source(path.parent)
            assert len(source.names) == len(source.labels) <= 6
            assert not [name for name in source.names if "\n" in name]
    finally:
        path.write_bytes(whole)


@FEW_TRIES
@given(damage=damages())
def test_damaged_zips(folders, tmp_path, damage):
    (tmp_path / "archive.zip").write_bytes(damage((folders / "archive.zip").read_bytes()[::-1])[::-1])
    with one_line_at_most():
        source = open_source(tmp_path / "archive.zip")
        for name in source.names:
            with one_line_at_most():
                source.read(name, 32)


@pytest.fixture(scope="module")
def mixed(face, tmp_path_factory):
    """A folder of 300 damaged pictures, a pipe, a device, a folder, and 3 good pictures."""
    folder = tmp_path_factory.mktemp("mixed")
    random = np.random.default_rng(0)
    for number in range(300):
        kind = KINDS[number % len(KINDS)]
        content = bytearray(encoded(face, kind))
        for place in random.integers(len(content), size=1 + number % 8):
            content[place] = random.integers(256)
        (folder / f"{number}.{kind.lower()}").write_bytes(content[: len(content) // (1 + number % 3)])
    os.mkfifo(folder / "pipe.png")
    (folder / "device.png").symlink_to("/dev/zero")
    (folder / "folder.png").mkdir()
    for number in range(3):
        face.save(folder / f"good{number}.png")
    names = sorted(path.name for path in folder.iterdir() if path.name != "folder.png")
    (folder / "labels.csv").write_text("file,glasses\n" + "".join(f"{name},{len(name) % 2}\n" for name in names))
    return folder


def test_good_pictures_beside_bad_ones_are_prepared(mixed, tmp_path):
    faces = prepare(open_source(mixed), tmp_path / "out", size=32, workers=1)
    assert {"good0.png", "good1.png", "good2.png"} <= set(faces.names)
    left_out = (tmp_path / "out" / "left_out.csv").read_text("utf-8")
    assert "pipe.png" in left_out and str(mixed) not in left_out
    assert os.listdir(tmp_path) == ["out"]


def test_good_pictures_beside_bad_ones_are_edited(mixed, model_file, facegan, tmp_path):
    before = sorted(mixed.iterdir())
    code, out, _ = facegan(
        "edit", mixed, "--aligned", "--set", "glasses=1", "--model", model_file, "--out", f"{tmp_path}/out/", "--json"
    )
    found = json.loads(out)
    assert code == 3 and sorted(mixed.iterdir()) == before and os.listdir(tmp_path) == ["out"]
    assert {os.path.basename(path) for path in found["files"]} >= {"good0.png", "good1.png", "good2.png"}
    assert {"pipe.png", "device.png"} <= {os.path.basename(row["file"]) for row in found["left_out"]}


def test_a_photo_beside_pictures_that_are_none_is_aligned(mixed, facegan, tmp_path):
    code, _, err = facegan("align", mixed, tmp_path / "out", "--size", "32")
    assert code in (0, 2, 3) and "Traceback" not in err
    assert set(os.listdir(tmp_path)) <= {"out"}
