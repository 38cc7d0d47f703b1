"""Images as coloured half blocks, for any terminal with 24-bit colours."""

import shutil
from collections.abc import Sequence

import numpy as np
from PIL import Image

# Upper half block: its colour is the upper pixel, its background the lower one.
BLOCK = "▀"
_FOREGROUND, _BACKGROUND = 38, 48


def to_ansi(image: Image.Image, columns: int | None = None) -> str:
    """Returns an RGB image as text with escape sequences, one line for two rows of pixels.

    Args:
        image: of any size.
        columns: the width; by default that of the terminal, and no more than the image's.
    """
    columns = max(1, min(columns or shutil.get_terminal_size().columns, image.width))
    rows = max(2, round(columns * image.height / image.width / 2) * 2)
    pixels = np.asarray(image.convert("RGB").resize((columns, rows), Image.Resampling.LANCZOS)).tolist()
    lines = []
    for pair in zip(pixels[::2], pixels[1::2], strict=True):
        blocks = (
            _colour(_FOREGROUND, upper) + _colour(_BACKGROUND, lower) + BLOCK
            for upper, lower in zip(*pair, strict=True)
        )
        lines.append("".join(blocks) + "\033[0m")
    return "\n".join(lines)


def _colour(ground: int, pixel: Sequence[int]) -> str:
    return f"\033[{ground};2;{pixel[0]};{pixel[1]};{pixel[2]}m"
