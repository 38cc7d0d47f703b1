"""What a written picture says of itself: how it was made, and that it is no photograph."""

import json
from pathlib import Path

from PIL import Image, PngImagePlugin

from facegan import __version__
from facegan.errors import FaceganError

NOTE = "Synthetic: made or changed by a neural network. Not a photograph."
_KEY = "facegan"


def png_metadata(made):
    """How a picture was made, a JSON-able dictionary, as text for a PNG file."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Software", f"facegan {__version__}")
    text.add_text("Comment", NOTE)
    text.add_itxt(_KEY, json.dumps(made, ensure_ascii=False))
    return text


def read_provenance(path):
    """How a picture of facegan's was made.

    Args:
        path: a PNG file.

    Returns:
        What `png_metadata` was given.

    Raises:
        FaceganError: it cannot be read, or does not say.
    """
    try:
        with Image.open(path) as image:
            image.load()
            return json.loads(image.text[_KEY])
    except OSError as error:
        raise FaceganError(f"cannot read {path}: {error.strerror or 'it is no picture'}") from error
    except (AttributeError, KeyError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FaceganError(f"{Path(path)} does not say how it was made; facegan's .png files do") from error
