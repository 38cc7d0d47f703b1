"""Warnings about a run that no longer learns, although its losses are finite."""

import logging
from collections import Counter
from collections.abc import Callable

from facegan.recipe.objective import PaperObjective
from facegan.training.backends import synchronise
from facegan.training.callbacks import Logs, RunCallback
from facegan.training.plan import Plan
from facegan.training.samples import Samples

logger = logging.getLogger(__name__)

PENALTY_EVERY = 10  # steps between two checks of the gradient penalty
PENALTY_CHECKS = 10  # consecutive checks that cause a warning
PENALTY_CEILING = 100.0  # a gradient of length 11, where 1 is the target

FACES_EVERY = 200  # steps between two checks of generated and edited faces
FACES_LOOKS = 2
DIVERSITY_FLOOR = 2.0  # grey levels; faces that `tiny` generates differ by 15
CHANGE_FLOOR = 0.5  # grey levels; glasses alone change a face by 3


class Watch(RunCallback):
    """Warns of an exploding gradient penalty, a collapsed generator, and an editor that changes nothing.

    The first is detected within 100 steps, the others within 400. Each warning is given once, in the log and in
    TensorBoard, and suggests a remedy.

    Args:
        plan: the run's plan.
        samples: the samples of the networks in training.
        remark: called with step and text.
    """

    def __init__(self, plan: Plan, samples: Samples, remark: Callable[[int, str], None]) -> None:
        super().__init__(plan)
        objective = samples.networks.recipe.objective
        if isinstance(objective, PaperObjective):
            self._weight, discriminator, editor = objective.gradient_penalty, "objective", "objective"
        else:
            self._weight = objective.discriminator.gradient_penalty
            discriminator, editor = "objective.discriminator", "objective.editor"
        self._samples, self._remark = samples, remark
        self._in_succession: Counter[str] = Counter()
        self._penalty_explodes = (
            f"the gradient penalty stays above {PENALTY_CEILING:g}: the critic's slope explodes. "
            f"Lower optimizers.discriminator, or raise {discriminator}.gradient_penalty"
        )
        self._generator_collapsed = (
            f"generated faces with the same attributes differ by less than {DIVERSITY_FLOOR:g} of 255: the generator "
            "has collapsed. Lower optimizers.generator, or start again with another --seed"
        )
        self._editor_does_nothing = (
            f"edits change faces by less than {CHANGE_FLOOR:g} of 255: the editor changes nothing. "
            f"Lower {editor}.reconstruction, or raise optimizers.editor"
        )

    def on_step(self, logs: Logs) -> None:
        if self.step % PENALTY_EVERY == 0:
            penalty = float(logs["discriminator/gradient_penalty"]) / self._weight
            self._check(self._penalty_explodes, penalty > PENALTY_CEILING, PENALTY_CHECKS)
        if self.step % FACES_EVERY == 0:
            synchronise(self.model)
            self._check(self._generator_collapsed, self._samples.diversity() < DIVERSITY_FLOOR, FACES_LOOKS)
            self._check(self._editor_does_nothing, self._samples.change() < CHANGE_FLOOR, FACES_LOOKS)

    def _check(self, remark: str, is_bad: bool, patience: int) -> None:
        """Warns once, when a check has failed often enough in succession."""
        warned = self._in_succession[remark] >= patience
        self._in_succession[remark] += 1 if is_bad or warned else -self._in_succession[remark]
        if not warned and self._in_succession[remark] == patience:
            logger.warning("step %d: %s", self.step, remark)
            self._remark(self.step, remark)
