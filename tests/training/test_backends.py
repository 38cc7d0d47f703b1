"""TensorFlow and JAX take the same step."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

# The other process reads model and batch, and writes losses and gradients.
STEP = """
import sys, keras, numpy as np
sys.path[:0] = sys.argv[1:]
from conftest import one_step
import shallow
from random_weights import enliven
from facegan.models import facegan
from facegan.training.step import GANTraining
training = GANTraining(keras.saving.load_model("model.keras", compile=False), pretrained=False)
if training._projector:
    enliven(training._projector)
step = one_step(training, dict(np.load("batch.npz")))
gradients = {f"{name} {i}": array for name, arrays in step.gradients.items() for i, array in enumerate(arrays)}
np.savez("step.npz", **gradients, **step.losses)
"""


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="TensorFlow's tests compare the same two")
def test_both_backends_have_the_same_losses_and_gradients(step, tmp_path):
    step.training.networks.save(tmp_path / "model.keras")
    np.savez(tmp_path / "batch.npz", **step.batch)
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    command = [sys.executable, "-c", STEP, *(str(Path(__file__).parents[level]) for level in (0, 1))]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    other = np.load(tmp_path / "step.npz")
    for name, loss in step.losses.items():
        assert abs(loss - other[name]) < 1e-4 * max(1, abs(loss)), name
    for network, gradients in step.gradients.items():
        for index, gradient in enumerate(gradients):
            error = np.abs(gradient - other[f"{network} {index}"]).max()
            # Where large terms cancel, what is left is as exact as they are; a deviation divides by a small number.
            assert error <= 1e-3 * np.abs(gradient).max() + 1e-6, step.training.network_variables[network][index].path


def test_the_slope_of_the_inputs_can_be_differentiated_again():
    from facegan.training.backends import input_gradients

    points = np.array([[1.0, -2.0], [3.0, 0.5]], "float32")
    second = input_gradients(
        lambda inputs: ops.sum(input_gradients(lambda x: ops.sum(x**3, axis=1), inputs), axis=1),
        ops.convert_to_tensor(points),
    )
    assert (ops.convert_to_numpy(second) == 6 * points).all()
