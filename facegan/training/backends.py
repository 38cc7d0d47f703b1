"""The differences between Keras's backends: gradients of inputs, the step that `fit()` calls, and the use of XLA."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from facegan.tensors import Tensor


class _ByNetwork(keras.Model):
    """Orders the weights like gradients and learning rates: by `network_variables`, network after network."""

    @property
    def network_variables(self) -> dict[str, list[keras.Variable]]:
        raise NotImplementedError

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        return [variable for variables in self.network_variables.values() for variable in variables]

    @property
    def trainable_weights(self) -> list[keras.Variable]:
        # When `fit()` ends, Keras passes the weights to the optimizer under this other name.
        return self.trainable_variables


if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    # On a CPU, XLA runs transposed convolutions many times slower than TensorFlow itself does.
    JIT_COMPILE = bool(tf.config.list_physical_devices("GPU"))

    def input_gradients(function: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
        """The gradient of `sum(function(inputs))` with respect to `inputs`, itself differentiable."""
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = function(inputs)
        return tape.gradient(outputs, inputs)

    def make_deterministic() -> None:
        """On a CPU, enables TensorFlow's deterministic operations, which cost no measurable time.

        Without them, a convolution's gradient differs once in hundreds of steps, when threads have to wait for each
        other. On a GPU they would be slower.
        """
        if not tf.config.list_physical_devices("GPU"):
            tf.config.experimental.enable_op_determinism()

    def synchronise(model: keras.Model) -> None:
        """Nothing to do: TensorFlow's variables are always up to date."""

    class TrainStep(_ByNetwork):
        """`train_step` for TensorFlow: one forward pass, then one backward pass for each network's own weights."""

        def train_step(self, data: tuple) -> dict[str, Tensor]:
            _, logs, gradients = self.gradients(data)
            # The optimizer adds up the gradients of the devices, each computed from its slice of the batch.
            devices = tf.distribute.get_strategy().num_replicas_in_sync
            if devices > 1:
                gradients = [gradient / devices for gradient in gradients]
            # No weight may change before everything that reads it has been computed. Without this, one resumed run
            # in three ended with slightly different weights on a busy machine; with it, none of twenty did.
            with tf.control_dependencies([*gradients, *logs.values()]):
                self.optimizer.apply(gradients, self.trainable_variables)
            return logs

        def gradients(self, data: tuple) -> tuple[dict[str, Tensor], dict[str, Tensor], list[Tensor]]:
            with tf.GradientTape(persistent=True) as tape:
                losses, logs = self.losses(*data)
            groups = self.network_variables
            gradients = [gradient for name, loss in losses.items() for gradient in tape.gradient(loss, groups[name])]
            return losses, logs, gradients

elif keras.backend.backend() == "jax":
    import jax

    JIT_COMPILE = True

    def input_gradients(function: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
        """The gradient of `sum(function(inputs))` with respect to `inputs`, itself differentiable."""
        return jax.grad(lambda values: function(values).sum())(inputs)

    def make_deterministic() -> None:
        """Nothing to do: on a CPU, JAX is."""

    def synchronise(model: keras.Model) -> None:
        """Updates a model's variables during `fit()`, which on JAX keeps the values elsewhere."""
        model.jax_state_sync()

    class TrainStep(_ByNetwork):  # type: ignore[no-redef]
        """`train_step` for JAX: the same on values instead of variables, as Keras requires there."""

        def train_step(self, state: Sequence, data: tuple) -> tuple[dict[str, Tensor], Sequence]:
            trainable, non_trainable, optimizer_variables, metrics_variables = state
            _, logs, gradients, non_trainable = self.stateless_gradients(trainable, non_trainable, data)
            trainable, optimizer_variables = self.optimizer.stateless_apply(optimizer_variables, gradients, trainable)
            return logs, (trainable, non_trainable, optimizer_variables, metrics_variables)

        def gradients(self, data: tuple) -> tuple[dict[str, Tensor], dict[str, Tensor], list[Tensor]]:
            trainable = [variable.value for variable in self.trainable_variables]
            non_trainable = [variable.value for variable in self.non_trainable_variables]
            losses, logs, gradients, _ = jax.jit(self.stateless_gradients)(trainable, non_trainable, data)
            return losses, logs, gradients

        def stateless_gradients(self, trainable: Sequence[Tensor], non_trainable: Sequence[Tensor], data: tuple) -> Any:
            def forward(trainable: Sequence[Tensor]) -> Any:
                pairs = [
                    *zip(self.trainable_variables, trainable, strict=True),
                    *zip(self.non_trainable_variables, non_trainable, strict=True),
                ]
                with keras.StatelessScope(state_mapping=pairs) as scope:
                    losses, logs = self.losses(*data)
                after = [scope.get_current_value(variable) for variable in self.non_trainable_variables]
                return losses, (logs, after)

            losses, backward, (logs, after) = jax.vjp(forward, trainable, has_aux=True)
            # One backward pass per network; XLA keeps only the operations that lead to that network's own weights.
            gradients: list[Tensor] = []
            # Not in the order of the losses, because JAX sorts dictionaries by key.
            for name, variables in self.network_variables.items():
                seed = {other: jax.numpy.zeros_like(value) for other, value in losses.items()}
                (of_all,) = backward(seed | {name: jax.numpy.ones_like(losses[name])})
                start = len(gradients)
                gradients += of_all[start : start + len(variables)]
            return losses, logs, gradients, after

else:
    raise ImportError(f"facegan trains on TensorFlow and JAX. Received: KERAS_BACKEND={keras.backend.backend()}")
