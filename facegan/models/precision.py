"""The number format of the networks' computation."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import keras

# Instruction sets with which a CPU is faster in bfloat16 than in float32.
_FAST_BFLOAT16 = ("amx_bf16", "avx512_bf16")


def choose_precision(name: str) -> str:
    """Resolves `auto`: bfloat16 if the machine has instructions for it, otherwise float32.

    TensorFlow uses a CPU's bfloat16 instructions; JAX on a CPU does not.

    Args:
        name: `"auto"`, `"float32"` or `"bfloat16"`.

    Returns:
        `"float32"` or `"bfloat16"`.
    """
    if name != "auto":
        return name
    if keras.backend.backend() == "jax":
        import jax

        return "float32" if jax.default_backend() == "cpu" else "bfloat16"
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return "bfloat16"
    cpu = Path("/proc/cpuinfo")
    fast = cpu.exists() and any(flag in cpu.read_text() for flag in _FAST_BFLOAT16)
    return "bfloat16" if fast else "float32"


def set_precision(precision: str) -> None:
    """Sets the precision of networks built from now on; weights, losses and optimizer stay float32."""
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")


def policy(name: str) -> AbstractContextManager[None]:
    """A context in which networks are built with this Keras dtype policy."""
    return temporarily(keras.config.dtype_policy, keras.config.set_dtype_policy, name)


@contextmanager
def temporarily(get: Callable[[], Any], put: Callable[[Any], None], value: Any) -> Iterator[None]:
    """A context in which one of Keras's global settings has another value."""
    before = get()
    put(value)
    try:
        yield
    finally:
        put(before)
