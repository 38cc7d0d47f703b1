"""Preparing: complete, honest about what is left out, and able to go on after anything."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facegan.data import prepare as module
from facegan.data.drawn import DrawnReader, draw, drawn_source, face_at
from facegan.data.joined import join_sources
from facegan.data.prepare import prepare
from facegan.data.prepared import PreparedFaces
from facegan.data.source import open_source
from facegan.errors import FaceganError

COUNT = 23


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 4)


def prepare_small(source, out, **options):
    return prepare(source, out, **{"size": 32, "workers": 1} | options)


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def photos(root, broken=(), people=False):
    """A folder of `COUNT` pictures of 64 x 64; those of these numbers are cut short or no pictures at all."""
    root.mkdir()
    lines = ["file,gender,glasses" + ",identity" * people]
    for index in range(COUNT):
        face = face_at(0, index)
        path = root / f"{index:02d}.png"
        draw(face, 64).save(path)
        if index in broken:
            path.write_bytes(path.read_bytes()[:900] if index % 2 else b"no picture")
        lines.append(f"{path.name},{face.gender},{face.glasses}" + f",{index // 2}" * people)
    (root / "labels.csv").write_text("\n".join(lines))
    return open_source(root)


class Slow(DrawnReader):
    """Takes its time, so that there is a moment to be stopped in."""

    def __call__(self, name, size):
        time.sleep(0.02)
        return super().__call__(name, size)


class Stopping(DrawnReader):
    """Is stopped by the user at the tenth face."""

    def __call__(self, name, size):
        if name.endswith("09"):
            raise KeyboardInterrupt
        return super().__call__(name, size)


class Broken(DrawnReader):
    """Cannot read every third face, nor the last one."""

    def __call__(self, name, size):
        if int(name[-2:]) % 3 == 0 or name.endswith("22"):
            raise FaceganError(f"cannot read {name}")
        return super().__call__(name, size)


@pytest.mark.parametrize("workers", [1, 2])
def test_all_faces_arrive(workers, tmp_path):
    source = drawn_source(COUNT, seed=4)
    faces = prepare_small(source, tmp_path / "out", workers=workers)
    assert len(faces) == COUNT and faces.size == 32 and faces.names == source.names
    assert faces.columns == source.columns and (faces.labels == source.labels).all()
    assert faces.identities is None and isinstance(faces.faces, np.memmap)
    for index in range(COUNT):
        assert (faces.faces[index] == np.asarray(draw(face_at(4, index), 32))).all()
    assert faces.info["source"]["kind"] == "drawn" and faces.info["left_out"] == 0
    assert (tmp_path / "out" / "left_out.csv").read_text() == "name,reason\n"
    assert set(files(tmp_path / "out")) == {
        "faces.npy",
        "labels.npy",
        "split.npy",
        "names.txt",
        "left_out.csv",
        "prepared.json",
    }
    assert not (tmp_path / "out.partial").exists()


def test_parts_are_sorted_and_whole(tmp_path):
    faces = prepare_small(photos(tmp_path / "photos", people=True), tmp_path / "out")
    splits = {name: faces.split(name) for name in ("train", "validation", "test")}
    assert sorted(np.concatenate(list(splits.values()))) == list(range(COUNT))
    assert faces.info["splits"] == {name: len(split) for name, split in splits.items()}
    assert all(split.dtype == np.int64 and (np.diff(split) > 0).all() for split in splits.values())
    people = [set(faces.identities[split]) for split in splits.values()]
    assert not people[0] & people[1] and not people[0] & people[2] and not people[1] & people[2]
    assert faces.info["split"] == "8:1:1 by identity"


def test_unreadable_pictures_are_left_out_and_the_others_right(tmp_path):
    broken = {0, 3, 10, 21, 22}
    source = photos(tmp_path / "photos", broken, people=True)
    (tmp_path / "photos" / "05.png").unlink()  # gone since it was listed
    faces = prepare_small(source, tmp_path / "out", workers=2)
    kept = set(range(COUNT)) - broken - {5}
    assert sorted(faces.names) == [f"{index:02d}.png" for index in sorted(kept)]
    assert faces.faces.shape == (len(kept), 32, 32, 3)
    for row, name in enumerate(faces.names):
        index = int(name[:2])
        expected = draw(face_at(0, index), 64).resize((32, 32), Image.Resampling.LANCZOS)
        assert (faces.faces[row] == np.asarray(expected)).all()
        assert faces.labels[row].tolist() == source.labels[index].tolist()
        assert faces.identities[row] == source.identities[index]
    with open(tmp_path / "out" / "left_out.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["name", "reason"] and all(reason for _, reason in rows)
    assert [name for name, _ in rows] == [f"{index:02d}.png" for index in sorted(broken | {5})]
    assert faces.info["left_out"] == len(rows) and faces.info["count"] == len(kept)


def test_nothing_readable(tmp_path):
    with pytest.raises(FaceganError, match="none of the images"):
        prepare_small(photos(tmp_path / "photos", range(COUNT)), tmp_path / "out")


KILLED = """
import sys
sys.path[:0] = {path!r}
from test_prepare import Slow, module
from dataclasses import replace
from facegan.data.drawn import drawn_source
if __name__ == "__main__":
    module.CHUNK = 4
    module.prepare(replace(drawn_source({count}), read=Slow(0)), {out!r}, 32, workers=2)
"""


def test_killed_and_resumed_equals_uninterrupted(tmp_path):
    count, out = 120, tmp_path / "out"
    script = tmp_path / "killed.py"
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    script.write_text(KILLED.format(path=paths, count=count, out=str(out)))
    process = subprocess.Popen([sys.executable, script])
    log = tmp_path / "out.partial" / "done.jsonl"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not (log.exists() and log.read_bytes().count(b"\n") >= 3):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = log.read_bytes().count(b"\n")
    assert 3 <= done < count // 4 and not out.exists()
    with pytest.raises(FaceganError, match="unfinished"):
        PreparedFaces(out)

    time.sleep(0.5)  # the workers notice that they are alone and leave
    prepare_small(drawn_source(count), out)
    prepare_small(drawn_source(count), tmp_path / "whole")
    assert files(out) == files(tmp_path / "whole")


class Killed(DrawnReader):
    """The process that reads the tenth face is killed, as when memory runs out."""

    def __call__(self, name, size):
        if name.endswith("09"):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(name, size)


def test_a_killed_worker_is_told_in_a_line_and_the_same_command_resumes(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(FaceganError, match="a worker process was killed, .* the same command resumes"):
        prepare_small(replace(drawn_source(COUNT), read=Killed(0)), out, workers=2)
    assert not out.exists()
    prepare_small(drawn_source(COUNT), out)
    prepare_small(drawn_source(COUNT), tmp_path / "whole")
    assert files(out) == files(tmp_path / "whole")


def test_done_chunks_are_not_read_again(tmp_path):
    stopped = replace(drawn_source(COUNT), read=Stopping(0))
    with pytest.raises(KeyboardInterrupt):
        prepare_small(stopped, tmp_path / "out")
    log = tmp_path / "out.partial" / "done.jsonl"
    assert [json.loads(line)["chunk"] for line in log.read_text().splitlines()] == [0, 1]
    log.write_text(log.read_text() + '{"chunk": 2, "left')  # a line that was cut short does not count
    read = []

    class Noting(DrawnReader):
        def __call__(self, name, size):
            read.append(name)
            return super().__call__(name, size)

    prepare_small(replace(stopped, read=Noting(0)), tmp_path / "out")
    assert read == drawn_source(COUNT).names[8:]
    prepare_small(drawn_source(COUNT), tmp_path / "whole")
    assert files(tmp_path / "out") == files(tmp_path / "whole")


@pytest.mark.parametrize("moment", ["_close_gaps", "split", "_write_json", "rename"])
@pytest.mark.parametrize("before", [True, False])
def test_stopped_while_finishing(moment, before, tmp_path, monkeypatch):
    """Whether it stops just before or just after a step of the end, it can be done again."""
    source = replace(drawn_source(COUNT), read=Broken(0))
    prepare_small(source, tmp_path / "whole")
    with monkeypatch.context() as patch:
        owner = Path if moment == "rename" else module
        real = getattr(owner, moment)

        def stopping(*arguments):
            if moment == "_write_json" and arguments[0].name != "prepared.json":
                return real(*arguments)
            if not before:
                real(*arguments)
            raise KeyboardInterrupt

        patch.setattr(owner, moment, stopping)
        with pytest.raises(KeyboardInterrupt):
            prepare_small(source, tmp_path / "out")
    if moment == "rename" and not before:
        PreparedFaces(tmp_path / "out")
    else:
        prepare_small(source, tmp_path / "out")
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_stopped_between_the_new_header_and_the_cut(tmp_path, monkeypatch):
    source = replace(drawn_source(COUNT), read=Broken(0))
    prepare_small(source, tmp_path / "whole")
    real = module._close_gaps

    def uncut(job, gaps):
        with job.faces.open("rb+") as file:
            file.write(job.header(len(job.source.names) - len(gaps)))
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_close_gaps", uncut)
    with pytest.raises(KeyboardInterrupt):
        prepare_small(source, tmp_path / "out")
    monkeypatch.setattr(module, "_close_gaps", real)
    prepare_small(source, tmp_path / "out")
    assert files(tmp_path / "out") == files(tmp_path / "whole")


@pytest.mark.parametrize("change", ["size", "seed", "source", "count"])
def test_partial_of_something_else_is_refused(change, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        prepare_small(replace(drawn_source(COUNT), read=Stopping(0)), tmp_path / "out")
    source = drawn_source(COUNT + (change == "count"), seed=int(change == "source"))
    with pytest.raises(FaceganError, match="another source, size or seed"):
        prepare_small(source, tmp_path / "out", size=64 if change == "size" else 32, seed=int(change == "seed"))


def test_folders_in_the_way(tmp_path):
    source = drawn_source(3)
    prepare_small(source, tmp_path / "out")
    with pytest.raises(FaceganError, match="already prepared"):
        prepare_small(source, tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    (tmp_path / "other.partial").mkdir()
    (tmp_path / "other.partial" / "letter.txt").write_text("dear")
    for name in ("mine", "other"):
        with pytest.raises(FaceganError):
            prepare_small(source, tmp_path / name)
    assert (tmp_path / "mine" / "letter.txt").exists() and (tmp_path / "other.partial" / "letter.txt").exists()
    (tmp_path / "empty").mkdir()
    assert len(prepare_small(source, tmp_path / "empty")) == 3


@pytest.mark.parametrize("size", [16, 100, 512, 0])
def test_other_sizes_are_refused(size, tmp_path):
    with pytest.raises(FaceganError, match="32, 64, 128, 256"):
        prepare_small(drawn_source(3), tmp_path / "out", size=size)


def test_full_disk_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**6, 10**6 - 50_000, 50_000))
    with pytest.raises(FaceganError, match="not enough disk space"):
        prepare_small(drawn_source(COUNT), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_what_it_needs_is_logged_and_nothing_is_printed(tmp_path, capsys, caplog):
    caplog.set_level("INFO", "facegan")
    prepare_small(drawn_source(3), tmp_path / "out")
    assert "3 faces of 32x32 need" in caplog.text
    assert capsys.readouterr() == ("", "")


def test_folders_that_are_not_prepared(tmp_path):
    for path in (tmp_path, tmp_path / "nothing", Path(__file__)):
        with pytest.raises(FaceganError, match="facegan prepare"):
            PreparedFaces(path)


@pytest.mark.parametrize("file", ["faces.npy", "labels.npy", "split.npy", "names.txt", "prepared.json"])
@pytest.mark.parametrize("damage", ["shorter", "gone", "of another set"])
def test_damaged_sets_are_noticed(file, damage, tmp_path):
    prepare_small(drawn_source(5), tmp_path / "out")
    prepare_small(drawn_source(6), tmp_path / "other")
    path = tmp_path / "out" / file
    if damage == "gone":
        path.unlink()
    elif damage == "shorter":
        path.write_bytes(path.read_bytes()[:-20])
    else:
        path.write_bytes((tmp_path / "other" / file).read_bytes())
    with pytest.raises(FaceganError):
        PreparedFaces(tmp_path / "out")


def test_a_second_process_is_refused_while_the_first_works(tmp_path):
    class Racing(DrawnReader):
        def __call__(self, name, size):
            with pytest.raises(FaceganError, match="another process is writing to it"):
                prepare_small(drawn_source(3), tmp_path / "out")
            return super().__call__(name, size)

    faces = prepare_small(replace(drawn_source(3), read=Racing(0)), tmp_path / "out")
    assert len(faces) == 3 and faces.faces[:].any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize(
    "file, change",
    [
        ("labels.npy", lambda array: array + 7),
        ("labels.npy", lambda array: array.astype("float32")),
        ("faces.npy", lambda array: array.astype("float64")),
        ("split.npy", lambda array: array + 3),
    ],
)
def test_wrong_values_are_noticed(file, change, tmp_path):
    prepare_small(drawn_source(5), tmp_path / "out")
    np.save(tmp_path / "out" / file, change(np.load(tmp_path / "out" / file)))
    with pytest.raises(FaceganError, match=file):
        PreparedFaces(tmp_path / "out")


@pytest.mark.parametrize(
    "change",
    [
        {"size": "32"},
        {"columns": 5},
        {"columns": ["Male"] * 8},
        {"columns": [1] * 8},
        {"source": None},
        {"count": None},
    ],
)
def test_wrong_descriptions_are_noticed(change, tmp_path):
    prepare_small(drawn_source(5), tmp_path / "out")
    path = tmp_path / "out" / "prepared.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(FaceganError, match="damaged"):
        PreparedFaces(tmp_path / "out")


@pytest.mark.parametrize("joined", [False, True])
def test_pictures_that_change_before_it_resumes_are_noticed(joined, tmp_path, monkeypatch):
    sources = [photos(tmp_path / name) for name in ("one", "two")[: 1 + joined]]
    source = join_sources(sources)

    def interrupted(job):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_finish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            prepare_small(source, tmp_path / "out")
    draw(face_at(5, 5), 64).save(tmp_path / "one" / "05.png")
    with pytest.raises(FaceganError, match="images have changed"):
        prepare_small(source, tmp_path / "out")
