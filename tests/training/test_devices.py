"""Several devices, several processes: the same run as on one device."""

import json
import os
import shutil
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest

from facegan.errors import FaceganError
from facegan.training.checkpoints import Checkpoints
from facegan.training.devices import parallel
from facegan.training.run import train

STEPS, BATCH_SIZE = 4, 8

# Devices have to be there before the backend starts, so each such run is a process of its own. It writes its losses.
RUN = """
import json, os, sys, keras
faces, settings, out, virtual, devices, steps, resume = json.loads(sys.argv[1])
os.environ["XLA_FLAGS"] += f" --xla_force_host_platform_device_count={virtual}"
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * virtual)
from facegan.data.prepared import PreparedFaces
from facegan.training.devices import join_hosts
from facegan.training.plan import Settings
from facegan.training.run import train
join_hosts()
settings = Settings.from_dict(settings)
losses = []
record = keras.callbacks.LambdaCallback(
    on_train_batch_end=lambda batch, logs: losses.append({name: float(value) for name, value in logs.items()})
)
images = steps * settings.batch_size
train(PreparedFaces(faces), settings, out, images, resume=resume, devices=devices, callbacks=[record])
print(json.dumps(losses))
"""


@pytest.fixture(scope="module")
def settings(small_settings):
    # Without dropout, which TensorFlow draws on each device by itself.
    return small_settings("tiny", {"networks.encoder.max_filters": 4}, batch_size=BATCH_SIZE)


@pytest.fixture(scope="module")
def start(drawn_faces, settings):
    """`start(out, virtual, devices, ...)`: a process that trains on some of its virtual devices."""

    def process(out, virtual, devices, resume=False, **environment):
        arguments = [str(drawn_faces.path), settings.to_dict(), str(out), virtual, devices, STEPS, resume]
        return subprocess.Popen(
            [sys.executable, "-c", RUN, json.dumps(arguments)],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return process


@pytest.fixture(scope="module")
def alone(module_eagerly, drawn_faces, settings, tmp_path_factory):
    """The run on one device: `(its losses, its last checkpoint's arrays, the folder of its first half)`."""
    half = tmp_path_factory.mktemp("alone") / "half"
    whole, losses = half.with_name("whole"), []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: losses.append({name: float(value) for name, value in logs.items()})
    )
    train(drawn_faces, settings, half, STEPS // 2 * BATCH_SIZE, callbacks=[record])
    shutil.copytree(half, whole)
    train(drawn_faces, settings, whole, STEPS * BATCH_SIZE, resume=True, callbacks=[record])
    return losses, arrays(whole), half


def arrays(out):
    with np.load(Checkpoints(out / "checkpoints").paths()[-1], allow_pickle=False) as file:
        return {name: file[name] for name in file.files if name != "description"}


def losses_of(process):
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return json.loads(output.splitlines()[-1])


def assert_same_run(losses, out, alone):
    for step, (found, expected) in enumerate(zip(losses, alone[0][-len(losses) :], strict=True)):
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-4), step
    found = arrays(out)
    assert found.keys() == alone[1].keys()
    for name, array in alone[1].items():
        # Adam divides by the size of a gradient, and so makes much of the rounding of those next to zero.
        np.testing.assert_allclose(found[name], array, atol=1e-3 * np.abs(array).max() + 1e-5, err_msg=name)


def test_several_devices_go_on_as_one_would(start, alone, tmp_path):
    """Half of the run on one, resumed on several: weights, moving averages and moments come out the same."""
    out = shutil.copytree(alone[2], tmp_path / "run")
    # TensorFlow makes a graph of each device's step, which takes long.
    devices = 2 if keras.backend.backend() == "tensorflow" else 4
    losses = losses_of(start(out, virtual=4, devices=devices, resume=True))
    assert len(losses) == STEPS // 2
    assert_same_run(losses, out, alone)


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="training on several hosts works on JAX alone")
def test_two_processes_do_what_one_does(start, alone, tmp_path):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    processes = [
        start(
            tmp_path,
            virtual=1,
            devices=2,
            KERAS_DISTRIBUTION_JOB_ADDRESSES=address,
            KERAS_DISTRIBUTION_NUM_PROCESSES="2",
            KERAS_DISTRIBUTION_PROCESS_ID=str(index),
        )
        for index in range(2)
    ]
    first, second = [losses_of(process) for process in processes]
    assert first == second
    assert_same_run(first, tmp_path, alone)


def test_more_devices_than_there_are():
    with pytest.raises(FaceganError, match="--devices 64: this machine has"), parallel(64, 64):
        pass


def test_a_batch_that_cannot_be_shared_out(monkeypatch):
    monkeypatch.setattr("facegan.training.devices.devices", lambda: ["gpu:0", "gpu:1", "gpu:2"])
    with pytest.raises(FaceganError, match="a batch of 32 photos cannot be split evenly across 3 devices"):
        with parallel(3, 32):
            pass
