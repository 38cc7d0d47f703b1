"""A depthwise convolution that is fast on both backends."""

import keras
from keras import layers, ops

from facegan.tensors import Tensor


@keras.saving.register_keras_serializable("facegan")
class DepthwiseConv2D(layers.DepthwiseConv2D):
    """Keras's layer, computed faster where the backend is slow; on JAX as a sum of shifted images.

    XLA computes the kernel's gradient of a depthwise convolution as that of a dense one, which multiplies the work by
    the number of channels. Shifts, products and a sum become a single loop. Padding is `"same"`, without dilation.
    """

    def call(self, inputs: Tensor) -> Tensor:
        if keras.backend.backend() != "jax":
            return self._strided(inputs) if self.strides != (1, 1) else super().call(inputs)
        (height, width), (down, across) = self.kernel_size, self.strides
        rows, columns = -(-inputs.shape[1] // down), -(-inputs.shape[2] // across)
        padding = [
            _same_padding(size, length, stride)
            for size, length, stride in zip(inputs.shape[1:3], self.kernel_size, self.strides, strict=True)
        ]
        padded = ops.pad(inputs, ((0, 0), *padding, (0, 0)))
        kernel = ops.convert_to_tensor(self.kernel)[..., 0]
        total = ops.convert_to_tensor(self.bias)
        for y in range(height):
            for x in range(width):
                shifted = padded[:, y : y + down * (rows - 1) + 1 : down, x : x + across * (columns - 1) + 1 : across]
                total = total + shifted * kernel[y, x]
        return total

    def _strided(self, inputs: Tensor) -> Tensor:
        """In float32: on a CPU, TensorFlow's gradient with strides takes eight times as long in bfloat16."""
        values, kernel, bias = (ops.cast(array, "float32") for array in (inputs, self.kernel, self.bias))
        output = ops.depthwise_conv(values, kernel, self.strides, padding="same") + bias
        return ops.cast(output, self.compute_dtype)


def _same_padding(size: int, length: int, stride: int) -> tuple[int, int]:
    """Before and after, as TensorFlow pads: the odd one comes after."""
    missing = max((-(-size // stride) - 1) * stride + length - size, 0)
    return missing // 2, missing - missing // 2
