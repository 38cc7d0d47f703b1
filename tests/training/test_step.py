"""One forward pass and one backward pass per network are, number for number, three separate runs."""

import keras
import numpy as np
import pytest
from keras import ops

NETWORKS = ("discriminator", "generator", "editor")


def networks_of(step):
    return (*NETWORKS, "feature_critic") if step.training.networks.feature_critic else NETWORKS


def test_every_weight_belongs_to_exactly_one_network(step):
    groups = step.training.network_variables
    assert tuple(groups) == networks_of(step)
    grouped = [id(variable) for variables in groups.values() for variable in variables]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == {id(weight) for weight in step.training.networks.trainable_weights}
    for ordered in (step.training.trainable_variables, step.training.trainable_weights):
        assert [id(variable) for variable in ordered] == grouped


def test_the_shared_encoder_is_the_discriminators(step):
    groups = {name: set(map(id, variables)) for name, variables in step.training.network_variables.items()}
    encoder = {id(weight) for weight in step.training.networks.encoder.weights}
    assert encoder & groups["discriminator"] and not encoder & (groups["generator"] | groups["editor"])


def test_what_starts_from_imagenet_is_frozen_in_a_step(step):
    """The finder and the features; of the critic's heads only the power iterations change besides the weights."""
    training = step.training
    paths = [variable.path for variable in training.state_variables]
    iterations = [path for path in paths if path.endswith("singular_vector")]
    assert bool(iterations) == ("feature_critic" in networks_of(step))
    assert not {id(v) for v in training.state_variables} & {id(v) for v in training.trainable_variables}


def test_each_network_has_the_recipes_rate(step):
    recipe = step.training.networks.recipe
    rates = {name: getattr(recipe.optimizers, name) for name in NETWORKS}
    if recipe.feature_critic:
        rates["feature_critic"] = recipe.feature_critic.learning_rate
    assert step.training.learning_rates == rates
    expected = [rates[name] for name, variables in step.training.network_variables.items() for _ in variables]
    assert step.training.optimizer._rates == expected


def test_a_loss_is_the_sum_of_its_terms(step):
    for network in networks_of(step):
        terms = [value for name, value in step.losses.items() if name.startswith(f"{network}/")]
        assert len(terms) >= 2
        assert step.losses[network] == pytest.approx(sum(terms), rel=1e-5)


def test_every_weight_gets_a_gradient(step):
    for network, gradients in step.gradients.items():
        for variable, gradient in zip(step.training.network_variables[network], gradients, strict=True):
            assert gradient.shape == variable.shape
            assert np.isfinite(gradient).all()
            # A Wasserstein critic's scores are only compared, so that its bias cancels out.
            unused = variable.path.endswith("score/bias") and step.training.networks.recipe.name != "paper"
            # With all scores between the hinges, photos pull the last bias up as far as made faces pull it down.
            unused |= network == "feature_critic" and variable.shape == (1,)
            assert np.abs(gradient).max() > 0 or unused, variable.path


def test_an_edit_is_compared_with_the_photo(step):
    networks, objective = step.training.networks, step.training.networks.recipe.objective
    real = step.batch["images"].astype("float32") / 127.5 - 1.0
    away = real - ops.convert_to_numpy(networks.edit(real, step.batch["labels"], step.batch["targets"]))
    if networks.recipe.name == "paper":
        expected = objective.reconstruction * np.mean(away**2)
    else:
        expected = objective.editor.reconstruction * np.mean(np.abs(away))
    assert step.losses["editor/reconstruction"] == pytest.approx(expected, rel=1e-4)


def test_unknown_labels_teach_the_classifiers_nothing(step, step_of):
    """Without a known label, the loss on real photos is zero, and everything that is about made faces stays."""
    if step.training.networks.recipe.name == "paper":
        pytest.skip("the paper's data are labelled throughout")
    found = step_of(step.training, step.batch | {"known": np.zeros_like(step.batch["known"])})
    matches = {"discriminator/match", "feature_critic/match"} & set(step.losses)
    assert all(found.losses[name] == 0 < step.losses[name] for name in matches)
    others = [name for name in step.losses if "/" in name and name not in matches]
    assert [found.losses[name] for name in others] == pytest.approx([step.losses[name] for name in others], rel=1e-5)


@pytest.mark.parametrize("network", (*NETWORKS, "feature_critic"))
def test_gradients_are_those_of_each_loss_alone(step, network, monkeypatch):
    """As if only this network trained, and the critics on images that others had made before."""
    if network not in networks_of(step):
        pytest.skip("the recipe has no such network")
    if network in ("discriminator", "feature_critic"):
        fix_images(step, monkeypatch)
    own = step.training.network_variables[network]
    for variable, gradient, plain in zip(own, step.gradients[network], plain_gradients(step, network), strict=True):
        assert np.abs(gradient - plain).max() <= 1e-4 * np.abs(plain).max() + 1e-7, variable.path


@pytest.mark.parametrize("network", ["generator", "editor"])
def test_gradients_are_the_slopes_of_the_losses(step, network):
    """Against finite differences, along parts of the gradient. (The discriminator's penalty jumps where a LeakyReLU
    changes sides, so that differences are no measure of it.)
    """
    loss = compiled_loss(step, network)
    weights = [ops.convert_to_numpy(variable) for variable in step.training.network_variables[network]]
    random = np.random.default_rng(1)
    for _ in range(3):
        parts = [gradient * (random.random(gradient.shape) < 0.5) for gradient in step.gradients[network]]
        slope = np.sqrt(sum((part.astype("float64") ** 2).sum() for part in parts))
        # Beyond a few of these, LeakyReLUs change sides here, too; sooner through the deep networks from ImageNet.
        length = 2e-5 if step.training.networks.feature_critic else 1e-4
        there, back = (
            float(loss([ops.convert_to_tensor((weight + sign * length / slope * part).astype("float32"))
                        for weight, part in zip(weights, parts, strict=True)]))
            for sign in (1, -1)
        )  # fmt: skip
        assert (there - back) / (2 * length) == pytest.approx(slope, rel=0.02)


def fix_images(step, monkeypatch):
    """Has the networks return the images that they make now, whatever the weights."""
    networks, batch = step.training.networks, step.batch
    real = batch["images"].astype("float32") / 127.5 - 1.0
    generated = networks.generate(batch["noise"], batch["labels"])
    edited = networks.edit(real, batch["labels"], batch["targets"])
    monkeypatch.setattr(networks, "generate", lambda *_, **__: generated)
    monkeypatch.setattr(networks, "edit", lambda *_, **__: edited)


def loss_of_values(step, network):
    """A network's loss as a function of its weights."""
    batch = {name: ops.convert_to_tensor(array) for name, array in step.batch.items()}
    own = step.training.network_variables[network]

    def loss(values):
        with keras.StatelessScope(state_mapping=list(zip(own, values, strict=True))):
            return step.training.losses(batch)[0][network]

    return loss


def compiled_loss(step, network):
    if keras.backend.backend() == "tensorflow":
        return loss_of_values(step, network)
    import jax

    return jax.jit(loss_of_values(step, network))


def plain_gradients(step, network):
    loss = loss_of_values(step, network)
    values = [ops.convert_to_tensor(variable.value) for variable in step.training.network_variables[network]]
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(values)
            result = loss(values)
        gradients = tape.gradient(result, values)
    else:
        import jax

        gradients = jax.jit(jax.grad(loss))(values)
    return [ops.convert_to_numpy(gradient) for gradient in gradients]
