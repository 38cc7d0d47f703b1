"""A photo with a face in it that anyone may use: NASA's portrait of Eileen Collins, which scikit-image carries."""

import numpy as np
import pytest
from PIL import Image

# The pupils, x and y in pixels, as marked by hand in the photo enlarged twenty times: her right eye, then her left one.
PUPILS = np.array([(203.75, 101.0), (246.9, 103.25)])


@pytest.fixture(scope="session")
def astronaut():
    from skimage.data import astronaut

    return Image.fromarray(astronaut())


@pytest.fixture(scope="session")
def turned(astronaut):
    """`turned(angle, scale)`: the photo turned and scaled, and where the pupils then are."""

    def turn(angle, scale):
        scaled = astronaut.resize([round(side * scale) for side in astronaut.size], Image.Resampling.LANCZOS)
        picture = scaled.rotate(angle, Image.Resampling.BICUBIC, expand=True)
        across, down = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        from_middle = PUPILS * scale - np.array(scaled.size) / 2
        return picture, from_middle @ [[across, -down], [down, across]] + np.array(picture.size) / 2

    return turn
