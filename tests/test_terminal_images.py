"""Pictures as coloured text."""

import re

import numpy as np
from PIL import Image

from facegan.terminal_images import BLOCK, to_ansi


def colours(text):
    """`(rows, columns, 3)`: the pixels that the text stands for."""
    rows = []
    for line in text.splitlines():
        codes = re.findall(r"\033\[(38|48);2;(\d+);(\d+);(\d+)m", line)
        for ground in ("38", "48"):
            rows.append([[int(number) for number in code[1:]] for code in codes if code[0] == ground])
        assert line.endswith("\033[0m") and line.count(BLOCK) == len(rows[-1])
    return np.array(rows)


def test_every_pixel_of_a_small_picture_is_there(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 3)).astype("uint8")
    assert (colours(to_ansi(Image.fromarray(pixels))) == pixels).all()


def test_a_large_picture_becomes_as_wide_as_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    picture = Image.new("RGB", (300, 200), (10, 20, 30))
    found = colours(to_ansi(picture))
    assert found.shape == (20, 30, 3) and (found == (10, 20, 30)).all()
