"""One forward pass and one backward pass a network are, number for number, three separate trainings."""

import keras
import numpy as np
import pytest
from keras import ops

from facegan.regions import EYES
from facegan.training.run import build_training

NETWORKS = ("discriminator", "generator", "editor")


def test_every_weight_belongs_to_exactly_one_network(step):
    groups = step.training.network_variables
    assert tuple(groups) == NETWORKS
    grouped = [id(variable) for variables in groups.values() for variable in variables]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == {id(weight) for weight in step.training.networks.trainable_weights}
    for ordered in (step.training.trainable_variables, step.training.trainable_weights):
        assert [id(variable) for variable in ordered] == grouped


def test_the_shared_encoder_is_the_discriminators(step):
    groups = {name: set(map(id, variables)) for name, variables in step.training.network_variables.items()}
    encoder = {id(weight) for weight in step.training.networks.encoder.weights}
    assert encoder & groups["discriminator"] and not encoder & (groups["generator"] | groups["editor"])


def test_rates_fall_at_the_end_of_a_run_whose_length_is_known(drawn_faces, small_settings):
    settings = small_settings("tiny", rate_decay=0.5)
    full = build_training(drawn_faces, settings).rates(90)
    assert full == {"discriminator": 1e-3, "generator": 5e-4, "editor": 6e-4}
    falling = build_training(drawn_faces, settings, steps=100)
    assert falling.rates(50) == pytest.approx(full)
    assert falling.rates(90) == pytest.approx({name: 0.2 * rate for name, rate in full.items()})
    assert float(falling.optimizer.learning_rate) == pytest.approx(1.0)


def test_a_loss_is_the_sum_of_its_terms(step):
    for network in NETWORKS:
        terms = [value for name, value in step.losses.items() if name.startswith(f"{network}/")]
        assert len(terms) >= 3
        assert step.losses[network] == pytest.approx(sum(terms), rel=1e-5)


def test_every_weight_gets_a_gradient(step):
    for network, gradients in step.gradients.items():
        for variable, gradient in zip(step.training.network_variables[network], gradients):
            assert gradient.shape == variable.shape
            assert np.isfinite(gradient).all()
            # A critic whose scores are only compared has no use for a bias.
            unused = variable.path.endswith("score/bias") and step.training.networks.preset.objective == "wasserstein"
            assert np.abs(gradient).max() > 0 or unused, variable.path


def test_what_is_edited_shall_look_like_the_references(step, step_of):
    """Not like the photos, where both differ."""
    networks, preset = step.training.networks, step.training.networks.preset
    references = 255 - step.batch["images"]
    made = step_of(step.training, step.batch | {"references": references})
    real = step.batch["images"].astype("float32") / 127.5 - 1.0
    edited = ops.convert_to_numpy(networks.edit_once(real, step.batch["labels"], step.batch["targets"]))
    away = references.astype("float32") / 127.5 - 1.0 - edited
    expected = np.mean(away**2) if preset.objective == "paper" else np.mean(np.abs(away))
    assert made.losses["editor/reconstruction"] == pytest.approx(preset.editor_reconstruction * expected, rel=1e-4)
    assert made.losses["generator/reconstruction"] == step.losses["generator/reconstruction"]


def test_what_is_edited_outside_its_region_is_counted_face_by_face(step, step_of):
    """Glasses alone are about the eyes; together with age, about all of the face."""
    networks, preset = step.training.networks, step.training.networks.preset
    if not preset.editor_outside:
        assert "editor/outside" not in step.losses
        return
    labels, targets = np.zeros_like(step.batch["labels"]), np.zeros_like(step.batch["labels"])
    columns = networks.attributes.columns
    targets[:, columns.index("Eyeglasses")] = 1
    targets[::2, columns.index("Young")] = 1
    found = step_of(step.training, step.batch | {"labels": labels, "targets": targets, "references": step.batch["images"]})
    real = step.batch["images"].astype("float32") / 127.5 - 1.0
    change = np.abs(ops.convert_to_numpy(networks.edit_once(real, labels, targets)) - real)
    change[::2] = 0
    change[:, EYES.mask(networks.image_size)] = 0
    assert found.losses["editor/outside"] == pytest.approx(preset.editor_outside * change.mean(), rel=1e-4)


@pytest.mark.parametrize("network", NETWORKS)
def test_gradients_are_those_of_each_loss_alone(step, network, monkeypatch):
    """As if only this network trained, and the discriminator on pictures that others had made before."""
    if network == "discriminator":
        fix_pictures(step, monkeypatch)
    own = step.training.network_variables[network]
    for variable, gradient, plain in zip(own, step.gradients[network], plain_gradients(step, network)):
        assert np.abs(gradient - plain).max() <= 1e-4 * np.abs(plain).max() + 1e-7, variable.path


@pytest.mark.parametrize("network", ["generator", "editor"])
def test_gradients_are_the_slopes_of_the_losses(step, network):
    """Against finite differences, along parts of the gradient. (The discriminator's penalty jumps where a LeakyReLU
    changes sides, so that differences say nothing about it.)"""
    loss = compiled_loss(step, network)
    weights = [ops.convert_to_numpy(variable) for variable in step.training.network_variables[network]]
    random = np.random.default_rng(1)
    for _ in range(3):
        parts = [gradient * (random.random(gradient.shape) < 0.5) for gradient in step.gradients[network]]
        slope = np.sqrt(sum((part.astype("float64") ** 2).sum() for part in parts))
        length = 1e-4  # beyond a few of these, LeakyReLUs change sides here, too
        there, back = (
            float(loss([ops.convert_to_tensor((weight + sign * length / slope * part).astype("float32"))
                        for weight, part in zip(weights, parts)]))
            for sign in (1, -1)
        )  # fmt: skip
        assert (there - back) / (2 * length) == pytest.approx(slope, rel=0.02)


def fix_pictures(step, monkeypatch):
    """Has the networks return the pictures that they make now, whatever the weights."""
    networks, batch = step.training.networks, step.batch
    real = batch["images"].astype("float32") / 127.5 - 1.0
    generated = networks.generate(batch["noise"], batch["labels"])
    edited = networks.edit_once(real, batch["labels"], batch["targets"])
    monkeypatch.setattr(networks, "generate", lambda *_, **__: generated)
    monkeypatch.setattr(networks, "edit_once", lambda *_, **__: edited)


def loss_of_values(step, network):
    """A network's loss as a function of its weights."""
    batch = {name: ops.convert_to_tensor(array) for name, array in step.batch.items()}
    own = step.training.network_variables[network]

    def loss(values):
        with keras.StatelessScope(state_mapping=list(zip(own, values))):
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
