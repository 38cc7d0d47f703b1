"""A training run, from prepared faces and settings or from a checkpoint to a trained model."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import keras

from facegan.attributes import Attributes
from facegan.data.prepared import PreparedFaces
from facegan.errors import FaceganError
from facegan.files import WriteGuard, remove_leftovers, reserve
from facegan.model_files import MODEL_FILE, find_model
from facegan.models.facegan import FaceGAN
from facegan.models.fitting import NumberedBatches, fit
from facegan.models.growing import GrowingFaceGAN, finished
from facegan.models.precision import set_precision
from facegan.models.saving import save_model
from facegan.progress import progress_bar
from facegan.signals import on_stop
from facegan.training.backends import BATCH_THREADS, make_deterministic
from facegan.training.batches import ALL_ROWS, BatchSource, host_rows
from facegan.training.beginning import Beginning
from facegan.training.callbacks import LossHistory, Progress, RunCallback, Saver, TensorBoardLog
from facegan.training.checkpoints import Checkpoints, Phase, check_finite, optimizer_variables, variables_of
from facegan.training.devices import parallel, process
from facegan.training.ema import averaged
from facegan.training.plan import Plan, Settings, learnt_attributes, steps_per_epoch
from facegan.training.pretraining import (
    FinderTraining,
    fill_unknown_labels,
    finder_needs_training,
    fine_tune_attribute_finder,
)
from facegan.training.samples import Samples
from facegan.training.step import GANTraining
from facegan.training.transfer import grow, take_weights
from facegan.training.watch import Watch

logger = logging.getLogger(__name__)

# The share of a run in which the new stages of a model that grows fade in; after that, only the new stages remain.
FADE_SHARE = 0.5


def build_training(
    faces: PreparedFaces,
    settings: Settings,
    start: str | Path | None = None,
    resumed: Beginning | None = None,
    pretrained: bool = True,
) -> GANTraining:
    """Builds networks for this data, ready for `fit()`, with seeded weights or those of a model file.

    Args:
        faces: as for `train`, and so are `settings`, `start` and `pretrained`.
        settings: of the run.
        start: a model file.
        resumed: how the run began, if it is resumed.
        pretrained: whether networks that start from ImageNet do.
    """
    make_deterministic()
    keras.utils.set_random_seed(settings.seed)
    set_precision(settings.precision)
    networks = build_networks(faces, settings)
    beginning: Beginning | None = None
    if settings.grow:
        networks, beginning = grow(networks, start)
    elif start is not None:
        beginning = take_weights(networks, start)
    training = GANTraining(networks, resumed or beginning, pretrained)
    networks.record = {**networks.record, **training.beginning.to_dict()}
    return training


def build_networks(faces: PreparedFaces, settings: Settings) -> FaceGAN:
    """Builds a `FaceGAN` with random weights for these faces and settings."""
    attributes = Attributes(settings.attributes, faces.columns)
    # Unknown labels would count as 0, so only fully labelled faces are counted, or all faces if there are none.
    training = faces.fully_labelled("train", attributes.columns)
    training = training if len(training) else faces.split("train")
    networks = FaceGAN(
        settings.recipe,
        faces.size,
        attributes.names,
        faces.columns,
        record={"data": faces.info, "settings": settings.to_dict(), "images_seen": 0, "history": []},
    )
    networks.count_combinations(attributes.select(faces.labels[training], faces.columns))
    return networks


def batch_source(
    faces: PreparedFaces, settings: Settings, attributes: Attributes, new_attributes: Sequence[str] = ()
) -> BatchSource:
    """Returns the `BatchSource` of a run, which draws from the training split."""
    recipe, seed = settings.recipe, settings.seed
    return BatchSource(faces, faces.split("train"), attributes, recipe, settings.batch_size, seed, new_attributes)


def numbered_batches(source: BatchSource, steps: range, rows: slice = ALL_ROWS) -> NumberedBatches:
    """Returns the batches of some steps, or these rows of them, made a few steps ahead."""
    return NumberedBatches(lambda step: (source.at(step, rows),), steps, workers=BATCH_THREADS, max_queue_size=2)


def train(
    faces: PreparedFaces,
    settings: Settings,
    out: str | Path,
    images: int | None = None,
    checkpoint_minutes: float = 10.0,
    resume: bool = False,
    devices: int = 1,
    start: str | Path | None = None,
    minutes: float | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    pretrained: bool = True,
    overwrite: bool = False,
) -> tuple[Path, bool]:
    """Trains a model, and writes checkpoints, TensorBoard logs and the model to a folder.

    Args:
        faces: the data.
        settings: when resuming, those of the run.
        out: the run's folder; with several hosts, one that all of them share.
        images: how many photos to train on in all, over all parts of the run; the recipe's epochs by default.
        checkpoint_minutes: between two checkpoints; there is one at the end as well.
        resume: continue from the newest checkpoint in `out`.
        devices: the number of GPUs across which each batch is split. A resumed run may have another number.
        start: a model file or run whose weights to begin with, instead of new ones; of half the size if it is to grow.
        minutes: after which the run ends with a checkpoint, counted from its first step, before which an attribute
            finder is trained; None for no limit.
        callbacks: further Keras callbacks.
        pretrained: whether networks that start from ImageNet do; with random weights instead, tests need less time.
        overwrite: whether to replace a model file in `out` that is of no run there.

    Returns:
        `(path, finished)`: the model file, and False if CTRL-C or the time limit ended the run early; where CTRL-C ends
            the training of the attribute finder, or the run while new stages fade in, there is no such file yet.

    Raises:
        FaceganError: `out` holds a run already, or none to resume; the data differs; too few photos; there are
            not as many devices; `start` is of another size or other networks; a loss is not finite; a file cannot be
            written.
    """
    out = Path(out)
    checkpoints = Checkpoints(out / "checkpoints")
    if not resume and checkpoints.paths():
        raise FaceganError(f"{out} holds a run already; continue it with --resume or choose another --out")
    WriteGuard([find_model(start)] if start is not None else [], resume or overwrite).check(out / MODEL_FILE)
    faces = faces.with_attributes(settings.attributes)
    # A resumed run was checked when it began.
    learnt = settings.attributes if resume else learnt_attributes(settings, start)
    per_epoch = steps_per_epoch(faces, settings, learnt)
    pixels = faces.digest()
    done: dict[str, Any] = {"step": 0, "history": [], "current": None}
    if resume:
        done = checkpoints.describe()
        if done["data"] != faces.info or done.get("pixels", pixels) != pixels:
            raise FaceganError(f"{out} was trained on other data than {faces.path}")
    images = images or settings.recipe.epochs * len(faces.split("train"))
    last_step = max(1, images // settings.batch_size)
    if done["step"] >= last_step:
        count = done["step"] * settings.batch_size
        raise FaceganError(f"{out} was trained on {count} photos already; ask for more with --images or --epochs")

    def save(step: int) -> None:
        # Reads the remaining losses, so that nothing is saved after one that is not finite.
        losses.read()
        check_finite(main, step)
        progress = {"history": losses.history, "images_seen": step * settings.batch_size}
        networks.record = {**networks.record, **progress}
        # The model first, so that a run that was killed between the two can be resumed and completed.
        with averaged(training):
            if model := finished(networks):
                save_model(model, out / MODEL_FILE)
        checkpoints.save(main, step, description())

    def save_finder(step: int) -> None:
        check_finite(phases[-1], step)
        checkpoints.save(phases[-1], step, description())

    def description() -> dict[str, Any]:
        return {
            "step": 0,
            "settings": settings.to_dict(),
            "data": faces.info,
            "pixels": pixels,
            "images": images,
            "history": losses.history,
            "current": losses.current,
            **training.beginning.to_dict(),
        }

    index, processes = process()
    with ExitStack() as stack:
        if index == 0:
            stack.enter_context(reserve(out))
        stack.enter_context(parallel(devices, settings.batch_size))
        resumed = Beginning.from_dict(done) if resume else None
        training = build_training(faces, settings, start, resumed, pretrained)
        networks = training.networks
        if isinstance(networks, GrowingFaceGAN):
            networks.fade.steps = max(1, int(FADE_SHARE * last_step))
        source = batch_source(faces, settings, networks.attributes, training.beginning.new_attributes)
        main = Phase("step", training, variables_of(training))
        phases, finder = [main], None
        if finder_needs_training(networks, training.beginning):
            finder = FinderTraining(networks, source, training.beginning, pretrained and not resume)
            phases.append(Phase("pretraining_step", finder, {**main.variables, **optimizer_variables(finder)}))
        if resume:
            # If the newest is damaged, this is the one before.
            done = checkpoints.restore(phases)
        remove_leftovers(out, checkpoints.folder)
        plan = Plan(out, settings.batch_size, per_epoch, done["step"], last_step)
        samples = Samples(networks, faces, settings.seed)
        saver = Saver(plan, save, checkpoint_minutes, minutes)
        log = TensorBoardLog(plan, settings, samples, saver)
        losses = LossHistory(plan, done["history"], done["current"], log.remark)
        if finder is not None and (not resume or "pretraining_step" in done):
            first, last = done.get("pretraining_step", 0), finder.steps
            finder_saver = Saver(Plan(out, finder.batch_size, last, first, last), save_finder, checkpoint_minutes)
            with on_stop(finder_saver.interrupt) if index == 0 else nullcontext():
                finder_callbacks = [finder_saver] if index == 0 else []
                fine_tune_attribute_finder(finder, source, settings.seed, first, index > 0, finder_callbacks)
            if finder_saver.interrupted:
                return out / MODEL_FILE, False
        fill_unknown_labels(networks, source)
        rows = host_rows(settings.batch_size, index, processes)
        batches = numbered_batches(source, range(plan.first_step, plan.last_step), rows)
        photos = {"unit": " photos", "unit_scale": settings.batch_size, "initial": plan.first_step}
        bar = stack.enter_context(progress_bar(plan.last_step, "training", hidden=index > 0, **photos))
        if index == 0:
            logger.info(
                "training %s on %d faces of %dx%d: %s; %s, batches of %d", settings.recipe.name, len(source.images),
                faces.size, faces.size, ", ".join(settings.attributes), settings.precision, settings.batch_size,
            )  # fmt: skip
            stack.enter_context(on_stop(saver.interrupt))
            # In this order: nothing is logged or saved after a loss that is not finite.
            watching: list[RunCallback] = [losses, Progress(plan, bar), saver, Watch(plan, samples, log.remark), log]
        else:
            watching = [losses]
        fit(training, batches, bar, [*watching, *callbacks])
    return out / MODEL_FILE, not saver.interrupted or saver.step == plan.last_step


def settings_of_run(out: str | Path) -> tuple[Settings, int]:
    """Returns the settings that a run was started with, and the number of photos to train on."""
    described = Checkpoints(Path(out) / "checkpoints").describe()
    return Settings.from_dict(described["settings"]), described["images"]
