"""The networks together: what editing means, and that a model survives its file and the other backend."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from facegan.attributes import Attributes
from facegan.models.facegan import FaceGAN

PRESETS = ["paper", "tiny", "celeba128"]
DIFFERENCE = PRESETS[1:]  # those whose editor is told what is to change


def answers(networks, batch):
    """Everything that the networks say about a batch."""
    outputs = {
        "generated": networks.generate(batch["noise"], batch["labels"]),
        "edited": networks.edit(batch["images"], batch["labels"], batch["targets"]),
    }
    ((outputs["score"], outputs["match"], outputs["seen"]),) = networks.judge(batch["images"], batch["labels"])
    for index, answer in enumerate(networks.classify(batch["images"], batch["labels"])):
        outputs[f"classifier {index}"] = answer
    return {name: ops.convert_to_numpy(output) for name, output in outputs.items()}


def edited(networks, batch, strength):
    target = batch["labels"] + strength * (batch["targets"] - batch["labels"])
    return ops.convert_to_numpy(networks.edit(batch["images"], batch["labels"], target))


@pytest.mark.parametrize("name", DIFFERENCE)
def test_asking_for_no_difference_gives_back_the_photo_exactly(small_model, inputs, name):
    batch = inputs()
    assert (edited(small_model(name), batch, 0.0) == batch["images"]).all()


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


@pytest.mark.parametrize("name", PRESETS)
def test_a_model_survives_its_file(small_model, inputs, tmp_path, name):
    networks, batch = small_model(name), inputs()
    networks.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    assert isinstance(loaded, FaceGAN)
    assert loaded.get_config() == networks.get_config()
    assert loaded.preset == networks.preset
    assert loaded.combinations == networks.combinations and loaded.record == networks.record
    before, after = answers(networks, batch), answers(loaded, batch)
    for output in before:
        assert (before[output] == after[output]).all()


def test_classifiers_are_asked_whether_a_face_is_like_that(small_model, inputs):
    networks, batch = small_model("celeba128"), inputs()
    for agreed, denied in zip(
        networks.classify(batch["images"], batch["labels"]), networks.classify(batch["images"], 1 - batch["labels"])
    ):
        assert agreed.shape == batch["labels"].shape
        assert (ops.convert_to_numpy(agreed) == -ops.convert_to_numpy(denied)).all()
    assert small_model("tiny").classify(batch["images"], batch["labels"]) == []
    assert "classifiers" in networks.parts and "classifiers" not in small_model("tiny").parts


ANSWER = """
import sys, keras, numpy as np
from test_facegan import answers
from facegan.models import facegan
for folder in sys.argv[1:]:
    networks = keras.saving.load_model(f"{folder}/model.keras", compile=False)
    np.savez(f"{folder}/answers.npz", **answers(networks, np.load(f"{folder}/batch.npz")))
"""


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="TensorFlow's tests compare the same two")
def test_a_model_says_the_same_on_the_other_backend(small_model, inputs, tmp_path):
    batch = inputs()
    for name in PRESETS:
        (tmp_path / name).mkdir()
        small_model(name).save(tmp_path / name / "model.keras")
        np.savez(tmp_path / name / "batch.npz", **batch)
    environment = os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": os.path.dirname(__file__)}
    folders = [str(tmp_path / name) for name in PRESETS]
    subprocess.run([sys.executable, "-c", ANSWER, *folders], env=environment, check=True)
    for name in PRESETS:
        here, there = answers(small_model(name), batch), np.load(tmp_path / name / "answers.npz")
        for output in here:
            assert np.abs(here[output] - there[output]).max() < 1e-4, (name, output)


def knowing(networks, images, own):
    """Solves the last layer of the head, or of the classifiers, that are asked, so that these faces are known: logits of 5
    and -5."""
    if networks.classifiers is not None:
        for head in [layer for layer in networks.classifiers.layers if isinstance(layer, keras.layers.Dense)]:
            before = keras.Model(networks.classifiers.input, head.input)
            solve(head, ops.convert_to_numpy(before(images)), 10 * own - 5)
        return
    head = networks.discriminator.get_layer("seen" if networks.preset.own_classifier else "match")
    before = keras.Model(networks.discriminator.inputs, head.input)
    bottoms = ops.convert_to_numpy(networks.encoder(images)[-1])
    pairs = [(bottom, other, (other == mine).all()) for bottom, mine in zip(bottoms, own) for other in own]
    faces, conditions, right = map(np.array, zip(*pairs))
    values = ops.convert_to_numpy(before([faces, conditions]))
    if networks.preset.objective == "wasserstein":
        wanted = 10 * np.repeat(own, len(own), axis=0) - 5  # a logit for each column: what the face is like
    else:
        wanted = 10.0 * right[:, None] - 5  # one logit: whether all of it is right
    solve(head, values, wanted)


def solve(head, values, wanted):
    head.kernel.assign(np.linalg.lstsq(values.astype("float64"), wanted, rcond=None)[0])
    head.bias.assign(np.zeros(head.bias.shape))


@pytest.mark.parametrize("name", PRESETS)
def test_the_likeliest_condition_is_the_one_that_matches_best(small_model, inputs, name):
    networks = small_model(name, max_filters=16)
    combinations = networks.conditions()
    assert combinations.tolist() == [[float(bit) for bit in bits] for bits in networks.combinations]
    images = inputs(count=3)["images"]
    knowing(networks, images, combinations)
    found = ops.convert_to_numpy(networks.likelihoods(images, combinations))
    assert found.argmax(axis=1).tolist() == [0, 1, 2]
    assert (found <= 0).all()
    turned = ops.convert_to_numpy(networks.likelihoods(images[::-1], combinations[:2]))
    assert turned == pytest.approx(found[::-1, :2], abs=1e-4)
    # A face's likelihood of a condition is the product over what is said of it: by the classifiers, or the discriminator.
    ((_, _, seen),) = networks.judge(images, combinations[[1, 1, 1]])
    if networks.classifiers is not None:
        seen = ops.mean(ops.stack(networks.classify(images, combinations[[1, 1, 1]])), axis=0)
    expected = -np.log1p(np.exp(-ops.convert_to_numpy(seen))).sum(axis=1)
    assert found[:, 1] == pytest.approx(expected, abs=1e-4)
