import subprocess
import sys

import pytest

from facegan.errors import FaceganError
from facegan.files import atomic_write, reserve


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_text_and_binary(tmp_path):
    with atomic_write(tmp_path / "a.txt") as temporary:
        temporary.write_text("hello")
    with atomic_write(str(tmp_path / "b.bin")) as temporary, open(temporary, "wb") as file:
        file.write(b"\x00\x01")
    assert (tmp_path / "a.txt").read_text() == "hello"
    assert (tmp_path / "b.bin").read_bytes() == b"\x00\x01"
    assert names(tmp_path) == ["a.txt", "b.bin"]


def test_temporary_path_is_hidden_beside_the_file_with_its_ending(tmp_path):
    with atomic_write(tmp_path / "model.weights.h5") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".") and temporary.name.endswith(".weights.h5")
        assert not temporary.exists()
        temporary.touch()


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_failure_keeps_the_old_file(tmp_path, failure):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(failure), atomic_write(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise failure
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_success_replaces_the_old_file_at_the_end(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with atomic_write(tmp_path / "a.txt") as temporary:
        temporary.write_text("new")
        assert (tmp_path / "a.txt").read_text() == "old"
    assert (tmp_path / "a.txt").read_text() == "new"


def test_missing_folders_are_made(tmp_path):
    with atomic_write(tmp_path / "x" / "y" / "a.txt") as temporary:
        temporary.touch()
    assert names(tmp_path / "x" / "y") == ["a.txt"]


def test_made_folders_go_when_writing_fails_and_others_stay(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(ValueError), atomic_write(tmp_path / "there" / "x" / "y" / "a.txt") as temporary:
        temporary.touch()
        raise ValueError
    assert names(tmp_path) == ["there"] and names(tmp_path / "there") == []


def test_a_made_folder_with_other_files_stays(tmp_path):
    with pytest.raises(ValueError), atomic_write(tmp_path / "x" / "a.txt") as temporary:
        temporary.with_name("other").touch()
        raise ValueError
    assert names(tmp_path / "x") == ["other"]


@pytest.mark.parametrize("below", ["a.txt", "x/a.txt"])
def test_below_a_regular_file(tmp_path, below):
    (tmp_path / "file").touch()
    expected = pytest.raises(FaceganError, match=r"^cannot write .*a\.txt: Not a directory$")
    with expected, atomic_write(tmp_path / "file" / below) as temporary:
        temporary.touch()
    assert names(tmp_path) == ["file"]


def test_onto_a_folder(tmp_path):
    (tmp_path / "folder").mkdir()
    expected = pytest.raises(FaceganError, match=r"cannot write .*folder: .* not a file")
    with expected, atomic_write(tmp_path / "folder"):
        pytest.fail("the block must not run")
    assert names(tmp_path) == ["folder"]


def test_one_line_of_a_long_error(tmp_path):
    expected = pytest.raises(FaceganError, match=r"^cannot write .*a\.h5: it went wrong$")
    with expected, atomic_write(tmp_path / "a.h5"):
        raise OSError("it went wrong\nin many ways")


def test_full_disk(tmp_path):
    """A limit on the size of files stands for the full disk: writes fail half-way in the same manner."""
    pytest.importorskip("resource", reason="Windows cannot limit the size of files")
    (tmp_path / "old.png").write_text("old")
    code = """
import resource, signal, sys
from pathlib import Path
from PIL import Image
from facegan.errors import FaceganError
from facegan.images import save_image

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
for name in ("old.png", "new/folder/new.jpg"):
    try:
        save_image(Image.effect_noise((64, 64), 90), Path(sys.argv[1]) / name)
    except FaceganError as error:
        print(error)
"""
    command = [sys.executable, "-B", "-c", code, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == [
        f"cannot write {tmp_path / 'old.png'}: File too large",
        f"cannot write {tmp_path / 'new/folder/new.jpg'}: File too large",
    ]
    assert (tmp_path / "old.png").read_text() == "old"
    assert names(tmp_path) == ["old.png"]


@pytest.mark.parametrize("is_folder", [True, False])
def test_a_reserved_output_is_refused_to_others_until_it_is_free(tmp_path, is_folder):
    path = tmp_path / "new" / "out"
    with reserve(path, is_folder):
        with pytest.raises(FaceganError, match="another process is writing to it"), reserve(path, is_folder):
            pass
        with reserve(tmp_path / "new" / "other", is_folder):
            pass
    assert names(tmp_path) == []
    with reserve(path, is_folder):
        (path / "a.txt" if is_folder else path).touch()
    assert names(tmp_path / "new") == ["out"]


def test_a_killed_process_frees_what_it_reserved(tmp_path):
    code = (
        "import sys, os; from facegan.files import reserve\n"
        "with reserve(sys.argv[1]): print('reserved', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "out"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "reserved\n"
        with pytest.raises(FaceganError, match="another process"), reserve(tmp_path / "out"):
            pass
        process.kill()
    with reserve(tmp_path / "out"):
        pass


def test_what_cannot_be_written_is_refused_first(tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "out", tmp_path / ("x" * 300)):
        with pytest.raises(FaceganError, match="cannot write"), reserve(place):
            pass
    assert names(tmp_path) == ["file"]
