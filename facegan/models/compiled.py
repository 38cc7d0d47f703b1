"""One compiled program for a way of using the networks: twice as fast for a face as one operation after the other."""

import keras

from facegan.models.facegan import FaceGAN
from facegan.tensors import Tensor


class Compiled(keras.Model):
    """One of `FaceGAN`'s methods, of those that take and return arrays, as a compiled program.

    `predict_on_batch([array, ...])` takes the method's arguments and returns a NumPy array. The first call with new
    shapes takes longer.
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
