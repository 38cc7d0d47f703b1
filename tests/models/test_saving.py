"""A model's file: 16-bit weights, the same pictures, nothing random lost or left over."""

import keras
import numpy as np
import pytest

from facegan.inference import FaceModel
from facegan.models.compiled import CompiledNetworks
from facegan.models.saving import load_networks, save_model
from facegan.training.run import build_networks


def in_use(networks):
    return FaceModel(CompiledNetworks(networks))


@pytest.fixture(scope="module", params=["paper", "tiny"])
def networks(request, drawn_faces, small_settings):
    return build_networks(drawn_faces, small_settings(request.param))


@pytest.fixture(scope="module")
def loaded(networks, tmp_path_factory):
    path = tmp_path_factory.mktemp("file") / "model.keras"
    save_model(networks, path)
    return load_networks(path, "float32")


def test_weights_come_back_as_the_nearest_16_bit_floats(networks, loaded):
    assert len(loaded.weights) == len(networks.weights)
    for before, after in zip(networks.weights, loaded.weights):
        assert after.shape == before.shape and after.dtype == before.dtype
        if before.dtype == "float32":
            rounded = before.numpy().astype("float16").astype("float32")
            np.testing.assert_array_equal(after.numpy(), rounded, err_msg=before.path)


def test_the_record_comes_back(networks, loaded):
    assert loaded.get_config() | {"name": ""} == networks.get_config() | {"name": ""}


def test_the_pictures_are_the_same_to_a_step_of_255(networks, loaded):
    faces = [
        [np.asarray(face, "int64") for face in model.generate("glasses", count=4, seed=1)]
        for model in (in_use(networks), in_use(loaded))
    ]
    assert np.abs(np.subtract(*faces)).max() <= 1
    edited = [
        in_use(model).edit(faces[0][0].astype("uint8"), "glasses=0", source="male").astype("int64")
        for model in (networks, loaded)
    ]
    assert np.abs(np.subtract(*edited)).max() <= 1


def test_saving_and_loading_leave_no_trace(networks, loaded, drawn_faces, small_settings):
    assert keras.config.dtype_policy().name == "float32"
    new = build_networks(drawn_faces, small_settings("tiny"))
    assert all(np.any(weight.numpy()) for weight in new.weights if weight.path.endswith("kernel"))


def test_a_model_in_bfloat16_has_the_same_file(drawn_faces, small_settings, networks, loaded, tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    mixed = build_networks(drawn_faces, small_settings(networks.recipe.name))
    mixed.set_weights(networks.get_weights())
    save_model(mixed, tmp_path / "model.keras")
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    keras.config.set_dtype_policy("float32")
    for one, other in zip(loaded.weights, load_networks(tmp_path / "model.keras", "float32").weights):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_faces_in_bfloat16_are_close_to_those_in_float32(loaded, tmp_path):
    save_model(loaded, tmp_path / "model.keras")
    rounded = load_networks(tmp_path / "model.keras", "bfloat16")
    assert keras.config.dtype_policy().name == "float32"
    assert {weight.dtype for weight in rounded.generator.weights} >= {"bfloat16"}
    faces = [
        [np.asarray(face, "int64") for face in in_use(model).generate("glasses", count=8, seed=1)]
        for model in (loaded, rounded)
    ]
    assert 0 < np.abs(np.subtract(*faces)).mean() < 2
    same = in_use(rounded).edit(faces[0][0].astype("uint8"), "", source="male")
    assert loaded.recipe.networks.editor.output == "image" or (same == faces[0][0]).all()
