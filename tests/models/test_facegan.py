"""The networks together: what editing means, and that a model survives its file and the other backend."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops
from random_weights import enliven

from facegan.models.facegan import FaceGAN

RECIPES = ["paper", "tiny", "celeba128"]
DIFFERENCE = RECIPES[1:]  # those whose editor receives the difference of attributes


def outputs(networks, batch):
    """Everything that the networks compute for a batch."""
    found = {
        "generated": networks.generate(batch["noise"], batch["labels"]),
        "edited": networks.edit(batch["images"], batch["labels"], batch["targets"]),
    }
    ((found["score"], found["match"]),) = networks.discriminate(batch["images"], batch["labels"])
    if networks.attribute_finder is not None:
        found["logits"] = networks.attribute_finder(batch["images"])
        random = np.random.default_rng(0)
        features = [random.standard_normal((2, *tensor.shape[1:])) for tensor in networks.feature_critic.inputs]
        features = [ops.cast(array, "float32") for array in features]
        found["feature scores"], found["feature logits"] = networks.feature_critic(features)
    return {name: ops.convert_to_numpy(output) for name, output in found.items()}


def edited(networks, batch, strength):
    target = batch["labels"] + strength * (batch["targets"] - batch["labels"])
    return ops.convert_to_numpy(networks.edit(batch["images"], batch["labels"], target))


@pytest.mark.parametrize("name", DIFFERENCE)
def test_the_strength_of_an_edit_is_continuous(small_model, inputs, name):
    networks, batch = small_model(name), inputs()
    whole = np.abs(edited(networks, batch, 1.0) - batch["images"]).max()
    assert 0 < np.abs(edited(networks, batch, 1e-3) - batch["images"]).max() < 0.01 * whole + 0.01
    for strength in (0.5, 1.0, 1.5):
        step = np.abs(edited(networks, batch, strength + 1e-3) - edited(networks, batch, strength)).max()
        assert step < 0.02


def test_a_photo_is_edited_the_same_alone_and_in_a_batch(small_model, inputs):
    networks, batch = small_model("tiny"), inputs()
    alone = {name: array[:1] for name, array in batch.items()}
    assert edited(networks, alone, 1.0) == pytest.approx(edited(networks, batch, 1.0)[:1], abs=1e-5)


@pytest.mark.parametrize("name", RECIPES)
def test_a_model_survives_its_file(small_model, inputs, tmp_path, name):
    networks, batch = small_model(name), inputs()
    networks.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    assert isinstance(loaded, FaceGAN)
    assert loaded.get_config() == networks.get_config()
    assert loaded.recipe == networks.recipe
    assert loaded.combinations == networks.combinations and loaded.record == networks.record
    before, after = outputs(networks, batch), outputs(loaded, batch)
    for output in before:
        assert (before[output] == after[output]).all()


def test_subnetworks_are_those_that_the_recipe_has(small_model):
    always = ["encoder", "discriminator", "generator", "editor"]
    assert list(small_model("tiny").subnetworks) == always
    networks = small_model("celeba128")
    assert list(networks.subnetworks) == [*always, "feature_critic", "attribute_finder"]
    assert not networks.attribute_finder.trainable_variables


OUTPUTS = """
import sys, keras, shallow, numpy as np
from test_facegan import outputs
from facegan.models import facegan
for folder in sys.argv[1:]:
    networks = keras.saving.load_model(f"{folder}/model.keras", compile=False)
    np.savez(f"{folder}/outputs.npz", **outputs(networks, np.load(f"{folder}/batch.npz")))
"""


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="TensorFlow's tests compare the same two")
def test_a_model_computes_the_same_on_the_other_backend(small_model, inputs, tmp_path):
    batch, here = inputs(), {}
    for name in RECIPES:
        (tmp_path / name).mkdir()
        networks = small_model(name)
        networks.save(tmp_path / name / "model.keras")
        here[name] = outputs(networks, batch)
        np.savez(tmp_path / name / "batch.npz", **batch)
    here_and_above = os.pathsep.join(str(Path(__file__).parents[level]) for level in (0, 1))
    environment = os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": here_and_above}
    folders = [str(tmp_path / name) for name in RECIPES]
    subprocess.run([sys.executable, "-c", OUTPUTS, *folders], env=environment, check=True)
    for name in RECIPES:
        there = np.load(tmp_path / name / "outputs.npz")
        for output in here[name]:
            assert np.abs(here[name][output] - there[output]).max() < 1e-4, (name, output)


def teach(networks, images, conditions):
    """Solves the last layer of the classifier so that these faces have these conditions: logits of 5 and -5."""
    if networks.attribute_finder is not None:
        head = networks.attribute_finder.layers[-1]
        before = keras.Model(networks.attribute_finder.input, head.input)
        solve(head, ops.convert_to_numpy(before(images)), 10 * conditions - 5)
        return
    head = networks.discriminator.get_layer("match")
    before = keras.Model(networks.discriminator.inputs, head.input)
    bottoms = ops.convert_to_numpy(networks.encoder(images)[-1])
    pairs = [
        (bottom, other, (other == own).all())
        for bottom, own in zip(bottoms, conditions, strict=True)
        for other in conditions
    ]
    faces, others, right = map(np.array, zip(*pairs, strict=True))
    values = ops.convert_to_numpy(before([faces, others]))
    if networks.recipe.name == "paper":
        wanted = 10.0 * right[:, None] - 5  # one logit: whether the whole condition is true
    else:
        wanted = 10 * np.repeat(conditions, len(conditions), axis=0) - 5  # a logit for each column
    solve(head, values, wanted)


def solve(head, values, wanted):
    head.kernel.assign(np.linalg.lstsq(values.astype("float64"), wanted, rcond=None)[0])
    head.bias.assign(np.zeros(head.bias.shape))


@pytest.mark.parametrize("name", RECIPES)
def test_the_likeliest_condition_is_the_one_that_matches_best(small_model, inputs, name):
    networks = small_model(name, {"networks.encoder.max_filters": 16})
    combinations = np.array([[float(bit) for bit in bits] for bits in networks.combinations], "float32")
    images = inputs(count=3)["images"]
    if networks.attribute_finder is not None:
        enliven(networks.attribute_finder)
    teach(networks, images, combinations)
    found = ops.convert_to_numpy(networks.likelihoods(images, combinations))
    assert found.argmax(axis=1).tolist() == [0, 1, 2]
    assert (found <= 0).all()
    turned = ops.convert_to_numpy(networks.likelihoods(images[::-1], combinations[:2]))
    assert turned == pytest.approx(found[::-1, :2], abs=1e-4)
    # A face's likelihood of a condition is the product over the columns, or the match of the whole.
    condition = combinations[[1, 1, 1]]
    if networks.attribute_finder is not None:
        match = ops.convert_to_numpy(networks.attribute_finder(images)) * (2 * condition - 1)
    else:
        match = ops.convert_to_numpy(networks.discriminate(images, condition)[0][1])
    assert found[:, 1] == pytest.approx(-np.log1p(np.exp(-match)).sum(axis=1), abs=1e-4)
