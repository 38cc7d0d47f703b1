"""The paper's grid of single-attribute edits: one face per row, one edit per column.

    python experiments/figures/edits.py run --out edits.png

The faces are generated ones, or with `--faces FOLDER` aligned ones in files.
"""

from pathlib import Path

import click

import facegan
from facegan.images import crop_square, find_images, open_image, save_image
from facegan.sheets import sheet


@click.command()
@click.argument("model")
@click.option("--faces", type=click.Path(exists=True), help="A folder of aligned faces.")
@click.option("--count", default=6, show_default=True, help="The number of faces.")
@click.option("--seed", default=7, show_default=True, help="The seed of generated faces.")
@click.option("--out", type=click.Path(path_type=Path), default="edits.png", show_default=True)
def main(model, faces, count, seed, out):
    model = facegan.load(model)
    if faces:
        images = [crop_square(open_image(file), model.size) for file in find_images([faces])[:count]]
    else:
        images = model.generate(count=count, seed=seed)
    wishes = [f"{attribute.name}={value}" for attribute in model.attributes.items for value in attribute.values]
    # The source attributes are predicted once, not for every edit.
    now = model.conditions_of(images)
    columns = [images, *(model.edit(images, wish, source=now) for wish in wishes)]
    save_image(sheet(list(zip(*columns, strict=True)), ["as it is", *wishes]), out)
    click.echo(out)


if __name__ == "__main__":
    main()
