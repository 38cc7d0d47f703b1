"""Measures a model on the test split of a data set."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facegan.attributes import did_you_mean
from facegan.data.prepared import PreparedFaces
from facegan.errors import FaceganError
from facegan.evaluation.judge import Judge
from facegan.evaluation.measurements import Measurements
from facegan.evaluation.metrics import METRICS, EditScores
from facegan.inference import FaceModel
from facegan.progress import progress_bar
from facegan.standard_attributes import STANDARD_ATTRIBUTES

DEFAULT_METRICS = tuple(name for name, metric in METRICS.items() if metric.is_default)


@dataclass(frozen=True)
class Report:
    """A model's figures.

    Attributes:
        figures: `{metric: number}`; None if a package that the metric needs is not installed.
        edits: `{wish: {metric: number}}`, including the number of faces that each edit was applied to.
        groups: `{"female": {metric: number}}`, on the test photos of each group.
        sources: `{"lfw": {metric: number}}`, on the test photos of each source; empty if only one has any.
        measurements: the faces that the figures were measured on.
    """

    figures: dict[str, float | None]
    edits: dict[str, dict[str, float]]
    groups: dict[str, dict[str, float]]
    sources: dict[str, dict[str, float]]
    measurements: Measurements


def evaluate(
    model: FaceModel,
    faces: PreparedFaces,
    judge: Judge,
    metrics: Sequence[str] = DEFAULT_METRICS,
    limit: int = 200,
    seed: int = 0,
) -> Report:
    """Measures a model.

    Args:
        model: the model.
        faces: faces with the model's label columns and of its size; the test split is used.
        judge: a judge for this size and the model's label columns that was not trained on the test split.
        metrics: names from `METRICS`; by default all that need no download.
        limit: the maximum number of faces for each edit, and the number of faces generated for each wish.
        seed: of the choice of faces and of the generator's noise.

    Raises:
        FaceganError: an unknown metric, or faces that do not match the model or the judge.
    """
    for name in metrics:
        if name not in METRICS:
            raise FaceganError(f"unknown metric '{name}'" + did_you_mean(name, METRICS))
    check(model, faces)
    check_judge(judge, faces, model.attributes.columns)
    measurements = Measurements(model, faces, judge, limit, seed)
    with progress_bar(metrics, "measuring") as bar:
        results = {name: METRICS[name].measure(measurements) for name in bar}
    scores = {name: result for name, result in results.items() if isinstance(result, EditScores)}
    figures = {name: result.figure if isinstance(result, EditScores) else result for name, result in results.items()}
    rows = (_edits(measurements, scores), _groups(measurements, scores), _sources(measurements, scores))
    return Report(figures, *rows, measurements)


def check(model: FaceModel, faces: PreparedFaces) -> None:
    """Raises `FaceganError` unless a model can be measured on these faces."""
    missing = set(model.attributes.columns) - set(faces.columns)
    if missing:
        raise FaceganError(
            f"{faces.path} has no labels for {', '.join(sorted(missing))}, which the model was trained on"
        )
    if faces.size != model.size:
        raise FaceganError(f"{faces.path} has faces of {faces.size} pixels, but the model's have {model.size}")
    if len(faces.split("test")) < 2:
        raise FaceganError(f"{faces.path} has no test split to measure with")


def check_judge(judge: Judge, faces: PreparedFaces, columns: Sequence[str]) -> None:
    """Raises `FaceganError` unless a judge matches these faces and label columns."""
    missing = set(columns) - set(judge.columns)
    if missing:
        raise FaceganError(f"the judge does not predict {', '.join(sorted(missing))}")
    if judge.image_size != faces.size:
        raise FaceganError(f"the judge needs faces of {judge.image_size} pixels, but {faces.path} has {faces.size}")


def _edits(measurements: Measurements, scores: dict[str, EditScores]) -> dict[str, dict[str, float]]:
    by_edit = {name: each.by_edit for name, each in scores.items()}
    return {
        edit.label: {
            "faces": len(measurements.where[index]),
            **{name: values[index] for name, values in by_edit.items()},
        }
        for index, edit in enumerate(measurements.edits)
    }


def _groups(measurements: Measurements, scores: dict[str, EditScores]) -> dict[str, dict[str, float]]:
    faces, test, groups = measurements.faces, measurements.test, {}
    for item in STANDARD_ATTRIBUTES:
        if not item.is_group or item.columns[0] not in faces.columns:
            continue
        column = faces.columns.index(item.columns[0])
        labels, known = faces.labels[test, column], faces.known[test, column]
        for value in item.values:
            groups[value] = _of_members(known & (labels == item.bits(value)[0]), scores)
    return groups


def _sources(measurements: Measurements, scores: dict[str, EditScores]) -> dict[str, dict[str, float]]:
    faces = measurements.faces
    origins = faces.origins[measurements.test]
    present = np.unique(origins)
    return {faces.sources[index]: _of_members(origins == index, scores) for index in present if len(present) > 1}


def _of_members(member: np.ndarray, scores: dict[str, EditScores]) -> dict[str, float]:
    """How many test photos there are in a mask, and the figures on these."""
    figures = {name: each.by_group(member) for name, each in scores.items()}
    known = {name: figure for name, figure in figures.items() if figure is not None}
    return {"faces": int(member.sum()), **known}
