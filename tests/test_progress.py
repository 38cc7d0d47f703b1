"""What a person in a terminal sees while a command works, and a script does not."""

import os
import re
import subprocess
import sys
import termios

import pytest

IMPORT = "from facegan.cli import program; program.PATIENCE = 0.1; program.import_quietly()"


def seen_in_a_terminal(*command, **options):
    """What a program writes to stderr if that is a terminal."""
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 200))
    subprocess.run(command, stderr=theirs, stdout=subprocess.DEVNULL, check=True, **options)
    os.close(theirs)
    parts = []
    try:
        while part := os.read(ours, 4096):
            parts.append(part)
    except OSError:  # Linux says so at the end.
        pass
    os.close(ours)
    return b"".join(parts).decode()


def test_a_slow_start_is_explained():
    assert "longer the first time" in seen_in_a_terminal(sys.executable, "-c", IMPORT)
    patient = IMPORT.replace("0.1", "600")
    assert seen_in_a_terminal(sys.executable, "-c", patient) == ""
    piped = subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True)
    assert piped.stderr == b""


PREPARE = "import facegan, logging; {}; facegan.prepare('drawn', '{}', size=32, count=20, workers=1)"


@pytest.mark.parametrize(
    "setting, seen, unseen",
    [
        ("pass", ["preparing", "100%"], ["MB are free"]),
        ("logging.basicConfig(level=logging.INFO)", ["preparing", "100%", "MB are free"], []),
        ("logging.getLogger('facegan').setLevel(logging.WARNING)", [], ["preparing", "MB"]),
    ],
)
def test_a_program_that_uses_facegan_decides_what_is_seen(tmp_path, setting, seen, unseen):
    err = seen_in_a_terminal(sys.executable, "-c", PREPARE.format(setting, tmp_path / "drawn"))
    assert all(each in err for each in seen) and not any(each in err for each in unseen)


def test_a_training_has_a_bar_with_losses_and_a_line_for_each_epoch(tmp_path):
    from facegan import prepare

    prepare("drawn", tmp_path / "drawn", size=32, count=60, workers=1)
    arguments = ["train", tmp_path / "drawn", "--recipe", "tiny", "--out", tmp_path / "run", "--images", "96"]
    arguments += ["--set", "networks.encoder.filters=4", "--set", "networks.encoder.max_filters=8"]
    err = seen_in_a_terminal(sys.executable, "-m", "facegan", *map(str, arguments), "--batch-size", "16")
    bar = re.search(r"training: 100%.* 96/96 .* photos/s.*editor ", err.replace("\r", "\n"))
    assert bar, err
    assert "training tiny on" in err and "epoch 1/" in err
    assert re.search("exporting graphs: 100%", err)


@pytest.fixture
def terminal(monkeypatch):
    """`terminal()`: from here on, stderr counts as a terminal."""
    return lambda: monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)


@pytest.mark.parametrize(
    "arguments, label",
    [
        (("generate", "--count", 40), "generating faces"),
        (("generate", "--count", 4, "--walk", "--out", "walk.gif"), "generating faces"),
        (("generate", "--count", 20, "--then", "glasses=1"), "generating faces"),
        (("edit", "--set", "glasses=1", "--strength", "0:2:0.05"), "editing faces"),
        (("edit", "--grid", "hair,glasses"), "editing faces"),
    ],
)
def test_many_faces_have_a_bar_that_reaches_its_end(
    facegan, terminal, model_file, drawn_faces, tmp_path, monkeypatch, arguments, label
):
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    if arguments[0] == "edit":
        for index in range(6):
            Image.fromarray(drawn_faces.faces[index]).save(tmp_path / f"{index}.png")
        arguments += tuple(tmp_path.glob("*.png"))
    if "--out" not in arguments:
        arguments += ("--out", tmp_path / "out.png")
    arguments += ("--model", model_file)
    quiet = facegan(*arguments)
    assert quiet[0] == 0 and label not in quiet[2]
    terminal()
    code, _, err = facegan(*arguments)
    assert code == 0 and label in err and "100%" in err
    assert facegan(*arguments, "--quiet")[2] == ""


def test_one_face_needs_none(facegan, terminal, model_file, tmp_path):
    terminal()
    _, _, err = facegan("generate", "--count", 1, "--out", tmp_path / "a.png", "--model", model_file)
    assert "making" not in err
