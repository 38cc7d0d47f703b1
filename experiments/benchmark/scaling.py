"""What to expect of many GPUs, calculated, not measured: `python experiments/benchmark/scaling.py`.

Data parallelism exchanges one thing a step: the gradient of every weight, in float32, added up by a ring all-reduce.
Each GPU sends and receives `2 (N - 1) / N` times the gradients' size (Patarasuk and Yuan 2009). The calculation lets
nothing overlap, so it is the worst case: XLA starts to exchange gradients while others are still being computed.
"""

import math

import click
from flops import step_flops

from facegan.models.facegan import FaceGAN
from facegan.recipe import find_recipe
from facegan.standard_attributes import CELEBA_COLUMNS, STANDARD_NAMES

# Bytes per second on the ring's slowest link, each way. The ring enters and leaves every host once, so a host of 8 GPUs
# with a single network card has all of it.
LINKS = {
    "8 GPUs, NVLink": (8, 300e9),
    "64 GPUs, 400 Gbit/s per host": (64, 50e9),
    "64 GPUs, 100 Gbit/s per host": (64, 12.5e9),
}


# Seconds of a step on one H200, by photos per step.
MEASURED = {"paper": {32: 0.0285, 128: 0.1785}, "celeba128": {32: 0.0277, 64: 0.0322, 128: 0.0549}}
SIZE = 128


def exchange_seconds(parameters, devices, bandwidth):
    return 2 * (devices - 1) / devices * 4 * parameters / bandwidth


@click.command()
def main():
    for name, steps in MEASURED.items():
        networks = FaceGAN(find_recipe(name), SIZE, STANDARD_NAMES, CELEBA_COLUMNS)
        parameters = sum(math.prod(variable.shape) for variable in networks.trainable_variables)
        flops = step_flops(networks)
        click.echo(f"\n{name} at {SIZE} pixels: {parameters:,} weights, {4 * parameters / 1e6:.0f} MB of gradients")
        click.echo(f"{flops / 1e9:.1f} GFLOP per photo, steps measured on one GPU\n")
        click.echo("| devices | photos per GPU | step, ms | exchange, ms | of the ideal speed |\n|---|---|---|---|---|")
        for title, (devices, bandwidth) in LINKS.items():
            for batch_size, step in steps.items():
                exchange = exchange_seconds(parameters, devices, bandwidth)
                share = step / (step + exchange)
                click.echo(f"| {title} | {batch_size} | {1e3 * step:.1f} | {1e3 * exchange:.1f} | {share:.0%} |")


if __name__ == "__main__":
    main()
