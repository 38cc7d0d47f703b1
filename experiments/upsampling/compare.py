"""Compares the guided enlargement of an edit with a plain one, on drawings, of which the edited photo is known exactly.

python experiments/upsampling/compare.py --out compared.png
"""

import json
from dataclasses import replace

import click
import numpy as np

from facegan.data.drawn import draw, face_at
from facegan.photos import blend
from facegan.photos.align import Alignment
from facegan.sheets import sheet

PHOTO, CROP, EDGE = 1024, 128, 0.15
EDITS = {"glasses": ("0", "1"), "hair": ("brown", "black"), "skin": ("0", "1")}


def plain(guide, change):
    """No slope: the change alone is enlarged, whatever the detail of the photo is."""
    return np.zeros_like(guide)


@click.command()
@click.option("--count", default=40, show_default=True)
@click.option("--out", default="compared.png", show_default=True)
def main(count, out):
    """Edits COUNT drawings of 1024 pixels by the exact change at 128 pixels, enlarged in two ways."""
    rows = []
    guided = blend._slope
    for name, (before, after) in EDITS.items():
        errors = {"plain": [], "guided": []}
        for index in range(count):
            face = replace(face_at(3, index), **{name: before})
            edited = replace(face, **{name: after})
            photo, wanted = draw(face, PHOTO), draw(edited, PHOTO)
            crops = [draw(each, CROP) for each in (face, edited)]
            results = {}
            for kind, slope in (("plain", plain), ("guided", guided)):
                blend._slope = slope
                results[kind] = blend.blend_edit(photo, Alignment(PHOTO, 0, 0, 0), *crops)
                errors[kind].append(error(photo, wanted, results[kind]))
            if index == 1:
                images = [zoomed(image, name) for image in (photo, *results.values(), wanted)]
                rows.append((f"{name}={after}", images))
        print(
            json.dumps({"edit": f"{name}={after}", **{kind: round(float(np.mean(e)), 2) for kind, e in errors.items()}})
        )
    columns = ["before", "plain", "guided", "wanted"]
    sheet([images for _, images in rows], columns, [label for label, _ in rows]).save(out)


def error(photo, wanted, result):
    """The mean absolute error in grey levels where the edit changes the photo, but for the border, which fades out."""
    inside = slice(round(EDGE * PHOTO), round((1 - EDGE) * PHOTO))
    photo, wanted, result = (np.asarray(image, "float32")[inside, inside] for image in (photo, wanted, result))
    changed = np.abs(wanted - photo).max(axis=-1) > 8
    return np.abs(result - wanted)[changed].mean()


def zoomed(image, name):
    """A detail of the eyes, or of hair and forehead, at full size."""
    top = 380 if name == "glasses" else 120
    return image.crop((300, top, 300 + 360, top + 360))


if __name__ == "__main__":
    main()
