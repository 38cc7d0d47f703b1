"""Compiled methods of `FaceGAN`: for one face, twice as fast as eager execution."""

from collections.abc import Mapping
from typing import Any

import keras
from numpy.typing import NDArray

from facegan.models.facegan import FaceGAN
from facegan.tensors import Tensor


class Compiled(keras.Model):
    """A compiled method of `FaceGAN` that takes and returns arrays.

    `predict_on_batch([array, ...])` takes the method's arguments and returns a NumPy array. The first call with new
    shapes takes longer, because it compiles.
    """

    def __init__(self, networks: FaceGAN, method: str) -> None:
        super().__init__()
        self.networks = networks
        self._method = method
        self.built = True
        # On a CPU, XLA runs TensorFlow's transposed convolutions many times slower than TensorFlow itself does.
        self.compile(jit_compile=keras.backend.backend() == "jax")

    def call(self, arguments: list[Tensor]) -> Tensor:
        return getattr(self.networks, self._method)(*arguments)


class CompiledNetworks:
    """A `FaceGAN` as `facegan.inference_networks.InferenceNetworks`.

    Args:
        facegan: the `FaceGAN`.
    """

    def __init__(self, facegan: FaceGAN) -> None:
        self.description: Mapping[str, Any] = facegan.get_config()
        self._generate, self._edit, self._likelihoods = (
            Compiled(facegan, method) for method in ("generate", "edit", "likelihoods")
        )

    def generate(self, noise: NDArray, condition: NDArray) -> NDArray:
        """As `InferenceNetworks.generate`."""
        return self._generate.predict_on_batch([noise, condition])

    def edit(self, images: NDArray, source: NDArray, target: NDArray) -> NDArray:
        """As `InferenceNetworks.edit`."""
        return self._edit.predict_on_batch([images, source, target])

    def likelihoods(self, images: NDArray, conditions: NDArray) -> NDArray:
        """As `InferenceNetworks.likelihoods`."""
        return self._likelihoods.predict_on_batch([images, conditions])
