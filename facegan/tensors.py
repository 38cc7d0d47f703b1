"""The type of what networks compute with."""

from typing import Any

# TensorFlow's and JAX's tensors, eager or symbolic, have no type in common.
Tensor = Any
