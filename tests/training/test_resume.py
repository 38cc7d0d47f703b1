"""A run that was stopped and goes on ends exactly where one without a stop ends."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from facegan.errors import FaceganError
from facegan.files import reserve
from facegan.training import pretraining
from facegan.training.checkpoints import Checkpoints
from facegan.training.run import settings_of_run, train

# Ten minutes are over after step 36.
KILLED = """
import json, os, signal, sys, time, types, keras
from facegan.data.prepared import PreparedFaces
from facegan.training import callbacks
from facegan.training.plan import Settings
from facegan.training.run import train

later = 0.0
callbacks.time = types.SimpleNamespace(monotonic=lambda: time.monotonic() + later)

class Kill(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        global later
        if batch + 1 == 35:
            later = 600.0
        if batch + 1 == 37:
            os.kill(os.getpid(), signal.SIGKILL)

faces, settings, out, images, tests = sys.argv[1:]
sys.path.insert(0, tests)
from unoptimised_graphs import leave_graphs_unoptimised

leave_graphs_unoptimised()
settings = Settings.from_dict(json.loads(settings))
train(PreparedFaces(faces), settings, out, images=int(images), callbacks=[Kill()])
"""


class Interrupt(keras.callbacks.Callback):
    """`kill` during a step; CTRL-C does the same."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_begin(self, batch, logs=None):
        if batch + 1 == self.step:
            os.kill(os.getpid(), signal.SIGTERM)


def end(out):
    """All arrays of the last checkpoint, and all weights of the model file."""
    path = Checkpoints(out / "checkpoints").paths()[-1]
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files if name != "description"}
    model = keras.saving.load_model(out / "model.keras", compile=False)
    return path.name, arrays | {f"model {i}": ops.convert_to_numpy(w) for i, w in enumerate(model.weights)}


def assert_same_end(first, second):
    (name, arrays), (other_name, others) = end(first), end(second)
    assert name == other_name
    assert arrays.keys() == others.keys()
    for key, array in arrays.items():
        assert array.dtype == others[key].dtype and array.tobytes() == others[key].tobytes(), key


def test_a_killed_run_goes_on_and_ends_as_if_nothing_had_been(run, whole, run_settings, drawn_faces, tmp_path):
    arguments = [str(drawn_faces.path), json.dumps(run_settings.to_dict()), str(tmp_path), str(60 * 16)]
    arguments.append(str(Path(__file__).parents[1]))
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], stderr=subprocess.DEVNULL)
    assert killed.returncode == -signal.SIGKILL
    # Step 37 is lost.
    assert Checkpoints(tmp_path / "checkpoints").describe()["step"] == 36
    assert settings_of_run(tmp_path) == (run_settings, 60 * 16)
    run(tmp_path, resume=True)
    assert_same_end(whole, tmp_path)


def test_a_run_interrupted_in_an_epoch_stops_after_the_step_and_goes_on(run, whole, tmp_path):
    """With a checkpoint after every single step besides."""
    before = signal.getsignal(signal.SIGTERM)
    model, finished = run(tmp_path, checkpoint_minutes=0.0, callbacks=[Interrupt(5)])
    assert not finished and model.exists()
    assert signal.getsignal(signal.SIGTERM) is before
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    assert checkpoints.describe()["step"] == 5
    assert [path.name for path in checkpoints.paths()] == [f"step-{step:08d}.npz" for step in (3, 4, 5)]
    assert run(tmp_path, resume=True) == (model, True)
    assert_same_end(whole, tmp_path)
    history = checkpoints.describe()["history"]
    assert [entry["step"] for entry in history] == [12, 24, 36, 48, 60]
    expected = [entry["losses"] for entry in Checkpoints(whole / "checkpoints").describe()["history"]]
    for entry, losses in zip(history, expected, strict=True):
        assert entry["losses"] == pytest.approx(losses)


# Killed in the third step of the attribute finder's training.
KILLED_BEFORE = """
import json, signal, sys, tensorflow
from facegan.data.prepared import PreparedFaces
from facegan.training import pretraining
from facegan.training.plan import Settings
from facegan.training.run import train
faces, settings, out, images, *folders = sys.argv[1:]
sys.path[:0] = folders
import shallow
from test_resume import signal_at

tensorflow.config.run_functions_eagerly(True)
pretraining.labelled_batch = signal_at(3, signal.SIGKILL)
train(PreparedFaces(faces), Settings.from_dict(json.loads(settings)), out, int(images), 0.0, pretrained=False)
"""


def signal_at(step, number, make=pretraining.labelled_batch):
    """Sends this process a signal when the batch of a step of the attribute finder's training is asked for."""

    def batch(*arguments):
        if arguments[-1] == step:
            os.kill(os.getpid(), number)
        return make(*arguments)

    return batch


@pytest.mark.usefixtures("eagerly")
def test_what_starts_from_imagenet_goes_on_exactly_as_well(drawn_faces, small_settings, tmp_path, caplog, monkeypatch):
    """The attribute finder, killed and stopped in its training, and power iterations of the feature critic."""
    settings = small_settings("celeba128", {"attribute_finder.images": 96}, batch_size=16)

    def run(name, steps, **options):
        out = tmp_path / name
        _, finished = train(drawn_faces, settings, out, 16 * steps, pretrained=False, **options)
        saved = [path.stem for path in Checkpoints(out / "checkpoints").paths()]
        trained = "training the attribute finder" in caplog.text
        caplog.clear()
        return finished, saved, trained

    def killed():
        """Nothing on JAX, which compiles for long in another process."""
        if keras.backend.backend() == "jax":
            return False
        arguments = [str(drawn_faces.path), json.dumps(settings.to_dict()), str(tmp_path / "parts"), str(16)]
        arguments += [str(Path(__file__).parents[level]) for level in (0, 1)]
        process = subprocess.run([sys.executable, "-c", KILLED_BEFORE, *arguments], stderr=subprocess.DEVNULL)
        assert process.returncode == -signal.SIGKILL
        assert Checkpoints(tmp_path / "parts" / "checkpoints").describe()["pretraining_step"] < 4
        return True

    caplog.set_level("INFO", "facegan")
    assert run("whole", 2) == (True, ["pretraining_step-00000006", "step-00000002"], True)
    resume = killed()
    with monkeypatch.context() as patch:
        patch.setattr(pretraining, "labelled_batch", signal_at(4, signal.SIGTERM))
        finished, saved, _ = run("parts", 1, resume=resume)
    # Batches are made ahead of the steps.
    assert not finished and saved[-1] in ("pretraining_step-00000004", "pretraining_step-00000005")
    # The newest three are kept.
    saved = [*saved, "pretraining_step-00000006", "step-00000001"][-3:]
    assert run("parts", 1, resume=True) == (True, saved, True)
    finished, saved, pretrained = run("parts", 2, resume=True)
    assert finished and saved[-1] == "step-00000002" and not pretrained
    assert_same_end(tmp_path / "whole", tmp_path / "parts")


def test_the_model_knows_its_run(whole, run_settings, drawn_faces):
    record = keras.saving.load_model(whole / "model.keras", compile=False).record
    assert record["settings"] == json.loads(json.dumps(run_settings.to_dict()))
    assert record["data"] == drawn_faces.info
    assert record["images_seen"] == 60 * 16
    assert [entry["step"] for entry in record["history"]] == [12, 24, 36, 48, 60]
    assert record["history"][0]["images_per_second"] > 0


def test_a_run_is_not_started_where_it_cannot_go_on(run, whole, tmp_path):
    with pytest.raises(FaceganError, match="holds a run already"):
        run(whole)
    with pytest.raises(FaceganError, match="no checkpoint to resume from"):
        run(tmp_path, resume=True)
    with pytest.raises(FaceganError, match="was trained on 960 photos already"):
        run(whole, resume=True)


@pytest.mark.usefixtures("eagerly")
def test_a_model_of_no_run_is_not_replaced(run, tmp_path):
    (tmp_path / "model.keras").write_bytes(b"trained elsewhere")
    with pytest.raises(FaceganError, match="it exists; choose another --out, or add --overwrite"):
        run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    assert (tmp_path / "model.keras").read_bytes() == b"trained elsewhere"
    run(tmp_path, steps=1, overwrite=True)
    assert keras.saving.load_model(tmp_path / "model.keras", compile=False)


def test_two_runs_into_one_folder_are_refused(run, tmp_path):
    with reserve(tmp_path / "run"):
        with pytest.raises(FaceganError, match="another process is writing to it"):
            run(tmp_path / "run")
        assert not list((tmp_path / "run").iterdir())


def test_other_pixels_under_the_same_labels_are_noticed(run, whole, drawn_faces, tmp_path, monkeypatch):
    shutil.copytree(whole, tmp_path / "run")
    monkeypatch.setattr(type(drawn_faces), "digest", lambda faces: "others")
    with pytest.raises(FaceganError, match="was trained on other data"):
        run(tmp_path / "run", resume=True)


def test_logs_do_not_name_the_machine(whole):
    assert not [path for path in whole.rglob("*") if socket.gethostname() in path.name]
