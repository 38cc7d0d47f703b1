"""The paper's loss curves, compared with a DCGAN's, from the event files.

    python experiments/figures/losses.py run run_dcgan --out losses.png

Needs matplotlib besides facegan.
"""

from pathlib import Path

import click
import matplotlib

matplotlib.use("Agg")
from events import Events
from matplotlib import pyplot


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True))
@click.argument("dcgan", type=click.Path(path_type=Path, exists=True), required=False)
@click.option("--out", type=click.Path(path_type=Path), default="losses.png", show_default=True)
def main(run, dcgan, out):
    curves = [(run, name) for name in ("discriminator", "generator", "editor")]
    curves += [(dcgan, name) for name in ("discriminator", "generator") if dcgan]
    figure, axes = pyplot.subplots(1, len(curves), figsize=(3.2 * len(curves), 2.8), layout="constrained")
    for axis, (folder, name) in zip(axes, curves, strict=True):
        axis.plot(*Events(folder).scalars(name), linewidth=0.8)
        axis.set(title=f"{'DCGAN' if folder == dcgan else 'facegan'}: {name}", xlabel="step")
    figure.savefig(out, dpi=100)
    click.echo(out)


if __name__ == "__main__":
    main()
