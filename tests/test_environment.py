"""Settings of other programs, closed streams, readers that leave and signals do not change what a command does."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from facegan.data.prepare import PARTIAL

COMMAND = [sys.executable, "-m", "facegan"]
FOREIGN = {
    "TF_USE_LEGACY_KERAS": "1",
    "KERAS_MAX_EPOCHS": "many",
    "KERAS_MAX_STEPS_PER_EPOCH": "1",
    "KERAS_NNX_ENABLED": "1",
}


@pytest.fixture
def foreign(tmp_path):
    """The environment of somebody who works with another backend and other settings."""
    content = {"backend": "torch", "image_data_format": "channels_first", "floatx": "float16", "epsilon": 0.1}
    (tmp_path / "keras").mkdir()
    (tmp_path / "keras" / "keras.json").write_text(json.dumps(content))
    without = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    return {**without, **FOREIGN, "KERAS_HOME": str(tmp_path / "keras")}


def test_foreign_settings_and_a_closed_stderr_change_nothing(foreign, model_file, tmp_path):
    arguments = ["generate", "--model", str(model_file), "--seed", "1", "--count", "2", "--then", "glasses=1", "--out"]
    closed = f"{sys.executable} -m facegan {' '.join(arguments)} foreign.png 2>&-"
    assert subprocess.run(closed, shell=True, env=foreign, cwd=tmp_path).returncode == 0
    own = os.environ | {"KERAS_BACKEND": "tensorflow"}
    subprocess.run([*COMMAND, *arguments, "own.png"], env=own, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "foreign.png").read_bytes() == (tmp_path / "own.png").read_bytes()


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
@pytest.mark.parametrize("name", ["\u8138.png", "caf\u00e9 \U0001f642.png", "caf\udce9.png"])
def test_printing_never_decides_the_exit_status(facegan, monkeypatch, tmp_path, encoding, name):
    # Into a folder of that name, because pictures of it have names of ours.
    out = tmp_path / name.removesuffix(".png")

    def run(*options):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", stream)
        code, _, err = facegan("prepare", "drawn", out, "--size", 32, "--count", 4, *options)
        stream.flush()
        shutil.rmtree(out)
        assert code == 0, err
        return stream.buffer.getvalue()

    assert json.loads(run("--json").decode("ascii"))["data"] == str(out)
    printed = run("--quiet")
    assert b"4 faces of 32x32" in printed
    # On a stream of the file system's encoding, the name is what the file system has.
    assert encoding != "utf-8" or os.fsencode(out) in printed


def test_the_doctor_tells_what_is_ignored(foreign):
    done = subprocess.run([*COMMAND, "doctor", "--json"], env=foreign, capture_output=True, text=True, check=True)
    found = {row["found"] for row in json.loads(done.stdout) if row["what"] == "environment"}
    assert found == {
        *(f"{name}={value}" for name, value in FOREIGN.items()),
        "keras.json: image_data_format channels_first", "keras.json: floatx float16", "keras.json: epsilon 0.1",
        "keras.json: backend torch",
    }  # fmt: skip


@pytest.mark.parametrize("command", ["generate", "doctor"])
def test_another_backend_is_said_in_one_line(command, model_file, tmp_path):
    # A model without exported graphs, which needs a backend.
    options = ["--model", model_file] if command == "generate" else []
    done = subprocess.run(
        [*COMMAND, command, *options],
        env=os.environ | {"KERAS_BACKEND": "torch"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "facegan runs on TensorFlow and JAX, not on 'torch'" in done.stdout + done.stderr
    assert done.returncode == (2 if command == "generate" else 0)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", ["info", "--help", "info --json"])
def test_a_reader_that_leaves_is_no_error(arguments):
    done = subprocess.run(
        ["bash", "-c", f"{' '.join(COMMAND)} {arguments} | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


@pytest.mark.usefixtures("signals_heeded")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_prepare_keeps_what_it_has_read_whatever_stops_it(stop, tmp_path):
    arguments = [*COMMAND, "prepare", "drawn", str(tmp_path / "out"), "--size", "128", "--count", "20000"]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    log = tmp_path / f"out{PARTIAL}" / "done.jsonl"
    while process.poll() is None and not (log.exists() and log.stat().st_size):
        time.sleep(0.05)
    process.send_signal(stop)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and errors.splitlines()[-1] == "facegan: stopped; the same command resumes"
    assert log.stat().st_size and "Traceback" not in errors
