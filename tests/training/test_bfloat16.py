"""bfloat16 stays inside the networks."""

import keras
import numpy as np
import pytest
from keras import ops

from facegan.training.run import build_training


@pytest.mark.parametrize("step", ["paper"], indirect=True)
def test_bfloat16_stays_close_to_float32_and_keeps_its_state_in_float32(step, step_of, drawn_faces, small_settings):
    settings = small_settings("paper", {"networks.encoder.dropout": 0.0}, batch_size=4, precision="bfloat16")
    training = build_training(drawn_faces, settings)
    for variable, other in zip(training.trainable_variables, step.training.trainable_variables):
        variable.assign(ops.copy(other.value))
    state = training.trainable_variables + training.optimizer.variables[1:]
    assert {variable.dtype for variable in state} == {"float32"}
    assert training.networks.encoder.layers[1].compute_dtype == "bfloat16"
    rounded = step_of(training, step.batch)
    gradients = [gradient for arrays in rounded.gradients.values() for gradient in arrays]
    assert {gradient.dtype for gradient in gradients} == {np.dtype("float32")}
    for name, loss in step.losses.items():
        assert rounded.losses[name] == pytest.approx(loss, rel=0.05, abs=0.02), name
    assert any(rounded.losses[name] != loss for name, loss in step.losses.items())
    images = training.networks.generate(step.batch["noise"], step.batch["labels"])
    assert keras.backend.standardize_dtype(images.dtype) == "float32"
