"""Keras callbacks: checks, progress, logs, checkpoints and the end of the run.

To `fit()`, the whole run is one epoch, so that it can resume at any step; the run's epochs are counted here.
"""

from __future__ import annotations

import logging
import math
import shlex
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras

from facegan.errors import FaceganError
from facegan.recipe.toml import write_recipe
from facegan.training.ema import averaged
from facegan.training.plan import Plan, Settings
from facegan.training.samples import Samples
from facegan.training.tensorboard import EventWriter

if TYPE_CHECKING:
    from tqdm import tqdm

logger = logging.getLogger(__name__)

READ_EVERY = 10  # steps
LINE_EVERY = 30.0  # seconds, where there is no bar
BAR_EVERY = 0.2
# The losses of a step: `{name: scalar}`.
Logs = Mapping[str, Any]


class RunCallback(keras.callbacks.Callback):
    """A callback that counts the run's steps."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan, self.step = plan, plan.first_step

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        self.step = self.plan.first_step + batch + 1
        self.on_step(logs)

    def on_step(self, logs: Logs) -> None:
        """Called after step `self.step`, counted from 1, with the losses of that step."""

    @property
    def epoch_ends(self) -> bool:
        return self.step % self.plan.steps_per_epoch == 0

    @property
    def run_ends(self) -> bool:
        return self.step == self.plan.last_step


class LossHistory(RunCallback):
    """Collects the losses of every step and their means over epochs; stops the run if a loss is not finite.

    Losses are read only every few steps, because reading one waits for the device.

    Args:
        plan: the run's plan.
        history: the run's history, which checkpoints and models contain; means are appended to it.
        current: the sums of the current epoch, from a checkpoint taken during it.
        remark: called with the step and the reason if the run stops.
    """

    def __init__(
        self,
        plan: Plan,
        history: list[dict[str, Any]],
        current: dict[str, Any] | None,
        remark: Callable[[int, str], None],
    ) -> None:
        super().__init__(plan)
        self._remark = remark
        self.history = history
        self.current = current or {"steps": 0, "seconds": 0.0, "sums": {}}
        self._unread: list[tuple[int, Logs]] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._last = time.monotonic()

    def on_step(self, logs: Logs) -> None:
        self._unread.append((self.step, logs))
        if self.step % READ_EVERY == 0 or self.epoch_ends or self.run_ends:
            self.read()

    def read(self) -> None:
        """Reads the losses of all steps so far.

        Raises:
            FaceganError: a loss is not finite.
        """
        unread, self._unread = self._unread, []
        for step, logs in unread:
            for name, value in logs.items():
                # After a gradient that is not finite, the next step's loss is not either.
                if not math.isfinite(float(value)):
                    reason = (
                        f"stopped: {name} is not finite after step {step}. Resume from the last checkpoint, if there is"
                        " one, with --resume, or start again with another --seed or with --precision float32"
                    )
                    self._remark(step, reason)
                    raise FaceganError(reason)
                self.current["sums"][name] = self.current["sums"].get(name, 0.0) + float(value)
            self.current["steps"] += 1
        now = time.monotonic()
        self.current["seconds"] += now - self._last
        self._last = now
        if self.current["steps"] and (self.epoch_ends or self.run_ends):
            self._end_epoch()

    def _end_epoch(self) -> None:
        steps = self.current["steps"]
        self.history.append(
            {
                "step": self.step,
                "images": self.step * self.plan.batch_size,
                "images_per_second": round(steps * self.plan.batch_size / self.current["seconds"], 2),
                "losses": {name: total / steps for name, total in self.current["sums"].items()},
            }
        )
        self.current = {"steps": 0, "seconds": 0.0, "sums": {}}


class Progress(RunCallback):
    """Shows the losses next to the bar; logs step, speed and losses every epoch, and more often if there is no bar.

    Args:
        plan: the run's plan.
        bar: the bar of the run's steps.
    """

    def __init__(self, plan: Plan, bar: tqdm[Any]) -> None:
        super().__init__(plan)
        self._bar = bar

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._start = self._shown = time.monotonic()

    def on_step(self, logs: Logs) -> None:
        now, ends = time.monotonic(), self.epoch_ends or self.run_ends
        if not ends and now - self._shown < (LINE_EVERY if self._bar.disable else BAR_EVERY):
            return
        self._shown = now
        losses = "  ".join(f"{name} {value:.3f}" for name, value in logs.items() if "/" not in name)
        self._bar.set_postfix_str(losses, refresh=False)
        if not ends and not self._bar.disable:
            return
        done = self.step - self.plan.first_step
        left = (self.plan.last_step - self.step) * (now - self._start) / done
        logger.info(
            "epoch %d/%d  step %d/%d  %.1f photos/s  %s left  %s",
            (self.step - 1) // self.plan.steps_per_epoch + 1,
            math.ceil(self.plan.last_step / self.plan.steps_per_epoch),
            self.step,
            self.plan.last_step,
            done * self.plan.batch_size / (now - self._start),
            clock(left),
            losses,
        )


class TensorBoardLog(RunCallback):
    """Writes losses, learning rates and speed every few steps, and sample images with each checkpoint.

    The recipe and the hyperparameters are written once, and the command line each time the run is started or resumed.
    """

    def __init__(self, plan: Plan, settings: Settings, samples: Samples, saver: Saver) -> None:
        super().__init__(plan)
        self.settings = settings
        self.samples = samples
        self.writer: Any = None
        self._saver = saver

    def remark(self, step: int, text: str) -> None:
        """Writes a remark as text, if this process writes the log."""
        if self.writer is not None:
            self.writer.text(step, "remarks", text)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.writer = EventWriter(self.plan.out / "logs", self.plan.first_step)
        # Taken now, because on JAX every access to `self.model` copies all weights into it.
        self._rates = {f"learning_rate/{name}": rate for name, rate in self.model.learning_rates.items()}
        self._last = (time.monotonic(), self.plan.first_step)
        self.writer.text(self.plan.first_step, "command", f"```sh\n{shlex.join(sys.orig_argv)}\n```")
        if not self.plan.first_step:
            self.writer.text(0, "recipe", f"```toml\n{write_recipe(self.settings.recipe)}```")
            self.writer.hyperparameters(self.settings.hyperparameters())
            self._log_images(0)

    def on_step(self, logs: Logs) -> None:
        if self.step % READ_EVERY == 0 or self.run_ends:
            now, (then, since) = time.monotonic(), self._last
            scalars = {name: float(value) for name, value in logs.items()} | self._rates
            scalars["images_per_second"] = (self.step - since) * self.plan.batch_size / (now - then)
            self.writer.scalars(self.step, scalars)
            self._last = (now, self.step)
        if self._saver.step_saved == self.step:
            self._log_images(self.step)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.writer.close()

    def _log_images(self, step: int) -> None:
        with averaged(self.model):
            self.writer.image(step, "generated", self.samples.generated())
            self.writer.image(step, "edited", self.samples.edited())


class Saver(RunCallback):
    """Saves every few minutes, at the end, and after the current step if CTRL-C or the time limit ends the run.

    Args:
        plan: the run's plan.
        save: called with the step.
        minutes: between two checkpoints.
        limit: minutes after which the run ends, or None.

    Attributes:
        interrupted: whether the run was ended early.
        step_saved: the last step that was saved.
    """

    def __init__(self, plan: Plan, save: Callable[[int], None], minutes: float, limit: float | None = None) -> None:
        super().__init__(plan)
        self._save = save
        self._seconds = 60 * minutes
        self._limit = math.inf if limit is None else 60 * limit
        self.interrupted = False
        self.step_saved: int | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._saved = self._began = time.monotonic()

    def on_step(self, logs: Logs) -> None:
        now = time.monotonic()
        self.interrupted |= now - self._began >= self._limit
        if self.run_ends or self.interrupted or now - self._saved >= self._seconds:
            self._save(self.step)
            self._saved, self.step_saved = time.monotonic(), self.step
        if self.interrupted:
            self.model.stop_training = True

    def interrupt(self, *_: Any) -> None:
        """A handler for `facegan.signals.on_stop`: ends the run after the current step, or at once if called again."""
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
        logger.warning("stopping after this step; press CTRL-C again to stop at once")


def clock(seconds: float) -> str:
    """Seconds as `1:02:03` or `2:03`."""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
