"""Batch and losses of a first step, as they were when these values were recorded: renovation may not change them."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops
from random_weights import enliven

from facegan.training.run import batch_source, build_training

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "step.json").read_text())


# celeba128 takes JAX long to compile; `test_backends.py` compares it there with TensorFlow.
@pytest.mark.parametrize("name", [name for name in GOLDEN if (name, keras.backend.backend()) != ("celeba128", "jax")])
def test_the_first_step_is_as_recorded(drawn_faces, small_settings, step_of, name):
    settings = small_settings(name, {"networks.encoder.dropout": 0.0}, batch_size=4)
    training = build_training(drawn_faces, settings, pretrained=False)
    # Drawn by NumPy, so that they are the same on every backend.
    random = np.random.default_rng(0)
    drawn = [variable for variable in training.state_variables if "seed" not in variable.name]
    for variable in [*training.trainable_variables, *drawn]:
        variable.assign(ops.cast(0.1 * random.standard_normal(variable.shape), "float32"))
    if settings.recipe.feature_critic is not None:
        enliven(training._projector)
        enliven(training.networks.attribute_finder)
    batch = batch_source(drawn_faces, settings, training.networks.attributes).at(0)
    for key, mean in GOLDEN[name]["batch"].items():
        assert np.mean(batch[key], dtype="float64") == pytest.approx(mean, abs=1e-7), key
    assert step_of(training, batch).losses == pytest.approx(GOLDEN[name]["losses"], rel=1e-4, abs=1e-5)
