"""Adam with a learning rate for each network and a moving average of all weights."""

from collections.abc import Iterable, Sequence

import keras
from keras import ops

from facegan.tensors import Tensor


class NetworkAdam(keras.optimizers.Adam):
    """A single Adam for all networks.

    Adam treats each weight separately, so one optimizer with a learning rate for each weight is equivalent to the
    paper's three optimizers, and simpler to save and resume.

    Args:
        rates: the learning rate of each trainable variable, in the model's order.
        beta_1, beta_2: Adam's.
        ema_decay: the decay of the moving average. It grows as `min(ema_decay, (1 + step) / (10 + step))`; with the
            full decay, the first weights, random or trained, would dominate the average for thousands of steps.
    """

    def __init__(self, rates: Iterable[float], beta_1: float, beta_2: float, ema_decay: float) -> None:
        super().__init__(1.0, beta_1=beta_1, beta_2=beta_2, use_ema=True, ema_momentum=ema_decay)
        self._rates = list(rates)

    def build(self, variables: Sequence[keras.Variable]) -> None:
        super().build(variables)
        # Keras starts them at zero, but images before the first step are made with them.
        for variable, average in zip(variables, self.averages, strict=True):
            average.assign(ops.copy(variable.value))

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        rate = self._rates[self._get_variable_index(variable)]
        super().update_step(gradient, variable, ops.multiply(learning_rate, rate))

    def _update_model_variables_moving_average(self, trainable_variables: Sequence[keras.Variable]) -> None:
        step = ops.cast(self.iterations, "float32")
        decay = ops.minimum(self.ema_momentum, (1.0 + step) / (10.0 + step))
        for variable, average in zip(trainable_variables, self._model_variables_moving_average, strict=True):
            average.assign(decay * average + (1.0 - decay) * variable)

    @property
    def averages(self) -> list[keras.Variable]:
        """The moving averages, one for each trainable variable, in order."""
        return self._model_variables_moving_average
