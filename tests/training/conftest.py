from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from random_weights import enliven

from facegan.training import samples
from facegan.training.run import batch_source, build_training, train

# With all of them, drawing and writing the sample images takes longer than a few steps.
samples.GENERATED, samples.EDITED = 4, 2


@dataclass
class Step:
    """A training, one batch, and what the step makes of it: `{network: [array, ...]}` and `{name: number}`."""

    training: Any
    batch: dict
    losses: dict
    gradients: dict


def one_step(training, batch):
    """`Step` of this training and this batch."""
    state = [ops.convert_to_numpy(variable).copy() for variable in training.state_variables]
    _, logs, gradients = training.gradients(({name: ops.convert_to_tensor(array) for name, array in batch.items()},))
    # TensorFlow has taken the step's power iterations; whoever computes the step again begins where it began.
    for variable, array in zip(training.state_variables, state, strict=True):
        variable.assign(array)
    arrays = iter([ops.convert_to_numpy(gradient) for gradient in gradients])
    return Step(
        training,
        batch,
        {name: float(value) for name, value in logs.items()},
        {name: [next(arrays) for _ in variables] for name, variables in training.network_variables.items()},
    )


# celeba128 takes JAX long to compile; `test_backends.py` compares it there with TensorFlow.
RECIPES = ["paper", "tiny", "celeba128"] if keras.backend.backend() == "tensorflow" else ["paper", "tiny"]


@pytest.fixture(scope="session", params=RECIPES)
def step(request, drawn_faces, small_settings):
    """One step without dropout, whose random numbers nobody could compute again."""
    settings = small_settings(request.param, {"networks.encoder.dropout": 0.0}, batch_size=4)
    training = build_training(drawn_faces, settings, pretrained=False)
    # Away from the start, where all norms are 1 and 0 and all of what they scale is hidden.
    random = np.random.default_rng(0)
    for variable in training.trainable_variables:
        variable.assign(variable + 0.05 * random.standard_normal(variable.shape).astype("float32"))
    if settings.recipe.name == "celeba128":
        enliven(training._projector)
        enliven(training.networks.attribute_finder)
    return one_step(training, batch_source(drawn_faces, settings, training.networks.attributes).at(0))


@pytest.fixture(scope="session")
def step_of():
    return one_step


# A run of the tests: five epochs of twelve steps, with dropout. Small kernels, because JAX compiles them faster.
STEPS, BATCH_SIZE = 60, 16


@pytest.fixture(scope="session")
def run_settings(small_settings):
    return small_settings(
        "paper", {"networks.encoder.kernel_size": 3, "networks.encoder.max_filters": 4}, batch_size=BATCH_SIZE
    )


@pytest.fixture(scope="session")
def run(drawn_faces, run_settings):
    """`run(out, steps=60, resume=True, ...)`: `train` with the settings that all these runs have."""

    def start(out, steps=STEPS, **options):
        return train(drawn_faces, run_settings, out, images=steps * BATCH_SIZE, **options)

    return start


@pytest.fixture(scope="session")
def whole(run, tmp_path_factory):
    """The folder of a run that nothing has interrupted."""
    out = tmp_path_factory.mktemp("whole") / "run"
    assert run(out) == (out / "model.keras", True)
    return out
