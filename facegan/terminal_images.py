"""Images as coloured half blocks, for any terminal with 24-bit colours."""

import shutil

import numpy as np
from PIL import Image

# Upper half block: its colour is the upper pixel, its background the lower one.
BLOCK = "▀"
_COLOURED = "\033[38;2;{};{};{}m\033[48;2;{};{};{}m" + BLOCK


def to_ansi(image: Image.Image) -> str:
    """Returns an RGB image as text with escape sequences, one line for two rows of pixels.

    It is as wide as the terminal, but no wider than the image.
    """
    columns = max(1, min(shutil.get_terminal_size().columns, image.width))
    rows = max(2, round(columns * image.height / image.width / 2) * 2)
    pixels = np.asarray(image.convert("RGB").resize((columns, rows), Image.Resampling.LANCZOS)).tolist()
    lines = []
    for pair in zip(pixels[::2], pixels[1::2], strict=True):
        blocks = (_COLOURED.format(*upper, *lower) for upper, lower in zip(*pair, strict=True))
        lines.append("".join(blocks) + "\033[0m")
    return "\n".join(lines)
