"""A model's file: one `.keras` file with all networks and their record."""

import warnings
from pathlib import Path

import keras

from facegan.files import atomic_write
from facegan.models.facegan import FaceGAN
from facegan.models.layers import awaiting_weights
from facegan.models.precision import choose_precision, policy, temporarily


def save_model(networks: FaceGAN, path: str | Path) -> None:
    """Writes a `FaceGAN`, whole or not at all, with weights as 16-bit floats: half as large and half as long to read.

    A weight changes by up to 1 part in 2,048, a few pixels by one grey level. A run resumes from its checkpoints,
    which keep all 32 bits.

    Raises:
        FaceganError: the file cannot be written.
    """
    # On several hosts only one saves; the others would have to take part for every distributed variable.
    by_itself = temporarily(keras.distribution.distribution, keras.distribution.set_distribution, None)
    with policy("float16"), awaiting_weights(), by_itself:
        halves = FaceGAN.from_config(networks.get_config())
    halves.set_weights(networks.get_weights())
    with atomic_write(path) as temporary:
        keras.saving.save_model(halves, temporary)


def load_networks(path: str | Path, precision: str = "auto") -> FaceGAN:
    """Reads the `FaceGAN` of a file, for use.

    Args:
        path: of the file.
        precision: `"float32"`, `"bfloat16"`, or `"auto"`, whichever is faster on this machine; a few pixels differ by
            one grey level. Weights are kept in it as well: to round them for every face would cost more time than it
            saves.

    Raises:
        Exception: whatever Keras, h5py or zipfile raise for a file that is damaged or something else.
    """
    with warnings.catch_warnings(), policy(choose_precision(precision)), awaiting_weights():
        # Keras only remarks that weights are missing and stay as they are.
        warnings.simplefilter("error", UserWarning)
        networks = keras.saving.load_model(path, compile=False)
    if not isinstance(networks, FaceGAN):
        raise TypeError(f"it holds a {type(networks).__name__}")
    return networks
