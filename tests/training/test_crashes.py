"""A run that ends anywhere, its disk full or its process killed, goes on and ends as if nothing had been.

What a process that is killed while it writes leaves is what is on the disk at that moment. So one run copies its folder
at every write, and each copy is resumed. `experiments/crashes` kills real processes.
"""

import errno
import os
import shutil
from contextlib import nullcontext
from pathlib import Path

import keras
import numpy as np
import pytest
from full_disk import full_disk
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from test_resume import assert_same_end

from facegan.errors import FaceganError
from facegan.training.checkpoints import Checkpoints
from facegan.training.run import train

STEPS = 2
pytestmark = pytest.mark.skipif(keras.backend.backend() == "jax", reason="files are the same on both backends")


@pytest.fixture(scope="module")
def start(drawn_faces, small_settings, module_eagerly):
    """`start(out, resume=True)`: a run of two steps with a checkpoint after each."""
    settings = small_settings("tiny", {"networks.encoder.max_filters": 4}, batch_size=8)

    def run(out, **options):
        train(drawn_faces, settings, out, **{"images": STEPS * 8, "checkpoint_minutes": 0.0, **options})

    return run


def read_events(out):
    """Reads all event files as TensorBoard does."""
    return [event for path in (out / "logs").iterdir() for event in RawEventFileLoader(str(path)).Load()]


def go_on(start, out):
    """Resumes as a user would; what a killed process has left must be readable."""
    checkpoints = Checkpoints(out / "checkpoints")
    if not checkpoints.paths():
        # The model is written before its checkpoint.
        start(out, overwrite=True)
    elif checkpoints.describe()["step"] < STEPS:
        start(out, resume=True)
    assert list(out.rglob(".*")) == []
    assert read_events(out)


@pytest.fixture(scope="module")
def crashes(start, tmp_path_factory):
    """`(folder of a whole run, {file that is being written: folder at that moment})`."""
    out = tmp_path_factory.mktemp("whole") / "run"
    copies, replace = {}, os.replace

    def copy_and_replace(source, target):
        copy = copies[Path(target).name] = tmp_path_factory.mktemp("killed") / "run"
        shutil.copytree(out, copy)
        # Only a part has been written, of this file and of the event that came last.
        for path in (copy / Path(source).relative_to(out), *(copy / "logs").iterdir()):
            os.truncate(path, path.stat().st_size - 100)
        replace(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", copy_and_replace)
        start(out)
    return out, copies


@pytest.mark.parametrize("file", ["model.keras", "step-00000001.npz", "step-00000002.npz"])
def test_a_run_that_is_killed_while_it_writes_a_file_goes_on(start, crashes, file):
    whole, copies = crashes
    go_on(start, copies[file])
    assert_same_end(whole, copies[file])


def no_room(patch, module, name):
    def write_half(*args, **kwargs):
        next(arg for arg in args if isinstance(arg, Path)).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "full")

    patch.setattr(module, name, write_half)


@pytest.mark.parametrize("kind", ["logs", "model.keras", "checkpoints"])
def test_a_full_disk_is_said_and_with_room_the_run_goes_on(start, crashes, tmp_path, kind):
    whole, _ = crashes
    out = tmp_path / "run"
    if kind == "checkpoints":
        # The first is whole, and of the second there is a part.
        start(out, images=8)
    with pytest.MonkeyPatch.context() as patch, full_disk(2000) if kind == "logs" else nullcontext():
        if kind == "model.keras":
            no_room(patch, keras.saving, "save_model")
        elif kind == "checkpoints":
            no_room(patch, np, "savez")
        with pytest.raises(FaceganError, match=rf"cannot write .*{kind}.*: (File too large|No space left on device)"):
            start(out, resume=kind == "checkpoints")
    assert list(out.rglob(".*")) == [] and Checkpoints(out / "checkpoints").paths() == list(out.rglob("*.npz"))
    go_on(start, out)
    assert_same_end(whole, out)
