"""Model files: one `.keras` file with all networks and their record."""

import io
import warnings
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from facegan.files import atomic_write
from facegan.model_files import describe, read_weights
from facegan.models.facegan import FaceGAN
from facegan.models.layers import awaiting_weights
from facegan.models.precision import choose_precision, policy, temporarily


def save_model(networks: FaceGAN, path: str | Path) -> None:
    """Writes a `FaceGAN` atomically, with weights as 16-bit floats, which halves the file's size and loading time.

    A weight changes by up to 1 in 2,048, and a few pixels by one grey level. A run resumes from its checkpoints, which
    keep all 32 bits.

    Raises:
        FaceganError: the file cannot be written.
    """
    # On several hosts only one saves; creating distributed variables would need all of them.
    by_itself = temporarily(keras.distribution.distribution, keras.distribution.set_distribution, None)
    with policy("float16"), awaiting_weights(), by_itself:
        halves = FaceGAN.from_config(networks.get_config())
    halves.set_weights(networks.get_weights())
    with atomic_write(path) as temporary:
        keras.saving.save_model(halves, temporary)


def load_networks(path: str | Path, precision: str = "auto") -> FaceGAN:
    """Loads the `FaceGAN` in a file for inference.

    The networks are built from the validated description, and nothing else in the file is trusted: no other class is
    instantiated, no code runs, and no more memory is used than these weights need.

    Args:
        path: of the file.
        precision: `"float32"`, `"bfloat16"`, or `"auto"`, whichever is faster on this machine; a few pixels differ by
            one grey level. It also applies to the weights, because rounding them for every face would cost more time
            than it saves.

    Raises:
        FaceganError: the description is not valid.
        Exception: any exception that Keras, h5py or zipfile raise for a damaged or different file.
    """
    described = describe(path)
    with policy(choose_precision(precision)), awaiting_weights():
        networks = FaceGAN(**described)
        load_weights(networks, path)
    return networks


def load_weights(network: keras.Model, path: str | Path) -> None:
    """Reads the weights in a `.keras` file into a network that was built from its description.

    Raises:
        ValueError: the weights are compressed, external, not finite, or belong to another network.
    """
    content = read_weights(path)
    with h5py.File(io.BytesIO(content)) as file:
        _check_contents(file, len(content))
    with warnings.catch_warnings():
        # Keras only warns about missing weights.
        warnings.simplefilter("error", UserWarning)
        network.load_weights(path)
    if not all(np.isfinite(array).all() for array in network.get_weights()):
        raise ValueError("its weights are not finite")


def _check_contents(file: h5py.File, size: int) -> None:
    """Refuses links to other files, and weights that are larger in memory than the whole file."""
    total = 0

    def problem(name: str, link: Any) -> str | None:
        nonlocal total
        item = file[name] if isinstance(link, h5py.HardLink) else None
        if isinstance(item, h5py.Dataset):
            total += item.nbytes
            if item.external or item.is_virtual:
                item = None
        return "its weights are elsewhere" if item is None else "its weights are too large" if total > size else None

    # The visitor stops at the first problem.
    if found := file.visititems_links(problem):
        raise ValueError(found)
