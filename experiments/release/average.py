"""Averages the generator of a model with that of a model that was trained further from it.

    python experiments/release/average.py celeba128 further/model.keras averaged.keras --share 0.7

After a short run in small batches, the moving average covers too few steps to be free of noise. The feature critic,
which judges what the generator makes, is averaged as well; encoder and editor remain, so edits do not change.
"""

import click

from facegan.model_files import find_model
from facegan.models.saving import load_networks, save_model

AVERAGED = ("generator", "feature_critic")


@click.command()
@click.argument("before")
@click.argument("after")
@click.argument("out")
@click.option("--share", default=0.7, show_default=True, help="Of the weights of AFTER.")
def main(before, after, out, share):
    """Writes BEFORE with the average of both models' generators to OUT."""
    networks, further = (load_networks(find_model(model), "float32") for model in (before, after))
    for name in AVERAGED:
        weights, others = networks.subnetworks[name].weights, further.subnetworks[name].weights
        for weight, other in zip(weights, others, strict=True):
            weight.assign((1 - share) * weight + share * other)
    save_model(networks, out)


if __name__ == "__main__":
    main()
