"""Copies weights from a trained model to new networks."""

import logging
from pathlib import Path

import keras

from facegan.errors import FaceganError
from facegan.model_files import describe, find_model
from facegan.models.facegan import FaceGAN
from facegan.models.growing import GrowingFaceGAN
from facegan.models.saving import load_networks

logger = logging.getLogger(__name__)


def take_weights(networks: FaceGAN, path: str | Path) -> None:
    """Copies the weights of a model file. A network that has other layers there keeps its new weights.

    Raises:
        FaceganError: there is no such model, or its encoder, which all others depend on, has other layers.
    """
    described = describe(path)
    for name, own in (("image_size", networks.image_size), ("attribute_names", list(networks.attributes.names))):
        if described[name] != own:
            what = name.replace("_", " ")
            raise FaceganError(f"{path} cannot be the start: its {what} are {described[name]}, not {own}")
    trained = load_networks(find_model(path), "float32").subnetworks
    random = [
        name for name, network in networks.subnetworks.items() if layers_of(trained.get(name)) != layers_of(network)
    ]
    if "encoder" in random:
        raise FaceganError(f"{path} cannot be the start: its encoder has other layers than '{networks.recipe.name}'")
    before = described["record"]
    seen = before["images_seen"] + before.get("images_before", 0)
    # A model that has seen nothing is pretrained only: its attribute finder alone has learnt anything.
    random += [name for name in networks.subnetworks if name not in (*random, "attribute_finder") and not seen]
    for name, network in networks.subnetworks.items():
        if name not in random:
            network.set_weights(trained[name].get_weights())
        elif seen:
            logger.warning("the %s of %s has other layers; it begins with random weights", name, path)
    networks.record = {**networks.record, "images_before": seen, "random_networks": random}


def layers_of(network: keras.Model | None) -> list[tuple[int, ...]] | None:
    """The shapes of a network's weights; two networks with the same ones have the same layers."""
    return network and [weight.shape for weight in network.weights]


def grow(networks: FaceGAN, path: str | Path | None) -> GrowingFaceGAN:
    """Grows networks from those of a model file of half the size.

    Args:
        networks: with random weights.
        path: of the model file; None if the weights of a checkpoint follow.

    Raises:
        FaceganError: there is no such model, or it is of another size, or has other attributes or layers.
    """
    recipe, size = networks.recipe, networks.image_size
    half = {"recipe": recipe.with_filters(2 * recipe.networks.encoder.filters), "image_size": size // 2}
    if path is None:
        return GrowingFaceGAN(FaceGAN(**{**networks.get_config(), **half}), networks)
    described, names = describe(path), list(networks.attributes.names)
    if 2 * described["image_size"] != size:
        raise FaceganError(f"{path} cannot grow to {size} pixels: it has {described['image_size']}, not half of them")
    if described["attribute_names"] != names:
        raise FaceganError(f"{path} cannot grow: its attribute names are {described['attribute_names']}, not {names}")
    small = FaceGAN(**{**networks.get_config(), **half})
    trained = load_networks(find_model(path), "float32").subnetworks
    for name, network in small.subnetworks.items():
        if layers_of(trained.get(name)) != layers_of(network):
            raise FaceganError(
                f"{path} cannot grow: its {name} has other layers than '{recipe.name}' one stage smaller"
            )
        network.set_weights(trained[name].get_weights())
    growing, before = GrowingFaceGAN(small, networks), described["record"]
    growing.record = {
        **networks.record,
        "images_before": before["images_seen"] + before.get("images_before", 0),
        # In part.
        "random_networks": [name for name in growing.subnetworks if name != "discriminator"],
    }
    return growing
