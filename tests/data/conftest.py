import numpy as np
import pytest
from PIL import Image

from facegan.data.drawn import draw, face_at


@pytest.fixture(scope="session")
def photo():
    """`photo(seed, index)`: a textured drawn face of 128 pixels; drawn faces as such are too similar for photos."""

    def textured(seed, index):
        pixels = np.random.default_rng([seed, index]).integers(0, 256, (24, 24, 3), "uint8")
        texture = Image.fromarray(pixels).resize((128, 128), Image.Resampling.BICUBIC)
        return Image.blend(draw(face_at(seed, index), 128), texture, 0.5)

    return textured
