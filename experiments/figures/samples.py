"""The paper's samples: generated faces after the first and the last epoch, compared with a DCGAN's.

    python experiments/figures/samples.py run run_dcgan --out samples.png

DCGAN's are the files that `experiments/dcgan/train.py` wrote.
"""

from pathlib import Path

import click
from events import Events
from PIL import Image

from facegan.images import save_image
from facegan.sheets import sheet


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True))
@click.argument("dcgan", type=click.Path(path_type=Path, exists=True), required=False)
@click.option("--out", type=click.Path(path_type=Path), default="samples.png", show_default=True)
def main(run, dcgan, out):
    events = Events(run)
    # The first image is from before the first step.
    steps = events.picture_steps("generated")[1:]
    ours = [events.picture("generated", step) for step in (steps[0], steps[-1])]
    rows, labels = [ours], ["facegan"]
    if dcgan:
        rows.append([Image.open(dcgan / name).resize(ours[0].size) for name in ("first.png", "last.png")])
        labels.append("DCGAN")
    save_image(sheet(rows, ["after the first epoch", "after the last"], labels), out)
    click.echo(out)


if __name__ == "__main__":
    main()
