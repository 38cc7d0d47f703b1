"""The type of tensors."""

from typing import Any

# TensorFlow's and JAX's tensors, eager or symbolic, have no common type.
Tensor = Any
