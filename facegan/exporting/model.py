"""A model's networks as programs, and the metadata of their files."""

from collections.abc import Mapping
from typing import Any

from facegan import __version__
from facegan.attributes import Attributes
from facegan.exporting.program import Program
from facegan.models.facegan import FaceGAN

# The inputs and outputs of the graphs. `n` is the number of faces, `m` the number of candidate conditions.
INPUTS = {
    "noise": "(n, noise_size) float32, normally distributed",
    "condition": "(n, columns) float32, 0 or 1: the attributes of the face",
    "images": "(n, size, size, 3) float32, red, green and blue in -1..1",
    "source": "(n, columns) float32, 0 or 1: the present attributes",
    "target": "(n, columns) float32: source + strength * (requested attributes - source)",
    "conditions": "(m, columns) float32, 0 or 1: the attributes that faces may have, such as the combinations",
}
OUTPUTS = {
    "images": "(n, size, size, 3) float32, in -1..1 or a little beyond",
    "edited": "(n, size, size, 3) float32, in -1..1 or a little beyond",
    "likelihoods": "(n, m) float32, the logarithm of how likely each of the conditions is",
}


def programs(networks: FaceGAN) -> dict[str, Program]:
    """Returns the programs to export, by the names in `facegan.model_files.GRAPHS`."""
    image, columns = (networks.image_size, networks.image_size, 3), (len(networks.attributes),)
    noise = (networks.recipe.networks.generator.noise_size,)

    def program(method: str, output: str, **inputs: tuple[int, ...]) -> Program:
        return Program(networks, getattr(networks, method), inputs, (output,))

    return {
        "generator": program("generate", "images", noise=noise, condition=columns),
        "editor": program("edit", "edited", images=image, source=columns, target=columns),
        "attribute_finder": program("likelihoods", "likelihoods", images=image, conditions=columns),
    }


def metadata(name: str, program: Program, description: Mapping[str, Any], card: str) -> dict[str, Any]:
    """Returns the metadata of a graph's file.

    Args:
        name: the graph.
        program: the exported program.
        description: the model's description, from `facegan.model_files.describe`.
        card: the text of the model card.
    """
    attributes = Attributes(description["attribute_names"], description["columns"])
    source = description["record"]["data"]["source"]
    return {
        "graph": name,
        "inputs": {each: INPUTS[each] for each in program.signature},
        "outputs": {each: OUTPUTS[each] for each in program.outputs_by_name},
        "image_size": description["image_size"],
        # In the order of the condition's columns.
        "columns": list(attributes.columns),
        "attributes": [
            {
                "name": item.name,
                "columns": list(item.columns),
                "values": {value: item.bits(value) for value in item.values},
            }
            for item in attributes.items
        ],
        "combinations": description["combinations"],
        "noise_size": description["recipe"]["networks"]["generator"]["noise_size"],
        "model": description["recipe"]["name"],
        "images_seen": description["record"]["images_seen"],
        "data": source["name"],
        "data_licence": source["terms"],
        "model_card": card,
        "synthetic": "Images that this graph makes are synthetic; say so wherever they are shown.",
        "made_by": f"facegan {__version__}",
    }
