"""Batch and losses of a first step, as they were when these values were recorded: renovation may not change them."""

import json
from pathlib import Path

import numpy as np
import pytest
from keras import ops

from facegan.training.run import batch_source, build_training

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "step.json").read_text())


@pytest.mark.parametrize("name", GOLDEN)
def test_the_first_step_is_as_recorded(drawn_faces, small_settings, step_of, name):
    settings = small_settings(name, {"networks.encoder.dropout": 0.0}, batch_size=4)
    training = build_training(drawn_faces, settings)
    # Drawn by NumPy, so that they are the same on every backend.
    random = np.random.default_rng(0)
    for variable in training.trainable_variables:
        variable.assign(ops.cast(0.1 * random.standard_normal(variable.shape), "float32"))
    batch = batch_source(drawn_faces, settings, training.networks.attributes).at(0)
    for key, mean in GOLDEN[name]["batch"].items():
        assert np.mean(batch[key], dtype="float64") == pytest.approx(mean, abs=1e-7), key
    assert step_of(training, batch).losses == pytest.approx(GOLDEN[name]["losses"], rel=1e-4)
