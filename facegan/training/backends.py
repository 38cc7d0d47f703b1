"""The differences between Keras's backends: gradients of inputs, the step that `fit()` calls, and the use of XLA."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import keras
import numpy as np

from facegan.tensors import Tensor

# Networks that share a backward pass, because no loss depends on the weights of the other network: critics receive
# images, and each image comes from one network only. With separate passes, the generator's would also run through the
# features of edited images, and the editor's through those of generated images.
BACKWARD_PASSES = (("discriminator", "feature_critic"), ("generator", "editor"))
_Backward = Callable[[list[str]], dict[str, list[Tensor]]]


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

    def gradients_by_pass(self, losses: dict[str, Tensor], backward: _Backward) -> list[Tensor]:
        """The gradients of each loss with respect to its own network's weights, in the order of the weights.

        Args:
            losses: `{network: scalar}`.
            backward: from the networks of a pass to the gradients of the sum of their losses: `{network: gradients with
                respect to its weights}`.
        """
        gradients = dict[str, list[Tensor]]()
        for networks in BACKWARD_PASSES:
            gradients |= backward([name for name in networks if name in losses])
        return [gradient for name in self.network_variables for gradient in gradients[name]]


if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    # On a CPU, XLA runs transposed convolutions many times slower than TensorFlow itself does.
    JIT_COMPILE = bool(tf.config.list_physical_devices("GPU"))
    # TensorFlow makes batches ahead in a thread of its own.
    BATCH_THREADS = 1

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
        """`train_step` for TensorFlow: one forward pass, then the backward passes."""

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

            def backward(names: list[str]) -> dict[str, list[Tensor]]:
                return tape.gradient([losses[name] for name in names], {name: groups[name] for name in names})

            return losses, logs, self.gradients_by_pass(losses, backward)

elif keras.backend.backend() == "jax":
    import jax

    JIT_COMPILE = True
    # Meanwhile, the main thread starts the kernels of a step one by one. Keras uses threads only if there are two.
    BATCH_THREADS = 2

    def input_gradients(function: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
        """The gradient of `sum(function(inputs))` with respect to `inputs`, itself differentiable."""
        return jax.grad(lambda values: function(values).sum())(inputs)

    def make_deterministic() -> None:
        """Nothing to do: on a CPU, JAX is."""

    def synchronise(model: keras.Model) -> None:
        """Updates a model's variables during `fit()`, which on JAX keeps the values elsewhere."""
        model.jax_state_sync()

    @partial(jax.tree_util.register_dataclass, data_fields=["array"], meta_fields=["names"])
    @dataclass(frozen=True, eq=False)
    class Losses(Mapping[str, float]):
        """The losses of a step in one array.

        Transferring many numbers from a GPU takes as long as transferring one.
        """

        names: tuple[str, ...]
        array: Tensor

        @classmethod
        def of(cls, logs: dict[str, Tensor]) -> "Losses":
            """The same losses, joined."""
            return cls(tuple(logs), jax.numpy.stack(list(logs.values())))

        @cached_property
        def _floats(self) -> dict[str, float]:
            return dict(zip(self.names, np.asarray(self.array).tolist(), strict=True))

        def __getitem__(self, name: str) -> float:
            """Returns a loss, as soon as the device has computed it."""
            return self._floats[name]

        def __iter__(self) -> Iterator[str]:
            return iter(self.names)

        def __len__(self) -> int:
            return len(self.names)

    class TrainStep(_ByNetwork):  # type: ignore[no-redef]
        """`train_step` for JAX: the same on values instead of variables, as Keras requires there."""

        def __setattr__(self, name: str, value: Any) -> None:
            # After every step, `fit()` stores all values here, and Keras would search them for layers and variables.
            if name == "_jax_state":
                object.__setattr__(self, name, value)
            else:
                super().__setattr__(name, value)

        def train_step(self, state: Sequence, data: tuple) -> tuple[Losses, Sequence]:
            trainable, non_trainable, optimizer_variables, metrics_variables = state
            _, logs, gradients, non_trainable = self.stateless_gradients(trainable, non_trainable, data)
            trainable, optimizer_variables = self.optimizer.stateless_apply(optimizer_variables, gradients, trainable)
            return Losses.of(logs), (trainable, non_trainable, optimizer_variables, metrics_variables)

        def gradients(self, data: tuple) -> tuple[dict[str, Tensor], dict[str, Tensor], list[Tensor]]:
            trainable = [variable.value for variable in self.trainable_variables]
            non_trainable = [variable.value for variable in self.non_trainable_variables]
            losses, logs, gradients, _ = jax.jit(self.stateless_gradients)(trainable, non_trainable, data)
            return losses, logs, gradients

        def stateless_gradients(self, trainable: Sequence[Tensor], non_trainable: Sequence[Tensor], data: tuple) -> Any:
            groups, values = self.network_variables, iter(trainable)
            by_network = {name: [next(values) for _ in variables] for name, variables in groups.items()}

            def forward(by_network: dict[str, list[Tensor]]) -> Any:
                pairs = [
                    *(pair for name in groups for pair in zip(groups[name], by_network[name], strict=True)),
                    *zip(self.non_trainable_variables, non_trainable, strict=True),
                ]
                with keras.StatelessScope(state_mapping=pairs) as scope:
                    losses, logs = self.losses(*data)
                after = [scope.get_current_value(variable) for variable in self.non_trainable_variables]
                return losses, (logs, after)

            losses, pull_back, (logs, after) = jax.vjp(forward, by_network, has_aux=True)

            def backward(names: list[str]) -> dict[str, list[Tensor]]:
                # XLA keeps only the operations that lead to the weights of these networks.
                (of_all,) = pull_back({name: jax.numpy.full_like(loss, name in names) for name, loss in losses.items()})
                return {name: of_all[name] for name in names}

            return losses, logs, self.gradients_by_pass(losses, backward), after

else:
    raise ImportError(f"facegan trains on TensorFlow and JAX. Received: KERAS_BACKEND={keras.backend.backend()}")
