"""Copies weights from a trained model to new networks."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from facegan.errors import FaceganError
from facegan.model_files import describe, find_model
from facegan.models.facegan import FaceGAN
from facegan.models.growing import GrowingFaceGAN
from facegan.models.saving import load_networks
from facegan.training.beginning import Beginning

logger = logging.getLogger(__name__)


def take_weights(networks: FaceGAN, path: str | Path) -> Beginning:
    """Copies the weights of a model file. A network that has different layers there keeps its new weights.

    Attributes that the file does not have are added after its own, with weights of zero: the networks compute the same
    as before, whatever the values of the new attributes.

    Returns:
        How the networks began.

    Raises:
        FaceganError: there is no such model, it has attributes that the networks lack, or its encoder, which all others
            depend on, has different layers.
    """
    described = describe(path)
    if described["image_size"] != networks.image_size:
        sizes = f"its image size is {described['image_size']}, not {networks.image_size}"
        raise FaceganError(f"{path} cannot be used with --from: {sizes}")
    own, names = described["attribute_names"], list(networks.attributes.names)
    if names[: len(own)] != own:
        lost = ", ".join(name for name in own if name not in names) or ", ".join(own)
        raise FaceganError(
            f"{path} cannot be used with --from: a model keeps its attributes; name {lost} in --attributes too"
        )
    start = load_networks(find_model(path), "float32")
    trained, added = start.subnetworks, len(networks.attributes) - len(start.attributes)
    weights = {name: widened(trained.get(name), network, added) for name, network in networks.subnetworks.items()}
    random = [name for name, arrays in weights.items() if arrays is None]
    if "encoder" in random:
        raise FaceganError(
            f"{path} cannot be used with --from: its encoder has different layers than '{networks.recipe.name}'"
        )
    for name, network in networks.subnetworks.items():
        if name in random:
            logger.warning("the %s of %s has different layers; it is initialised randomly", name, path)
        else:
            network.set_weights(weights[name])
    return Beginning(_images_seen(described), tuple(random), tuple(names[len(own) :]))


def widened(trained: keras.Model | None, network: keras.Model, added: int) -> list[np.ndarray] | None:
    """The weights of a trained network for one with more condition columns; None if its layers differ.

    The condition is always concatenated last, so the weights of new columns are at the end of an axis.
    """
    if trained is None or len(trained.weights) != len(network.weights):
        return None
    arrays = []
    for array, weight in zip(trained.get_weights(), network.weights, strict=True):
        more = np.subtract(weight.shape, array.shape) if len(weight.shape) == array.ndim else np.array([-1])
        if more.any() and sorted(more) != [*[0] * (array.ndim - 1), added]:
            return None
        arrays.append(np.pad(array, [(0, count) for count in more]) if more.any() else array)
    return arrays


def grow(networks: FaceGAN, path: str | Path | None) -> tuple[GrowingFaceGAN, Beginning]:
    """Grows networks from those of a model file of half the size.

    Args:
        networks: with random weights.
        path: of the model file; None if the weights of a checkpoint follow.

    Returns:
        The networks that grow, and how they began.

    Raises:
        FaceganError: there is no such model, or it is of another size, or has other attributes or layers.
    """
    recipe, size = networks.recipe, networks.image_size
    half = {"recipe": recipe.with_filters(2 * recipe.networks.encoder.filters), "image_size": size // 2}
    if path is None:
        growing = GrowingFaceGAN(FaceGAN(**{**networks.get_config(), **half}), networks)
        return growing, Beginning.of_new(growing)
    described, names = describe(path), list(networks.attributes.names)
    if 2 * described["image_size"] != size:
        raise FaceganError(
            f"{path} cannot grow to {size} pixels: "
            f"its images are {described['image_size']} pixels wide, not {size // 2}"
        )
    if described["attribute_names"] != names:
        raise FaceganError(f"{path} cannot grow: its attribute names are {described['attribute_names']}, not {names}")
    small = FaceGAN(**{**networks.get_config(), **half})
    trained = load_networks(find_model(path), "float32").subnetworks
    for name, network in small.subnetworks.items():
        weights = widened(trained.get(name), network, 0)
        if weights is None:
            raise FaceganError(
                f"{path} cannot grow: its {name} has different layers than '{recipe.name}' one stage smaller"
            )
        network.set_weights(weights)
    growing = GrowingFaceGAN(small, networks)
    in_part = tuple(name for name in growing.subnetworks if name != "discriminator")
    return growing, Beginning(_images_seen(described), in_part, grown=True)


def _images_seen(described: Mapping[str, Any]) -> int:
    """The photos that a model was trained on, in all its runs."""
    record = described["record"]
    return record["images_seen"] + record.get("images_before", 0)
