"""What a model file contains is checked before it is believed."""

import io
import json
import os
import resource
import zipfile

import h5py
import numpy as np
import pytest

from facegan import load
from facegan.errors import FaceganError
from facegan.model_files import describe


@pytest.fixture
def rewrite(model_file, tmp_path):
    """`rewrite(image_size=7)`: a copy of a model's file with other values in its description."""

    def write(*, config=None, weights=None, compression=zipfile.ZIP_STORED, **changes):
        with zipfile.ZipFile(model_file) as archive:
            own, content = json.loads(archive.read("config.json")), archive.read("model.weights.h5")
        own["config"] |= changes
        path = tmp_path / "changed.keras"
        with zipfile.ZipFile(path, "w", compression) as archive:
            archive.writestr("config.json", json.dumps(own) if config is None else config)
            archive.writestr("model.weights.h5", content if weights is None else weights(content))
        return path

    return write


def test_a_model_that_is_whole_is_described(model_file, rewrite):
    assert describe(rewrite()) == describe(model_file)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"image_size": 7}, "its image size is not valid"),
        ({"image_size": True}, "its image size is not valid"),
        ({"attribute_names": []}, "its attribute names is not valid"),
        ({"attribute_names": ["hat"]}, "unknown attribute 'hat'"),
        ({"columns": [1]}, "its columns.0 is not valid"),
        ({"combinations": {}}, "its combinations is not valid"),
        ({"combinations": {"01": 3}}, "its combinations are not valid"),
        ({"combinations": {"00000002": 3}}, "its combinations is not valid"),
        ({"combinations": {"00000001": -3}}, "its combinations.00000001 is not valid"),
        ({"record": {}}, "its record is not valid"),
        ({"record": None}, "its record is not valid"),
        ({"combinations": {"": 3}}, "its combinations is not valid"),
        ({"columns": []}, "its columns is not valid"),
        ({"image_size": 32.0}, "its image size is not valid"),
        ({"recipe": {"name": "x", "networks": {"encoder": {"filters": 10**9}}}}, "filters must be at most 1024"),
        ({"recipe": {"name": "x", "networks": {"editor": {"residual_blocks": 10**6}}}}, "must be at most 64"),
        (
            {"recipe": {"name": "x", "networks": {"encoder": {"filters": 1024, "max_filters": 2048}}}},
            "it holds fewer weights than its networks have",
        ),
        ({"recipe": {}}, "name is missing"),
        ({"recipe": []}, "its recipe is not valid"),
        ({"recipe": {"name": "x", "batch_size": "many"}}, "batch_size must be an integer"),
        ({"preset": {}}, "written by an earlier version of facegan; train it again"),
    ],
)
def test_contents_that_are_not_valid_are_named(rewrite, changes, message):
    with pytest.raises(FaceganError, match=message) as caught:
        describe(rewrite(**changes))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "config",
    ["null", "[]", '"text"', "7", "", "[" * 100_000, " " * 20_000_000 + "{}", '{"registered_name": "facegan>FaceGAN"}'],
    ids=["null", "list", "text", "number", "nothing", "deep", "large", "bare"],
)
def test_a_config_of_another_kind_is_refused(rewrite, config):
    with pytest.raises(FaceganError, match="changed.keras is (not a|a Keras model)"):
        describe(rewrite(config=config, compression=zipfile.ZIP_DEFLATED))


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "model.keras")
    with pytest.raises(FaceganError, match="is not a facegan model"):
        describe(tmp_path / "model.keras")


def changed(change):
    """A change of the weights in a file's content."""

    def apply(content):
        buffer = io.BytesIO(content)
        with h5py.File(buffer, "r+") as file:
            found = []
            file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
            change(file, next(name for name in found if file[name].dtype.kind == "f"))
        return buffer.getvalue()

    return apply


def not_finite(file, name):
    file[name][...] = np.inf


def linked(file, name):
    del file[name]
    file[name] = h5py.ExternalLink("/etc/hostname", "/secret")


def stored_elsewhere(file, name):
    shape, dtype = file[name].shape, file[name].dtype
    del file[name]
    file.create_dataset(name, shape, dtype, external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)])


def huge(file, name):
    """A few kilobytes that become four gigabytes."""
    del file[name]
    file.create_dataset(name, (2**30,), "float32", compression="gzip", chunks=(2**20,))


def another_shape(file, name):
    shape = file[name].shape
    del file[name]
    file[name] = np.zeros((*shape, 2), "float16")


def missing(file, name):
    del file[name]


@pytest.mark.parametrize(
    "change, message",
    [
        (not_finite, "its weights are not finite"),
        (linked, "its weights are elsewhere"),
        (stored_elsewhere, "its weights are elsewhere"),
        (huge, "its weights are too large"),
        (another_shape, "damaged, or of another version"),
        (missing, "damaged, or of another version"),
    ],
)
def test_weights_that_are_not_as_they_should_be_are_refused(rewrite, change, message):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FaceganError, match=message) as caught:
        load(rewrite(weights=changed(change)))
    assert "\n" not in str(caught.value)
    # Kilobytes; building networks takes some of them.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**20


def test_compressed_weights_are_refused_before_they_fill_the_memory(rewrite):
    with pytest.raises(FaceganError, match="its weights are compressed"):
        load(rewrite(weights=lambda content: b"\0" * 2**26, compression=zipfile.ZIP_DEFLATED))


def test_no_other_class_is_made(rewrite):
    config = {"module": "keras.layers", "class_name": "Lambda", "registered_name": "Lambda", "config": {}}
    with pytest.raises(FaceganError, match="is a Keras model, but not one of facegan's"):
        load(rewrite(config=json.dumps(config)))
