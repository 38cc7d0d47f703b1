"""Decoding image files."""

import io
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError, features

from facegan.errors import FaceganError

# Other formats that Pillow supports start external programs (EPS) or do not hold photos.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
# Padding that a JPEG decoder reads as coefficients where data are missing, and skips otherwise.
_PADDING = b"\xa5\x5a" * 64


def decode(source: BinaryIO | str | os.PathLike[str], name: object) -> tuple[Image.Image, list[str]]:
    """Decodes an image file, or the first frame of an animation.

    Args:
        source: a path, or a binary file object, which stays open.
        name: the image's name in error messages.

    Returns:
        The loaded image in the file's own mode, rotated by its EXIF orientation, with the file's `info`; and remarks
        on problems with the file.

    Raises:
        FaceganError: the file is missing, empty, damaged, cut short, too large, or not an image.
    """
    if not isinstance(source, str | os.PathLike):
        return _decode(source, name)
    try:
        # Opening a pipe would block.
        if stat.S_ISREG(mode := os.stat(source).st_mode) or stat.S_ISDIR(mode):
            with open(source, "rb") as file:
                return _decode(file, name)
    except OSError as error:
        raise FaceganError(f"cannot read {name}: {error.strerror or error}") from error
    raise FaceganError(f"cannot read {name}: not a regular file")


def _decode(file: BinaryIO, name: object) -> tuple[Image.Image, list[str]]:
    if file.seek(0, os.SEEK_END) == 0:
        raise FaceganError(f"cannot read {name}: the file is empty")
    file.seek(0)
    start = file.read(12)
    file.seek(0)
    remarks = []
    with _errors_named(name, "; HEIC needs the package pillow-heif" if start[4:8] == b"ftyp" else ""):
        if start.startswith(_PNG_SIGNATURE):
            # Pillow limits the size of text chunks, which do not affect the pixels.
            image = _load(io.BytesIO(_without_text(file.read())))
        else:
            try:
                image = _load(file)
            except OSError as error:
                if not start.startswith(_JPEG_START) or isinstance(error, UnidentifiedImageError):
                    raise
                file.seek(0)
                image = _load_without_end(file.read(), error)
                remarks.append("its end marker is missing, but no pixels are")
    return image, remarks


@contextmanager
def _errors_named(name: object, hint: str) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            # Pillow's warnings about broken metadata are not useful; its warning about huge images is an error here.
            warnings.filterwarnings("ignore", module="PIL")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except UnidentifiedImageError as error:
        raise FaceganError(f"cannot read {name}: not an image, or none of {', '.join(_formats())}{hint}") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        limit = (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise FaceganError(f"cannot read {name}: more than {limit} million pixels; make it smaller first") from error
    # Not only OSError: damaged files make Pillow's decoders raise all kinds of exceptions.
    except Exception as error:
        raise FaceganError(f"cannot read {name}: the image is damaged or cut short") from error


def _formats() -> tuple[str, ...]:
    formats = _FORMATS + (("AVIF",) if features.check("avif") else ())
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return formats
    register_heif_opener()
    return (*formats, "HEIF")


def _load(file: BinaryIO) -> Image.Image:
    with Image.open(file, formats=_formats()) as image:
        image.load()
        return upright(image)


def _without_text(data: bytes) -> bytes:
    """A PNG file without its text chunks."""
    kept, start = [data[: len(_PNG_SIGNATURE)]], len(_PNG_SIGNATURE)
    while start < len(data):
        end = start + 12 + int.from_bytes(data[start : start + 4], "big")
        if data[start + 4 : start + 8] not in _PNG_TEXT_CHUNKS:
            kept.append(data[start:end])
        start = end
    return b"".join(kept)


def _load_without_end(data: bytes, error: OSError) -> Image.Image:
    """Loads a JPEG file that lacks only its end marker: then padding before a new marker does not change the pixels."""
    data = data.removesuffix(_JPEG_END[:1])
    image, padded = (_load(io.BytesIO(data + padding + _JPEG_END)) for padding in (b"", _PADDING))
    if image.tobytes() != padded.tobytes():
        raise error
    return image


def upright(image: Image.Image) -> Image.Image:
    """A copy of an image, rotated by its EXIF orientation."""
    try:
        return ImageOps.exif_transpose(image)
    # Broken EXIF data do not make the pixels worthless.
    except Exception:
        return image.copy()
