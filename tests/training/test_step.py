"""One forward pass and one backward pass a network are, number for number, three separate trainings."""

import keras
import numpy as np
import pytest
from keras import ops

NETWORKS = ("discriminator", "generator", "editor")


def test_every_weight_belongs_to_exactly_one_network(step):
    groups = step.training.network_variables
    assert tuple(groups) == NETWORKS
    grouped = [id(variable) for variables in groups.values() for variable in variables]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == {id(weight) for weight in step.training.networks.trainable_weights}
    assert [id(variable) for variable in step.training.trainable_variables] == grouped


def test_the_shared_encoder_is_the_discriminators(step):
    groups = {name: {id(variable) for variable in variables} for name, variables in step.training.network_variables.items()}
    encoder = {id(weight) for weight in step.training.networks.encoder.weights}
    assert encoder & groups["discriminator"] and not encoder & (groups["generator"] | groups["editor"])


def test_a_loss_is_the_sum_of_its_terms(step):
    for network in NETWORKS:
        terms = [value for name, value in step.losses.items() if name.startswith(f"{network}/")]
        assert len(terms) >= 3
        assert step.losses[network] == pytest.approx(sum(terms), rel=1e-5)


def test_every_weight_gets_a_gradient(step):
    for network, gradients in step.gradients.items():
        for variable, gradient in zip(step.training.network_variables[network], gradients):
            assert gradient.shape == variable.shape
            assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0, variable.path


@pytest.mark.parametrize("network", NETWORKS)
def test_gradients_are_those_of_each_loss_alone(step, network, monkeypatch):
    """Against finite differences: the slope of a loss along its gradient, within random parts of its weights."""
    training, networks = step.training, step.training.networks
    batch = {name: ops.convert_to_tensor(array) for name, array in step.batch.items()}
    if network == "discriminator":
        # It sees made faces as they are: they are fixed, although the editor makes them from the encoder's features.
        real = ops.cast(batch["images"], "float32") / 127.5 - 1.0
        generated = networks.generate(batch["noise"], batch["labels"])
        edited = networks.edit(real, batch["labels"], batch["targets"])
        monkeypatch.setattr(networks, "generate", lambda *_, **__: generated)
        monkeypatch.setattr(networks, "edit", lambda *_, **__: edited)
    own = training.network_variables[network]
    loss = loss_of(training, own, network, batch)
    weights = [ops.convert_to_numpy(variable) for variable in own]
    random = np.random.default_rng(1)
    for _ in range(3):
        parts = [gradient * (random.random(gradient.shape) < 0.5) for gradient in step.gradients[network]]
        slope = np.sqrt(sum((part.astype("float64") ** 2).sum() for part in parts))
        length = 2e-3
        there, back = (
            loss([weight + sign * length / slope * part for weight, part in zip(weights, parts)]) for sign in (1, -1)
        )
        assert (there - back) / (2 * length) == pytest.approx(slope, rel=0.02)


def loss_of(training, variables, network, batch):
    """A network's loss as a function of its weights; compiled on JAX."""

    def compute(values):
        with keras.StatelessScope(state_mapping=list(zip(variables, values))):
            return training.losses(batch)[0][network]

    if keras.backend.backend() == "jax":
        import jax

        compute = jax.jit(compute)
    return lambda values: float(compute([ops.convert_to_tensor(value.astype("float32")) for value in values]))
