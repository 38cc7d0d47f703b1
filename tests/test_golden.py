"""The packaged model's outputs for fixed inputs, compared with recorded ones.

When the packaged model is replaced, record them anew: `python tests/test_golden.py`
"""

from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

FILE = Path(__file__).parent / "golden" / "celeba128.npz"
SIDE = 16  # pixels, of the recorded images


def outputs():
    """`{name: images}`, `(count, 16, 16, 3)` uint8: generated faces, and edits with and without the source given."""
    import facegan

    model = facegan.load("celeba128", "float32")
    faces = model.generate("female, young", count=3, seed=5)
    edited = {
        "generated": faces,
        "edited": model.edit(faces, "glasses=1, hair=black"),
        "edited_from": model.edit(
            faces, "gender=male", strength=1.5, source="female, young, glasses=0, skin=0, hair=other"
        ),
    }
    return {name: np.stack([_small(image) for image in images]) for name, images in edited.items()}


def _small(image):
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="recorded with TensorFlow")
def test_outputs_are_the_recorded_ones():
    recorded = np.load(FILE)
    for name, images in outputs().items():
        assert np.abs(images.astype(int) - recorded[name]).max() <= 1, name


if __name__ == "__main__":
    np.savez_compressed(FILE, **outputs())
