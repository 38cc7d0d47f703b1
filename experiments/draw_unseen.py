"""Draws faces that are not in the demo's data set, as image files to edit."""

from pathlib import Path

import click

from facegan.data.drawn import draw, face_at
from facegan.images import save_image

# `facegan prepare drawn` draws with seed 0.
UNSEEN_SEED = 1


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--count", default=6, show_default=True, help="The number of faces.")
@click.option("--size", default=64, show_default=True, help="Side in pixels.")
def main(out, count, size):
    """Draws unseen faces into the folder OUT."""
    for index in range(count):
        save_image(draw(face_at(UNSEEN_SEED, index), size), out / f"unseen-{index}.png")


if __name__ == "__main__":
    main()
