"""The images of a report."""

import numpy as np
from PIL import Image

from facegan.evaluation.measurements import Measurements
from facegan.evaluation.metrics import STRENGTHS
from facegan.evaluation.trials import JudgedFaces
from facegan.images import to_images
from facegan.sheets import grid, sheet

GRID, ROWS = 48, 8


# Captions by file name.
CAPTIONS = {
    "generated.png": "Faces generated from the attributes of test photos.",
    "edits.png": "Test photos and each edit of them at strength 1.",
    "generated-edits.png": "Generated faces and each edit of them at strength 1.",
    "strengths.png": "The same edit at increasing strength.",
    "ranked.png": (
        "The best, the median and the worst result of each edit, ranked by whether the judge predicts the requested "
        "value, then by the share of other attributes kept, then by how little the image changed."
    ),
    "neighbours.png": "The best generated faces, each with the most similar training photo.",
}


def gallery(measurements: Measurements) -> dict[str, Image.Image]:
    """Returns the images by the names in `CAPTIONS`."""
    return {
        "generated.png": grid(to_images(measurements.generated.images[:GRID]), columns=12),
        "edits.png": _edits(measurements, measurements.real),
        "generated-edits.png": _edits(measurements, measurements.generated),
        "strengths.png": _strengths(measurements),
        "ranked.png": _ranked(measurements),
        "neighbours.png": _neighbours(measurements),
    }


def _edits(measurements: Measurements, faces: JudgedFaces) -> Image.Image:
    images = faces.images[:ROWS]
    columns = [images, *(measurements.model.edit(images, edit.wish) for edit in measurements.edits)]
    labels = ["before", *(edit.label for edit in measurements.edits)]
    return sheet(list(zip(*map(to_images, columns), strict=True)), labels)


def _strengths(measurements: Measurements) -> Image.Image:
    rows, labels = [], []
    by_strength = [measurements.trials(strength) for strength in STRENGTHS]
    for trials in zip(*by_strength, strict=True):
        if len(trials[0].where):
            rows.append(to_images([trials[0].before.images[0], *(trial.after.images[0] for trial in trials)]))
            labels.append(trials[0].edit.label)
    return sheet(rows, ["before", *(f"strength {strength:g}" for strength in STRENGTHS)], labels)


def _ranked(measurements: Measurements) -> Image.Image:
    rows, labels = [], []
    for trial in measurements.trials(1.0):
        if not len(trial.where):
            continue
        change = np.abs(trial.after.images.astype("int16") - trial.before.images).mean(axis=(1, 2, 3))
        order = np.lexsort((change, -np.nan_to_num(trial.kept), ~trial.is_right))
        row = []
        for place in (order[0], order[len(order) // 2], order[-1]):
            row += to_images([trial.before.images[place], trial.after.images[place]])
        rows.append(row)
        labels.append(trial.edit.label)
    return sheet(rows, ["best: before", "after", "median: before", "after", "worst: before", "after"], labels)


def _neighbours(measurements: Measurements) -> Image.Image:
    where, distances = measurements.neighbours
    made, alike = measurements.generated.images[measurements.best], measurements.faces.faces[where]
    labels = ["" if np.isnan(distance) else f"{distance:.2f}" for distance in distances]
    return sheet([to_images(made), to_images(alike)], labels, ["generated", "nearest"])
