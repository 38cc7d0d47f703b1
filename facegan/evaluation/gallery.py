"""The pictures of a report: what the figures look like."""

import numpy as np

from facegan.evaluation.distances import nearest
from facegan.images import to_images
from facegan.sheets import grid, sheet

GRID, ROWS, NEIGHBOURS = 48, 8, 8


def gallery(evaluation):
    """`{file name: (caption, PIL image)}` of an `Evaluation`."""
    return {
        "generated.png": (
            "Generated from the attributes of test faces.",
            grid(to_images(evaluation.generated.images[:GRID]), columns=12),
        ),
        "edits.png": ("Test faces and each edit of them at strength 1.", _edits(evaluation, evaluation.real)),
        "generated-edits.png": ("Generated faces and each edit of them.", _edits(evaluation, evaluation.generated)),
        "strengths.png": ("The same edit at growing strength.", _strengths(evaluation)),
        "ranked.png": (
            "Of each edit the best, the median and the worst: by whether the judge sees what was asked for, then by how "
            "much else it sees as before, then by how little the picture changed.",
            _ranked(evaluation),
        ),
        "neighbours.png": ("Generated faces and the training face most like each.", _neighbours(evaluation)),
    }


def _edits(evaluation, faces):
    faces = faces.of(np.arange(min(ROWS, len(faces.images))))
    columns = [faces.images]
    columns += [evaluation.model.edit(faces.images, edit.wish, source=faces.conditions) for edit in evaluation.asked]
    return sheet(list(zip(*map(to_images, columns))), ["before", *(edit.wish for edit in evaluation.asked)])


def _strengths(evaluation):
    rows, labels = [], []
    for place, edit in enumerate(evaluation.asked):
        tried = [each[place] for each in evaluation.tried.values()]
        if len(tried[0].where):
            rows.append(to_images([tried[0].before.images[0], *(each.after.images[0] for each in tried)]))
            labels.append(edit.wish)
    return sheet(rows, ["before", *(f"strength {strength:g}" for strength in evaluation.tried)], labels)


def _ranked(evaluation):
    rows, labels = [], []
    for tried in evaluation.tried[1.0]:
        if not len(tried.where):
            continue
        change = np.abs(tried.after.images.astype("int16") - tried.before.images).mean(axis=(1, 2, 3))
        order = np.lexsort((change, -np.nan_to_num(tried.kept), ~tried.right))
        row = []
        for place in (order[0], order[len(order) // 2], order[-1]):
            row += to_images([tried.before.images[place], tried.after.images[place]])
        rows.append(row)
        labels.append(tried.edit.wish)
    return sheet(rows, ["best: before", "after", "median: before", "after", "worst: before", "after"], labels)


def _neighbours(evaluation):
    made = evaluation.generated.images[:NEIGHBOURS]
    faces = evaluation.faces
    alike = faces.faces[nearest(made, faces.faces, faces.part("train"))]
    return sheet([to_images(made), to_images(alike)], row_labels=["generated", "nearest"])
