"""Gives a model the generator of one that was trained further from it.

    python experiments/release/combine.py celeba128 further/model.keras combined.keras

The feature critic, which judges what the generator makes, is replaced as well; encoder and editor remain, so edits do
not change.
"""

import click

from facegan.model_files import find_model
from facegan.models.saving import load_networks, save_model

REPLACED = ("generator", "feature_critic")


@click.command()
@click.argument("before")
@click.argument("after")
@click.argument("out")
def main(before, after, out):
    """Writes BEFORE with the generator of AFTER to OUT."""
    networks, further = (load_networks(find_model(model), "float32") for model in (before, after))
    for name in REPLACED:
        networks.subnetworks[name].set_weights(further.subnetworks[name].get_weights())
    save_model(networks, out)


if __name__ == "__main__":
    main()
