"""EfficientNet-lite with ImageNet weights recognises what ImageNet taught it, and its weight files run no code."""

import os
import pickle

import numpy as np
import pytest
from PIL import Image
from skimage import data

from facegan.errors import FaceganError
from facegan.features import pretrained
from facegan.features.efficientnet import build_efficientnet_lite

EGYPTIAN_CAT, ESPRESSO = 285, 967


@pytest.mark.parametrize("variant", ["lite0", "lite1", "lite2"])
def test_pretrained_weights_recognise_photos(variant):
    tensors = pretrained._read(pretrained._weight_file(variant))
    features = build_efficientnet_lite(variant, 224)(np.stack([_photo("chelsea"), _photo("coffee")]))[-1]
    # The head is not part of the network; it is applied here to see that the features are what it expects.
    scale = tensors["_bn1.weight"] / np.sqrt(tensors["_bn1.running_var"] + 1e-3)
    shift = tensors["_bn1.bias"] - tensors["_bn1.running_mean"] * scale
    head = np.einsum("bhwi,oi->bhwo", np.asarray(features), tensors["_conv_head.weight"][:, :, 0, 0]) * scale + shift
    logits = np.clip(head, 0, 6).mean((1, 2)) @ tensors["_fc.weight"].T + tensors["_fc.bias"]
    assert logits.argmax(axis=1).tolist() == [EGYPTIAN_CAT, ESPRESSO]


def test_feature_maps_have_four_scales():
    network = build_efficientnet_lite("lite1", 128, pretrained=False)
    assert [tuple(scale.shape[1:]) for scale in network.outputs] == [
        (32, 32, 24),
        (16, 16, 40),
        (8, 8, 112),
        (4, 4, 320),
    ]


def test_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setattr(pretrained.importlib, "import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    with pytest.raises(FaceganError, match=r"facegan\[features\]"):
        pretrained.folded_weights("lite0")


def test_converted_weights_are_those_of_the_package(tmp_path, monkeypatch):
    expected = pretrained.folded_weights("lite0")
    np.savez(tmp_path / "lite0.npz", *(array.astype("float16") for pair in expected for array in pair))
    monkeypatch.setenv(pretrained.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(pretrained, "_weight_file", None)
    converted = pretrained.folded_weights("lite0")
    assert len(converted) == len(expected)
    for pair, expected_pair in zip(converted, expected, strict=True):
        for array, expected_array in zip(pair, expected_pair, strict=True):
            np.testing.assert_allclose(array, expected_array, rtol=1e-3, atol=1e-4)


class _Harmful:
    def __reduce__(self):
        return os.mkdir, ("made-by-a-pickle",)


def test_unpickler_refuses_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "weights.pth"
    path.write_bytes(b"".join(pickle.dumps(part) for part in (pretrained._MAGIC_NUMBER, 1001, {}, _Harmful(), [])))
    with pytest.raises(FaceganError, match="not allowed"):
        pretrained._read(path)
    assert not (tmp_path / "made-by-a-pickle").exists()


@pytest.mark.parametrize("layout", [(0, (3, 2), (2, 2)), (5, (2,), (1,)), (0, (2,), (-1,))])
def test_tensor_outside_its_storage_is_refused(layout):
    with pytest.raises(ValueError, match="outside"):
        pretrained._tensor(np.zeros(6, "<f4"), *layout)


def test_strides_are_counted_in_numbers():
    assert pretrained._tensor(np.arange(6, dtype="<f4"), 0, (2, 3), (1, 2)).tolist() == [[0, 2, 4], [1, 3, 5]]


def _photo(name):
    image = Image.fromarray(getattr(data, name)())
    left, top = (image.width - image.height) // 2, 0
    image = image.crop((left, top, left + image.height, image.height)).resize((224, 224))
    return np.asarray(image, "float32") / 127.5 - 1
