"""Pictures in a terminal, as coloured half blocks: any terminal of the last ten years that knows 24-bit colours."""

import shutil

import numpy as np
from PIL import Image

# Upper half block: its colour is the upper pixel, its background the lower one.
BLOCK = "▀"


def to_ansi(picture, columns=None):
    """A picture as lines of text.

    Args:
        picture: RGB `PIL.Image`.
        columns: how wide; as wide as the terminal, and no wider than the picture, by default.

    Returns:
        A string with escape sequences, one line for two rows of pixels.
    """
    columns = max(1, min(columns or shutil.get_terminal_size().columns, picture.width))
    rows = max(2, round(columns * picture.height / picture.width / 2) * 2)
    pixels = np.asarray(picture.convert("RGB").resize((columns, rows), Image.Resampling.LANCZOS))
    colour = lambda ground, pixel: f"\033[{ground};2;{pixel[0]};{pixel[1]};{pixel[2]}m"
    lines = [
        "".join(colour(38, upper) + colour(48, lower) + BLOCK for upper, lower in zip(*pair)) + "\033[0m"
        for pair in zip(pixels[::2].tolist(), pixels[1::2].tolist())
    ]
    return "\n".join(lines)
