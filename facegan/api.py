"""The commands `prepare`, `train` and `evaluate` as functions of paths and names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from facegan.errors import FaceganError

if TYPE_CHECKING:
    from facegan.data.prepared import PreparedFaces
    from facegan.evaluation.evaluate import Report
    from facegan.inference import FaceModel
    from facegan.recipe import Recipe


def prepare(
    sources: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    size: int = 128,
    labels: str | Path | None = None,
    count: int | None = None,
    seed: int = 0,
    align: bool | None = None,
    ignore: Iterable[str] = (),
    rename: Mapping[str, str] | None = None,
    workers: int | None = None,
) -> PreparedFaces:
    """Crops and resizes labelled faces and writes them to a folder. The same call resumes an interrupted one.

    Args:
        sources: CelebA's folder or `img_align_celeba.zip`, a folder of images with a CSV of labels, or the word
            `"drawn"`; or several of these, which are joined.
        out: the folder to write.
        size: the side of a face in pixels: 32, 64, 128 or 256.
        labels: the label file of a single source, if it is not in its usual place.
        count: the number of faces to draw, for `"drawn"` alone.
        seed: of the split and of drawn faces.
        align: whether to align faces by their landmarks. By default, sources that are joined are aligned if they frame
            faces differently, and a single source is not aligned.
        ignore: columns of the label files to leave out.
        rename: `{title: new title}` for columns of the label files.
        workers: the number of processes; as many as there are processors by default.

    Returns:
        The prepared data set.

    Raises:
        FaceganError: a source that cannot be read, a folder that cannot be written, or another size.
    """
    from facegan.data.prepare import prepare as prepare_source
    from facegan.data.source import open_sources

    paths = [sources] if isinstance(sources, str | Path) else list(sources)
    source = open_sources(paths, labels, count, seed, align, ignore, rename)
    return prepare_source(source, out, size, seed, workers)


def train(
    data: str | Path,
    out: str | Path = "run",
    *,
    recipe: str | Recipe | None = None,
    attributes: Sequence[str] | None = None,
    images: int | None = None,
    batch_size: int | None = None,
    precision: str = "auto",
    seed: int = 0,
    start: str | Path | None = None,
    grow: bool = False,
    minutes: float | None = None,
    checkpoint_minutes: float = 10.0,
    devices: int = 1,
    overwrite: bool = False,
) -> FaceModel:
    """Trains a model on a prepared data set; `facegan train --resume` continues an interrupted run.

    Args:
        data: the folder of a prepared data set.
        out: the folder of the run, for model, checkpoints and logs.
        recipe: the name of a packaged recipe, or a recipe; by default that of the model to start from, or `celeba128`.
        attributes: names of attributes and label columns; by default those of the model to start from, or all that the
            data has labels for (of CelebA, the standard attributes).
        images: the number of photos to train on, counting repetitions; the recipe's epochs by default.
        batch_size: photos in a step; the recipe's by default.
        precision: `"float32"`, `"bfloat16"`, or `"auto"`: whichever is faster on this machine.
        seed: of weights, order and noise.
        start: a model file or the folder of a run whose weights to start from.
        grow: whether to double the size of `start`: new outer stages fade in around its trained inner ones.
        minutes: after which to stop with a checkpoint; no limit by default.
        checkpoint_minutes: between two checkpoints.
        devices: the number of GPUs across which each batch is split.
        overwrite: whether to replace a model file in `out` that does not belong to a run there.

    Returns:
        The trained model.

    Raises:
        FaceganError: unsuitable data, an unknown recipe or attribute, or a folder that already contains a run.
    """
    from facegan.data.prepared import PreparedFaces
    from facegan.memory import keep_memory
    from facegan.recipe import find_recipe

    faces = PreparedFaces(data)
    chosen = find_recipe(recipe) if isinstance(recipe, str) else recipe
    keep_memory()
    from facegan.exporting.export import add_graphs
    from facegan.inference import load
    from facegan.training import run
    from facegan.training.plan import Settings

    settings = Settings.defaults(chosen, start, grow).given(
        faces.columns, attributes, batch_size=batch_size, precision=precision, seed=seed
    )
    path, _ = run.train(
        faces, settings, out, images, checkpoint_minutes,
        devices=devices, start=start, minutes=minutes, overwrite=overwrite,
    )  # fmt: skip
    if not path.exists():
        raise FaceganError(f"stopped before a model was saved; resume with: facegan train {data} --out {out} --resume")
    add_graphs(path)
    return load(path)


def evaluate(
    model: str | Path | None,
    data: str | Path,
    *,
    out: str | Path | None = None,
    judge: str | Path | None = None,
    metrics: Sequence[str] | None = None,
    limit: int = 200,
    seed: int = 0,
    overwrite: bool = False,
) -> Report:
    """Measures a model on the test split of a prepared data set.

    Args:
        model: a model file, the folder of a run, or the name of a packaged model; as for `load`.
        data: the folder of a prepared data set.
        out: the folder for a page with images, `figures.json` and `figures.md`; none are written by default.
        judge: the file of a judge that was trained on other faces; by default that of `data`, trained on first use.
        metrics: names of metrics; by default all that need no download.
        limit: the maximum number of test faces for each edit.
        seed: of the choice of faces and of the generator's noise.
        overwrite: whether to replace files in `out` that are not an earlier report.

    Returns:
        The figures: overall, by edit and by group.

    Raises:
        FaceganError: no such model or data, faces that do not match the model, an unknown metric, or files in `out`
            that must not be replaced.
    """
    from facegan.data.prepared import PreparedFaces
    from facegan.files import reserve
    from facegan.memory import keep_memory
    from facegan.model_files import describe, find_model

    described, faces = describe(model), PreparedFaces(data)
    if out is not None and Path(out).exists() and not Path(out).is_dir():
        raise FaceganError(f"cannot write {out}: it exists and is not a folder")
    keep_memory()
    from facegan.evaluation.evaluate import DEFAULT_METRICS, check
    from facegan.evaluation.evaluate import evaluate as measure
    from facegan.evaluation.judge import load_judge
    from facegan.evaluation.judge_training import judge_of
    from facegan.evaluation.report import check_place, write_report
    from facegan.inference import load
    from facegan.models.precision import choose_precision

    with nullcontext() if out is None else reserve(out):
        if out is not None:
            check_place(Path(out), [find_model(model), *([judge] if judge else [])], overwrite)
        # Keras can use a GPU.
        networks = load(model, choose_precision("auto"))
        # Before the judge is trained, which takes minutes.
        check(networks, faces)
        loaded = judge_of(faces) if judge is None else load_judge(judge)
        report = measure(networks, faces, loaded, metrics or DEFAULT_METRICS, limit, seed)
        if out is not None:
            write_report(report, described, out)
    return report
