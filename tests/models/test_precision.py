"""Which precision is chosen, and that a choice is taken back."""

import keras
import pytest

from facegan.models.precision import choose_precision, policy


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_a_named_precision_is_taken_as_it_is(name):
    assert choose_precision(name) == name


def test_auto_chooses_a_precision():
    assert choose_precision("auto") in ("float32", "bfloat16")
    if keras.backend.backend() == "jax":
        import jax

        assert (choose_precision("auto") == "float32") == (jax.default_backend() == "cpu")


def test_a_policy_ends_with_its_block():
    with pytest.raises(ValueError), policy("float16"):
        assert keras.layers.Dense(1).compute_dtype == "float16"
        raise ValueError
    assert keras.config.dtype_policy().name == "float32"
