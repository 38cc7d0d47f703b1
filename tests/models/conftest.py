import keras
import numpy as np
import pytest

from facegan.attributes import Attributes
from facegan.models.facegan import FaceGAN
from facegan.recipe import find_recipe
from facegan.standard_attributes import STANDARD_NAMES


@pytest.fixture(scope="session")
def paper():
    """The paper's networks at 128 pixels, in full size."""
    keras.utils.set_random_seed(0)
    return FaceGAN(find_recipe("paper"), 128, STANDARD_NAMES, Attributes().columns)


@pytest.fixture(scope="session")
def small_model(small_recipe):
    """`small_model("paper", size=32)`: new networks of a small recipe that know three combinations of attributes."""

    def build(name, changes=None, size=32):
        keras.utils.set_random_seed(0)
        attributes = Attributes()
        known = {"male, old, black": 5, "female, young, blond, pale": 3, "female, young, glasses": 2}
        combinations = {
            "".join(str(int(bit)) for bit in attributes.vector(attributes.parse(text))): count
            for text, count in known.items()
        }
        record = {"images_seen": 7, "history": [{"step": 1, "losses": {"editor": 0.5}}], "data": {"size": size}}
        return FaceGAN(small_recipe(name, changes), size, STANDARD_NAMES, attributes.columns, combinations, record)

    return build


@pytest.fixture(scope="session")
def inputs():
    """`inputs(size)`: a batch of photos, noise and conditions as the networks take them."""

    def make(size=32, noise_size=10, count=3):
        random = np.random.default_rng(0)
        labels = np.zeros((count, 8), "float32")
        labels[:, :4] = random.integers(0, 2, (count, 4))
        return {
            "images": random.uniform(-1, 1, (count, size, size, 3)).astype("float32"),
            "noise": random.standard_normal((count, noise_size)).astype("float32"),
            "labels": labels,
            "targets": Attributes().changed(labels, random),
        }

    return make
